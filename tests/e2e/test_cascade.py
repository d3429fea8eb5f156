"""A replacement takes along what stands on it, and lets the rest go over first."""

from __future__ import annotations

from typing import Any

from tests.e2e.network_cases import KEY, OTHER_KEY
from tests.e2e.stacks import fleet, members, network
from tests.support.lab import Lab

NAT = {
    "kind": "nat_gateway",
    "vpc": "net",
    "vswitch": "c",
    "eips": ["way"],
    "snat": [{"vswitch": "a"}, {"cidr": "10.0.2.0/24"}],
}
GROUPS: dict[str, Any] = {
    "web": {"kind": "security_group", "vpc": "net", "ingress": [{"protocol": "tcp", "port": 80, "from": "db"}]},
    "db": {
        "kind": "security_group",
        "vpc": "net",
        "ingress": [{"protocol": "tcp", "port": 5432, "from": ["web", "10.0.0.0/8"]}],
    },
}


def ids(lab: Lab) -> dict[str, str]:
    """Every id by address."""
    return {address: things[0]["id"] for address, things in lab.show().items()}


def kept(lab: Lab, before: dict[str, str]) -> set[str]:
    """The addresses whose thing is the same as before."""
    return {address for address, id in ids(lab).items() if before.get(address) == id}


def test_a_vpc_with_everything_in_it(lab: Lab) -> None:
    more = {"node": fleet(2), "way": {"kind": "eip"}, "key": {"kind": "key_pair", "public_key": KEY}}
    lab.stack(network(**more, out=NAT))
    lab.apply()
    before = ids(lab)
    moved = {**NAT, "snat": [{"vswitch": "a"}, {"cidr": "10.7.2.0/24"}]}
    lab.stack(network("10.7.0.0/16", "10.7.1.0/24", **more, out=moved))
    assert any("--allow instance.node" in text for text in lab.refused().errors)
    plan = lab.plan("--allow", "instance.node")
    names = ["instance.node", "nat_gateway.out", "security_group.web", "vpc.net", "vswitch.a", "vswitch.b", "vswitch.c"]
    assert plan.actions == [f"replace {name}" for name in names]
    assert plan.change("vpc.net")["fields"][0]["forces"]
    assert [(field["path"], field["forces"]) for field in plan.change("security_group.web")["fields"]] == [("vpc", True)]
    notes = {field["path"]: field["note"] for field in plan.change("instance.node")["fields"]}
    assert notes == dict.fromkeys(("vswitch", "security_groups"), "what it stands on is replaced")
    lab.apply("--allow", "instance.node")
    assert kept(lab, before) == {"eip.way", "key_pair.key"}


def test_a_vpc_that_is_protected_inside(lab: Lab) -> None:
    """What is protected keeps what it stands on."""
    lab.stack(network(node=fleet(1, protect=True)))
    lab.apply()
    lab.stack(network("10.7.0.0/16", "10.7.1.0/24", node=fleet(1, protect=True)))
    errors = lab.refused("--allow", "instance.node").errors
    assert any("instance.node is protected and would be replaced" in text for text in errors)


def test_a_vswitch_beside_the_old_one(lab: Lab) -> None:
    """The ranges have nothing in common: the machines go over before the old one is deleted."""
    lab.stack(network(node=fleet(2)))
    lab.apply()
    before, fleet_before = ids(lab), members(lab)
    lab.stack(network(vswitch="10.0.9.0/24", node=fleet(2)))
    plan = lab.plan()
    assert plan.actions == ["replace vswitch.a", "update instance.node"]
    assert plan.change("vswitch.a")["symbol"] == "+/-"
    lab.apply()
    assert members(lab) == fleet_before
    assert "vswitch.a" not in kept(lab, before)


def test_a_vswitch_that_overlaps_the_old_one(lab: Lab) -> None:
    """It can only be made after the old one is gone, and so can the machines."""
    lab.stack(network(node=fleet(2)))
    lab.apply()
    before = members(lab)
    lab.stack(network(vswitch="10.0.1.0/25", node=fleet(2)))
    lab.refused()
    plan = lab.plan("--allow", "instance.node")
    assert plan.actions == ["replace instance.node", "replace vswitch.a"]
    assert plan.change("vswitch.a")["symbol"] == "-/+"
    lab.apply("--allow", "instance.node")
    assert not set(members(lab).values()) & set(before.values())


def test_a_group_that_machines_are_in(lab: Lab) -> None:
    lab.stack(network(other={"kind": "security_group", "vpc": "net"}, node=fleet(2, security_groups=["web"])))
    lab.apply()
    before, fleet_before = ids(lab), members(lab)
    changed = network(other={"kind": "security_group", "vpc": "net"}, node=fleet(2, security_groups=["web"]))
    changed["web"] = {**changed["web"], "type": "enterprise"}
    lab.stack(changed)
    assert lab.plan().actions == ["replace security_group.web", "update instance.node"]
    lab.apply()
    assert members(lab) == fleet_before
    assert "security_group.web" not in kept(lab, before)


