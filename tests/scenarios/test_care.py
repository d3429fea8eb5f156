"""Who owns what: two files with one stack name, what is retained, what is renamed, what another's namespace holds."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.everything import ADDRESSES, RESOURCES, ids, other, some, write
from tests.support.lab import Lab

SEEN = set(ADDRESSES.values()) - {ADDRESSES["images"], ADDRESSES["overlay"]}
"""What a file sees that names nothing of it: a registry's instance is looked into where one is named, and an overlay is its
cluster's."""
NAMES = {name: f"{name}_2" for name in RESOURCES}


def whole_of(address: str) -> str:
    """The fleet of a member."""
    return address.removesuffix(".1").removesuffix(".2")


def test_two_files_with_one_stack_name(whole: Lab, tmp_path: Path) -> None:
    """The second file names other things: it neither destroys those of the first nor is silent about them."""
    theirs = other(whole, tmp_path / "theirs")
    before = ids(whole)
    write(theirs, {"net_2": {"kind": "vpc", "cidr": "10.9.0.0/16"}, "way_2": {"kind": "eip"}})
    plan = theirs.plan()
    assert plan.actions == ["create eip.way_2", "create vpc.net_2"]
    assert {whole_of(address) for address in plan.standing} == SEEN
    assert plan.summary["left_standing"] == len(plan.standing)
    theirs.apply()
    whole.still()
    assert {"vpc.net_2", "eip.way_2"} <= set(whole.plan().standing)
    gone = theirs.destroy()
    assert {line["hook"]["resource"]["addr"] for line in gone.of("apply_complete")} == {"vpc.net_2", "eip.way_2"}
    assert ids(whole) == before
    whole.still()
    whole.destroy()
    assert whole.world() == []


def test_two_files_that_name_one_thing_differently(lab: Lab, tmp_path: Path) -> None:
    """One address is one thing: the other file's word is an edit of it, of a reason that is not known, and shown."""
    write(lab, some(("net", "sub", "way")))
    lab.apply()
    before = ids(lab)
    theirs = other(lab, tmp_path / "theirs")
    write(theirs, {**some(("net", "sub")), "way": {"kind": "eip", "bandwidth": 20}})
    plan = theirs.plan()
    assert plan.actions == ["update eip.way"] and plan.only["reason"] == "unknown"
    theirs.apply()
    assert ids(lab) == before
    assert lab.plan().paths("eip.way") == {"bandwidth": "drift"}
    lab.destroy()
    assert theirs.plan().actions == ["create eip.way", "create vpc.net", "create vswitch.sub"]


def test_what_is_retained_stays_when_block_and_record_are_dropped(lab: Lab) -> None:
    write(lab, some(retain=True))
    lab.apply()
    before, world = ids(lab), lab.world()
    write(lab, {})
    lab.forget()
    plan = lab.plan()
    assert not [text for text in plan.actions if not text.startswith("forget ")]
    told = {change["address"] for change in plan.changes} | set(plan.standing)
    assert {whole_of(address) for address in told} == SEEN
    lab.apply()
    assert [row["id"] for row in lab.world()] == [row["id"] for row in world]
    write(lab, some(retain=True))
    lab.destroy("--allow", "all")
    assert set(before) >= set(ids(lab))


def test_every_kind_is_renamed(whole: Lab) -> None:
    """`moved` re-tags, and never replaces."""
    before = ids(whole)
    moves = [{"from": address, "to": f"{address}_2"} for address in ADDRESSES.values()]
    write(whole, renamed(), moved=moves)
    plan = whole.plan()
    assert not [text for text in plan.actions if not text.startswith("update ")], plan.text
    whole.apply()
    after = ids(whole)
    # A workload is no thing in the cloud: its id is its address.
    same = sorted(id.removesuffix("_2") for rows in after.values() for id in rows)
    assert same == sorted(id for rows in before.values() for id in rows)
    assert all("_2" in address for address in after)
    write(whole, renamed())
    whole.still()


def renamed() -> dict[str, dict[str, object]]:
    """Every block under another name, and every reference to it."""

    def told(value: object) -> object:
        if isinstance(value, str):
            return NAMES.get(value, value)
        if isinstance(value, list):
            return [told(item) for item in value]
        return value

    kept = {"kind", "namespace", "repositories", "manifests"}
    found: dict[str, dict[str, object]] = {}
    for name, block in RESOURCES.items():
        found[NAMES[name]] = {key: value if key in kept else told(value) for key, value in block.items()}
    found[NAMES["out"]]["snat"] = [{"vswitch": NAMES["sub"]}]
    return found


def test_a_namespace_of_somebody_else_is_left_standing(lab: Lab) -> None:
    """Neither a mark nor the record says that it is ours: it is a conflict at an apply, and a destroy leaves it."""
    write(lab, some(("net", "images")))
    lab.behind("cr", "CreateNamespace", InstanceId="cri-local", NamespaceName="shop")
    assert any("adopt: cri-local/shop" in text for text in lab.refused().errors)
    write(lab, some(("net",)))
    lab.apply()
    write(lab, some(("net", "images")))
    done = lab.destroy()
    assert [line["hook"]["resource"]["addr"] for line in done.of("apply_complete")] == ["vpc.net"]
    rows = lab.client.call("cr", "ListNamespace", InstanceId="cri-local", PageNo="1", PageSize="100")["Namespaces"]
    assert [row["NamespaceName"] for row in rows] == ["shop"]


def test_tags_of_the_stack_that_somebody_took_off_are_put_back(lab: Lab) -> None:
    """The record knows whose the things are; without it nobody would."""
    write(lab, some(("net", "sub", "wall", "key", "way", "node")))
    lab.apply()
    before = ids(lab)
    taken_off = {
        ("vpc", "UnTagResources", "VPC"): "vpc.net",
        ("vpc", "UnTagResources", "EIP"): "eip.way",
        ("ecs", "UntagResources", "instance"): "instance.node.1",
        ("ecs", "UntagResources", "securitygroup"): "security_group.wall",
    }
    keys = {"TagKey.1": "acsctl:stack", "TagKey.2": "acsctl:address"}
    for (product, action, type), address in taken_off.items():
        which = {"ResourceType": type, "ResourceId.1": before[address][0], **keys}
        lab.behind(product, action, RegionId="cn-hangzhou", **which)
    plan = lab.plan()
    touched = ["eip.way", "instance.node", "security_group.wall", "vpc.net"]
    assert sorted(plan.actions) == [f"update {address}" for address in touched]
    assert [plan.paths(address) for address in touched] == [{"ownership": "drift"}] * len(touched)
    lab.apply()
    lab.still()
    lab.forget()
    assert ids(lab) == before
    lab.still()
