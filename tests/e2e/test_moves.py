"""The same things under other addresses, and things that come in or go out of a stack's care."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.network_cases import KEY
from tests.e2e.stacks import ZONES, fleet, members, network
from tests.support.lab import Lab

VSWITCH = {"kind": "vswitch", "vpc": "net", "zone": ZONES[0], "cidr": "10.0.1.0/24"}
NET = {"net": {"kind": "vpc", "cidr": "10.0.0.0/16"}}
MODULE = """
variables:
  cidr: {type: string}
resources:
  net: {kind: vpc, cidr: "{{ cidr }}"}
  subnet: {kind: vswitch, vpc: net, zone: cn-hangzhou-h, cidr: "{{ cidrsubnet(cidr, 8, 1) }}"}
outputs:
  vpc: "{{ net }}"
"""


def only_moved(lab: Lab, *addresses: str) -> None:
    """The plan re-tags these and does nothing else."""
    plan = lab.plan()
    assert plan.actions == sorted(f"update {address}" for address in addresses)
    for address in addresses:
        assert plan.paths(address) == {"address": "edit"}


def test_renamed(lab: Lab) -> None:
    lab.stack({**NET, "old": VSWITCH})
    lab.apply()
    id = lab.id("vswitch.old")
    lab.stack({**NET, "new": VSWITCH}, moved=[{"from": "vswitch.old", "to": "vswitch.new"}])
    only_moved(lab, "vswitch.new")
    lab.apply()
    assert lab.id("vswitch.new") == id
    lab.stack({**NET, "new": VSWITCH})
    lab.still()


def test_a_forgotten_move_is_hinted_at(lab: Lab) -> None:
    lab.stack({**NET, "old": VSWITCH})
    lab.apply()
    lab.stack({**NET, "new": VSWITCH})
    plan = lab.plan()
    assert plan.actions == ["create vswitch.new", "delete vswitch.old"]
    assert any("moved: [{from: vswitch.old, to: vswitch.new}]" in text for text in plan.notes)


def test_what_others_stand_on_is_renamed(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)))
    lab.apply()
    before = {thing["id"] for things in lab.show().values() for thing in things}
    renamed = {"network": network()["net"]}
    renamed |= {name: {**block, "vpc": "network"} for name, block in network().items() if name != "net"}
    lab.stack({**renamed, "node": fleet(2)}, moved=[{"from": "vpc.net", "to": "vpc.network"}])
    only_moved(lab, "vpc.network")
    lab.apply()
    assert {thing["id"] for things in lab.show().values() for thing in things} == before


def test_into_a_for_each(lab: Lab) -> None:
    lab.stack({**NET, "subnet": VSWITCH})
    lab.apply()
    id = lab.id("vswitch.subnet")
    each = {**VSWITCH, "for_each": {"h": 1, "i": 2}, "zone": "cn-hangzhou-{{ each.key }}", "cidr": "10.0.{{ each.value }}.0/24"}
    lab.stack({**NET, "subnet": each}, moved=[{"from": "vswitch.subnet", "to": "vswitch.subnet.h"}])
    plan = lab.plan()
    assert plan.actions == ["create vswitch.subnet.i", "update vswitch.subnet.h"]
    lab.apply()
    assert lab.id("vswitch.subnet.h") == id


def test_into_a_module_and_out(lab: Lab) -> None:
    lab.write(MODULE, "mine/stack.yaml")
    flat = {"net": NET["net"], "subnet": VSWITCH}
    lab.stack(flat)
    lab.apply()
    ids = [lab.id("vpc.net"), lab.id("vswitch.subnet")]
    modules = {"inner": {"source": "./mine", "inputs": {"cidr": "10.0.0.0/16"}}}
    moves = [{"from": "vpc.net", "to": "vpc.inner.net"}, {"from": "vswitch.subnet", "to": "vswitch.inner.subnet"}]
    lab.stack({}, modules=modules, moved=moves)
    only_moved(lab, "vpc.inner.net", "vswitch.inner.subnet")
    lab.apply()
    assert [lab.id("vpc.inner.net"), lab.id("vswitch.inner.subnet")] == ids
    lab.stack(flat, moved=[{"from": move["to"], "to": move["from"]} for move in moves])
    lab.apply()
    assert [lab.id("vpc.net"), lab.id("vswitch.subnet")] == ids


def test_a_whole_module_is_renamed(lab: Lab) -> None:
    lab.write(MODULE, "mine/stack.yaml")
    module = {"source": "./mine", "inputs": {"cidr": "10.0.0.0/16"}}
    lab.stack({}, modules={"before": module})
    lab.apply()
    world = [row["id"] for row in lab.world()]
    lab.stack({}, modules={"after": module}, moved=[{"from": "before", "to": "after"}])
    only_moved(lab, "vpc.after.net", "vswitch.after.subnet")
    lab.apply()
    assert [row["id"] for row in lab.world()] == world


def test_a_fleet_is_renamed(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    lab.apply()
    before = members(lab)
    lab.stack(network(worker=fleet(3)), moved=[{"from": "instance.node", "to": "instance.worker"}])
    assert lab.plan().actions == ["update instance.worker"]
    lab.apply()
    assert members(lab, "instance.worker") == before


def test_a_member_becomes_a_machine_of_its_own_and_comes_back(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    lab.apply()
    before = members(lab)
    lab.stack(network(node=fleet(2), db=fleet()), moved=[{"from": "instance.node.3", "to": "instance.db"}])
    assert lab.plan().actions == ["update instance.db"]
    lab.apply()
    assert members(lab, "instance.db") == {None: before[3]}
    assert members(lab) == {1: before[1], 2: before[2]}
    lab.stack(network(node=fleet(2), db=fleet()))
    lab.still()
    lab.stack(network(node=fleet(3)), moved=[{"from": "instance.db", "to": "instance.node.3"}])
    assert lab.plan().actions == ["update instance.node"]
    lab.apply()
    assert members(lab) == before


def test_a_number_that_is_still_wanted_does_not_move(lab: Lab) -> None:
    lab.stack(network(node=fleet(3), db=fleet()), moved=[{"from": "instance.node.2", "to": "instance.db"}])
    plan = lab.plan()
    assert plan.code == 3
    assert any("instance.node.2 is still in the stack" in text for text in plan.errors)


def test_both_ends_live_is_refused(lab: Lab) -> None:
    """The old thing is still there under its tag, although the file says that it became the new one."""
    both = {**NET, "old": VSWITCH, "new": {**VSWITCH, "cidr": "10.0.2.0/24"}}
    lab.stack(both)
    lab.apply()
    lab.stack({**NET, "new": both["new"]}, moved=[{"from": "vswitch.old", "to": "vswitch.new"}])
    assert any("both exist" in text for text in lab.refused().errors)


@pytest.mark.parametrize("count", [None, 2])
def test_adopted_by_the_file(lab: Lab, count: int | None) -> None:
    lab.stack(network())
    lab.apply()
    made = lab.behind(
        "ecs",
        "RunInstances",
        Amount=count or 1,
        ImageId="aliyun_3_x64_20G_alibase_20260828.vhd",
        InstanceType="ecs.g7.large",
        VSwitchId=lab.id("vswitch.a"),
        SecurityGroupId=lab.id("security_group.web"),
        InstanceName="theirs",
        **{"Tag.1.Key": "theirs", "Tag.1.Value": "stays"},
    )["InstanceIdSets"]["InstanceIdSet"]
    lab.stack(network(node=fleet(count, adopt=made if count else made[0], description="ours now")))
    change = lab.plan().only
    assert (change["action"], change["address"], sorted(change["ids"])) == ("adopt", "instance.node", sorted(made))
    lab.apply()
    assert sorted(members(lab).values()) == sorted(made)
    assert lab.plan().code == 0
    assert [row["tags"]["theirs"] for row in lab.world("instance")] == ["stays"] * len(made)
    lab.stack(network(node=fleet(count, description="ours now")))
    lab.still()


def test_adopted_by_a_command(lab: Lab) -> None:
    lab.stack(NET)
    lab.apply()
    made = lab.behind("vpc", "CreateVSwitch", VpcId=lab.id("vpc.net"), ZoneId=ZONES[0], CidrBlock="10.0.1.0/24")["VSwitchId"]
    lab.stack({**NET, "a": VSWITCH})
    done = lab.run("import", "vswitch.a", made)
    assert done.code == 0, done.text
    assert f"adopt: {made}" in Path(lab.folder / "stack.yaml").read_text()
    assert lab.plan().actions == ["adopt vswitch.a"]
    lab.apply()
    assert lab.id("vswitch.a") == made


def test_a_fleet_is_adopted_by_a_command(lab: Lab) -> None:
    lab.stack(network())
    lab.apply()
    made = [
        lab.behind(
            "ecs",
            "RunInstances",
            ImageId="aliyun_3_x64_20G_alibase_20260828.vhd",
            InstanceType="ecs.g7.large",
            VSwitchId=lab.id("vswitch.a"),
            SecurityGroupId=lab.id("security_group.web"),
        )["InstanceIdSets"]["InstanceIdSet"][0]
        for _ in range(2)
    ]
    lab.stack(network(node=fleet(3)))
    assert lab.run("import", "instance.node", *made).code == 0
    lab.apply()
    found = members(lab)
    assert (found[1], found[2]) == tuple(made)
    assert len(found) == 3


def test_what_another_stack_owns_is_not_adopted(lab: Lab) -> None:
    lab.stack(NET, stack="theirs")
    lab.apply()
    id = lab.id("vpc.net")
    lab.stack({"net": {**NET["net"], "adopt": id}}, stack="mine")
    assert any("belongs to vpc.net of stack theirs" in text for text in lab.refused().errors)


def test_what_is_not_there_is_not_adopted(lab: Lab) -> None:
    lab.stack({"net": {**NET["net"], "adopt": "vpc-bp1doesnotexist"}})
    assert any("there is no vpc-bp1doesnotexist to adopt" in text for text in lab.refused().errors)


def test_adopting_may_replace_what_does_not_fit(lab: Lab) -> None:
    made = lab.behind("vpc", "CreateVpc", CidrBlock="10.9.0.0/16")["VpcId"]
    lab.stack({"net": {**NET["net"], "adopt": made}})
    assert lab.plan().actions == ["replace vpc.net"]


def test_a_unique_name_that_is_taken(lab: Lab) -> None:
    lab.behind("ecs", "ImportKeyPair", KeyPairName="shop-key", PublicKeyBody=KEY)
    lab.stack({"key": {"kind": "key_pair", "public_key": KEY}})
    assert any("adopt: shop-key" in text for text in lab.refused().errors)
    lab.stack({"key": {"kind": "key_pair", "public_key": KEY, "adopt": "shop-key"}})
    lab.apply()
    assert lab.id("key_pair.key") == "shop-key"


def test_things_known_by_name_are_looked_up_by_name(lab: Lab) -> None:
    lab.behind("ecs", "ImportKeyPair", KeyPairName="theirs", PublicKeyBody=KEY)
    lab.stack(network(key={"kind": "key_pair", "existing": "theirs"}, node=fleet(key_pair="key")))
    lab.apply()
    assert lab.thing("instance.node")["spec"]["key_pair"] == "theirs"


@pytest.mark.parametrize("how", ["id", "name", "tags", "stack"])
def test_an_existing_thing_is_read_and_never_changed(lab: Lab, how: str) -> None:
    lab.stack({"net": {**NET["net"], "name": "theirs", "tags": {"team": "red"}}}, stack="net")
    lab.apply()
    (id,) = [row["id"] for row in lab.world("vpc")]
    query = {
        "id": id,
        "name": {"name": "theirs"},
        "tags": {"tags": {"team": "red"}},
        "stack": {"stack": "net", "address": "vpc.net"},
    }[how]
    found = {"kind": "vpc", "existing": query}
    lab.stack({"theirs": found, "a": {**VSWITCH, "vpc": "theirs"}}, outputs={"range": "{{ theirs.cidr }}"})
    done = lab.apply()
    assert done.outputs == {"range": "10.0.0.0/16"}
    assert lab.thing("vswitch.a")["spec"]["vpc"] == id
    lab.destroy()
    assert [row["id"] for row in lab.world("vpc")] == [id]


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_existing_thing_is_wanted(lab: Lab, count: int) -> None:
    for _ in range(count):
        lab.behind("vpc", "CreateVpc", CidrBlock="10.0.0.0/16", VpcName="theirs")
    lab.stack({"theirs": {"kind": "vpc", "existing": {"name": "theirs"}}, "a": {**VSWITCH, "vpc": "theirs"}})
    assert any("exactly one match is wanted" in text for text in lab.refused().errors)


def test_ids_of_existing_things_need_no_block(lab: Lab) -> None:
    id = lab.behind("vpc", "CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    lab.stack({"a": {**VSWITCH, "vpc": id}})
    lab.apply()
    assert lab.thing("vswitch.a")["spec"]["vpc"] == id