def test_a_key_pair_that_machines_use(lab: Lab) -> None:
    lab.stack(network(key={"kind": "key_pair", "public_key": KEY}, node=fleet(2, key_pair="key")))
    lab.apply()
    before = members(lab)
    lab.stack(network(key={"kind": "key_pair", "public_key": OTHER_KEY}, node=fleet(2, key_pair="key")))
    assert lab.plan().actions == ["replace key_pair.key", "update instance.node"]
    lab.apply()
    assert members(lab) == before
    assert lab.thing("instance.node.1")["spec"]["key_pair"] == lab.id("key_pair.key") != "shop-key"


def test_an_address_that_a_gateway_uses(lab: Lab) -> None:
    lab.stack(network(way={"kind": "eip", "charge": "by_traffic"}, out=NAT))
    lab.apply()
    before = ids(lab)
    lab.stack(network(way={"kind": "eip", "charge": "by_bandwidth"}, out=NAT))
    assert lab.plan().actions == ["replace eip.way", "update nat_gateway.out"]
    lab.apply()
    assert "nat_gateway.out" in kept(lab, before)
    assert "eip.way" not in kept(lab, before)


def test_the_vswitch_that_a_gateway_stands_in(lab: Lab) -> None:
    lab.stack(network(way={"kind": "eip"}, out=NAT))
    lab.apply()
    before = ids(lab)
    changed = network(way={"kind": "eip"}, out=NAT)
    changed["c"] = {**changed["c"], "cidr": "10.0.33.0/24"}
    lab.stack(changed)
    assert lab.plan().actions == ["replace nat_gateway.out", "replace vswitch.c"]
    lab.apply()
    assert kept(lab, before) == {"vpc.net", "vswitch.a", "vswitch.b", "security_group.web", "eip.way"}


def test_the_vswitch_that_a_gateway_translates(lab: Lab) -> None:
    lab.stack(network(way={"kind": "eip"}, out=NAT))
    lab.apply()
    before = ids(lab)
    for cidr in ("10.0.44.0/24", "10.0.44.0/25"):  # beside the old one, then in its place
        lab.stack(network(vswitch=cidr, way={"kind": "eip"}, out=NAT))
        assert lab.plan().actions == ["replace vswitch.a", "update nat_gateway.out"]
        lab.apply()
        assert "nat_gateway.out" in kept(lab, before)


def test_groups_that_name_each_other(lab: Lab) -> None:
    net = {"net": network()["net"]}
    lab.stack({**net, **GROUPS})
    lab.apply()
    before = ids(lab)
    db = {**GROUPS["db"], "ingress": [{"protocol": "tcp", "port": 3306, "from": "web"}]}
    lab.stack({**net, **GROUPS, "db": db})
    (field,) = lab.plan().only["fields"]
    assert (field["path"], len(field["added"]), len(field["removed"])) == ("ingress", 1, 2)
    lab.apply()
    assert ids(lab) == before
    lab.destroy()
    assert lab.world() == []


def test_one_of_two_groups_that_name_each_other_is_replaced(lab: Lab) -> None:
    net = {"net": network()["net"], "other": {"kind": "vpc", "cidr": "10.0.0.0/16"}}
    lab.stack({**net, **GROUPS})
    lab.apply()
    before = ids(lab)
    flags = ("--replace", "security_group.db")
    assert lab.plan(*flags).actions == ["replace security_group.db", "update security_group.web"]
    assert lab.run("apply", "--yes", *flags).code == 0
    lab.still()
    assert "security_group.web" in kept(lab, before)
    assert "security_group.db" not in kept(lab, before)


def test_one_of_two_groups_that_name_each_other_goes(lab: Lab) -> None:
    net = {"net": network()["net"]}
    lab.stack({**net, **GROUPS})
    lab.apply()
    lab.stack({**net, "web": {**GROUPS["web"], "ingress": []}})
    assert lab.plan().actions == ["delete security_group.db", "update security_group.web"]
    lab.apply()


def test_both_groups_that_name_each_other_go_with_their_vpc(lab: Lab) -> None:
    lab.stack({"net": network()["net"], **GROUPS})
    lab.apply()
    lab.stack({"net": {**network()["net"], "cidr": "10.3.0.0/16"}, **GROUPS})
    assert lab.plan().actions == ["replace security_group.db", "replace security_group.web", "replace vpc.net"]
    lab.apply()


def test_several_replacements_that_meet(lab: Lab) -> None:
    """The key, the group and the vSwitch of one fleet at once; the machines stay."""
    parts = {"key": {"kind": "key_pair", "public_key": KEY}, "node": fleet(2, key_pair="key")}
    lab.stack(network(**parts))
    lab.apply()
    before = members(lab)
    parts["key"] = {**parts["key"], "public_key": OTHER_KEY}
    changed = network(vswitch="10.0.9.0/24", **parts)
    changed["web"] = {**changed["web"], "type": "enterprise"}
    lab.stack(changed)
    replaced = ["replace key_pair.key", "replace security_group.web", "replace vswitch.a"]
    assert lab.plan().actions == [*replaced, "update instance.node"]
    lab.apply()
    assert members(lab) == before
