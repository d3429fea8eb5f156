"""Fleets: growing, shrinking, holes, single members, and where members stand."""

from __future__ import annotations

from collections import Counter

from tests.e2e.stacks import fleet, members, name_of, network
from tests.support.lab import Lab


def placed(lab: Lab) -> Counter[str]:
    """How many members stand in each vSwitch, by its name in the stack."""
    shown = lab.show()
    names = {things[0]["id"]: address for address, things in shown.items()}
    return Counter(
        names[thing["spec"]["vswitch"]] for things in shown.values() for thing in things if thing["kind"] == "instance"
    )


def test_growing_and_shrinking(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)))
    lab.apply()
    two = members(lab)
    lab.stack(network(node=fleet(5)))
    change = lab.plan().only
    assert (change["action"], change["members"]) == ("create", [3, 4, 5])
    lab.apply()
    five = members(lab)
    assert list(five) == [1, 2, 3, 4, 5]
    assert {1: five[1], 2: five[2]} == two
    lab.stack(network(node=fleet(1)))
    change = lab.plan().only
    assert (change["action"], change["members"], change["note"]) == ("delete", [2, 3, 4, 5], "the fleet has 1 now")
    lab.apply()
    assert members(lab) == {1: two[1]}


def test_none_at_all(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)))
    lab.apply()
    lab.stack(network(node=fleet(0)))
    lab.apply()
    assert members(lab) == {}
    lab.stack(network(node=fleet(2)))
    lab.apply()
    assert list(members(lab)) == [1, 2]


def test_more_than_one_call_can_make(lab: Lab) -> None:
    lab.stack(network(node=fleet(120)))
    lab.apply()
    assert len(members(lab)) == 120
    assert lab.calls()["actions"]["ecs.RunInstances"] == 2


def test_a_hole_is_filled(lab: Lab) -> None:
    lab.stack(network(node=fleet(4)))
    lab.apply()
    before = members(lab)
    lab.behind("ecs", "DeleteInstance", InstanceId=before[2], Force=True)
    change = lab.plan().only
    assert (change["action"], change["members"], change["reason"]) == ("create", [2], "drift")
    lab.apply()
    after = members(lab)
    assert {number: after[number] for number in (1, 3, 4)} == {number: before[number] for number in (1, 3, 4)}
    assert after[2] != before[2]
    assert name_of(lab, after[2]) == "shop-node-002"


def test_one_member_is_renewed(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    lab.apply()
    before = members(lab)
    flags = ("--replace", "instance.node.2")  # which is its own consent
    assert lab.plan(*flags).only["members"] == [2]
    assert lab.run("apply", "--yes", *flags).code == 0
    lab.still()
    after = members(lab)
    assert (after[1], after[3]) == (before[1], before[3])
    assert after[2] != before[2]


def test_one_machine_becomes_the_first_of_many_and_back(lab: Lab) -> None:
    lab.stack(network(node=fleet()))
    lab.apply()
    (one,) = members(lab).values()
    lab.stack(network(node=fleet(3)))
    plan = lab.plan()
    assert plan.actions == ["create instance.node", "update instance.node"]
    lab.apply()
    assert members(lab)[1] == one
    assert name_of(lab, one) == "shop-node-001"
    lab.stack(network(node=fleet()))
    assert lab.plan().actions == ["delete instance.node", "update instance.node"]
    lab.apply()
    assert members(lab) == {None: one}
    assert name_of(lab, one) == "shop-node"


def test_a_number_that_was_lost_or_doubled_is_a_rename(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    lab.apply()
    before = members(lab)
    lab.behind("ecs", "ModifyInstanceAttribute", InstanceId=before[3], InstanceName="shop-node-001")
    assert lab.plan().actions == ["update instance.node"]
    lab.apply()
    assert sorted(members(lab).values()) == sorted(before.values())
    lab.behind("ecs", "ModifyInstanceAttribute", InstanceId=before[2], InstanceName="mine")
    assert lab.plan().paths("instance.node") == {"name": "drift"}
    lab.apply()
    assert sorted(members(lab).values()) == sorted(before.values())


def test_spread_over_zones_the_emptiest_first(lab: Lab) -> None:
    spread = {"vswitch": ["a", "c"]}
    lab.stack(network(node=fleet(4, **spread)))
    lab.apply()
    assert placed(lab) == {"vswitch.a": 2, "vswitch.c": 2}
    lab.stack(network(node=fleet(3, **spread)))
    lab.apply()
    lab.stack(network(node=fleet(6, **spread)))
    lab.apply()
    assert placed(lab) == {"vswitch.a": 3, "vswitch.c": 3}


def test_another_place_for_new_members_only(lab: Lab) -> None:
    """A live member in any listed vSwitch is as wanted."""
    lab.stack(network(node=fleet(2)))
    lab.apply()
    lab.stack(network(node=fleet(2, vswitch=["a", "c"])))
    lab.still()
    lab.stack(network(node=fleet(4, vswitch=["a", "c"])))
    lab.apply()
    assert placed(lab) == {"vswitch.a": 2, "vswitch.c": 2}


def test_to_another_vswitch_in_the_zone(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    lab.apply()
    before = members(lab)
    lab.stack(network(node=fleet(3, vswitch="b")))
    change = lab.plan().only
    assert (change["action"], change["impact"]) == ("update", "rolling")
    lab.apply()
    assert members(lab) == before
    assert placed(lab) == {"vswitch.b": 3}


def test_to_another_zone(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)))
    lab.apply()
    before = members(lab)
    lab.stack(network(node=fleet(2, vswitch="c")))
    assert any("--allow instance.node" in text for text in lab.refused().errors)
    (field,) = lab.plan("--allow", "instance.node").only["fields"]
    assert (field["path"], field["forces"]) == ("vswitch", True)
    lab.apply("--allow", "instance.node")
    assert not set(members(lab).values()) & set(before.values())
    assert placed(lab) == {"vswitch.c": 2}


def test_only_those_move_that_have_to(lab: Lab) -> None:
    lab.stack(network(node=fleet(4, vswitch=["a", "c"])))
    lab.apply()
    before = members(lab)
    lab.stack(network(node=fleet(4, vswitch=["b", "c"])))
    lab.apply()
    assert members(lab) == before
    assert placed(lab) == {"vswitch.b": 2, "vswitch.c": 2}


def test_the_next_type_where_the_first_is_sold_out(lab: Lab) -> None:
    lab.settings(stock={"cn-hangzhou-h": {"ecs.g7.large": 0}})
    lab.stack(network(node=fleet(2, instance_types=["ecs.g7.large", "ecs.g6.large"])))
    plan = lab.plan()
    assert "ecs.g7.large is sold out in cn-hangzhou-h" in plan.change("instance.node")["note"]
    lab.apply()
    shown = lab.show()
    assert {shown[f"instance.node.{number}"][0]["spec"]["instance_types"] for number in (1, 2)} == {"ecs.g6.large"}


def test_nothing_is_begun_where_no_type_can_be_had(lab: Lab) -> None:
    lab.settings(stock={"cn-hangzhou-h": {"ecs.g7.large": 0}})
    lab.stack(network(node=fleet(2)))
    assert any("no instance type can be had" in text for text in lab.refused().errors)


def test_groups_of_members_change_at_once(lab: Lab) -> None:
    """One plan that adds, changes and, with another reason, leaves alone."""
    lab.stack(network(node=fleet(2, description="old")))
    lab.apply()
    before = members(lab)
    lab.stack(network(node=fleet(3, description="new")))
    assert lab.plan().actions == ["create instance.node", "update instance.node"]
    lab.apply()
    after = members(lab)
    assert {1: after[1], 2: after[2]} == before


def test_shrinking_by_many_has_to_be_allowed(lab: Lab) -> None:
    lab.stack(network(node=fleet(9)))
    lab.apply()
    lab.stack(network(node=fleet(1)))
    assert any("--allow all" in text for text in lab.refused().errors)
    lab.apply("--allow", "all")
    assert list(members(lab)) == [1]
