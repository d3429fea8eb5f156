"""A part of a stack is planned, applied and destroyed; the rest stays as it is, for the same reasons as before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.network_cases import KEY
from tests.e2e.stacks import ZONES, fleet, members, network
from tests.e2e.trouble import person
from tests.support.lab import Lab
from tests.support.ran import Ran

EIP: dict[str, Any] = {"kind": "eip", "bandwidth": 5}


def part(lab: Lab, *flags: str) -> Ran:
    """An apply of a part, which has to end well and to leave nothing of that part to do."""
    done = lab.run("apply", "--yes", *flags)
    assert done.code == 0, done.text
    again = lab.plan(*flags)
    assert (again.code, again.actions) == (0, []), again.text
    return done


def test_a_target_is_made_with_what_it_needs(lab: Lab) -> None:
    lab.stack(network(way=EIP))
    plan = lab.plan("--target", "vswitch.b")
    assert plan.actions == ["create vpc.net", "create vswitch.b"]
    assert plan.summary["left_out"] == 4
    assert any("because it is needed first: vpc.net" in text for text in plan.notes)
    part(lab, "--target", "vswitch.b")
    assert sorted(lab.show()) == ["vpc.net", "vswitch.b"]
    lab.apply()
    assert len(lab.show()) == 6


def test_a_person_is_told_what_is_left_out(lab: Lab) -> None:
    lab.stack(network(way=EIP))
    some = person(lab, "plan", "--target", "eip.*").text
    assert "Plan: 1 to create, 0 to change, 0 to replace, 0 to destroy." in some
    assert "5 changes of other addresses are left out: vpc.net, vswitch.a" in some
    part(lab, "--target", "eip.*")
    none = person(lab, "plan", "--target", "eip.*").text
    assert "Nothing to do for what is asked for. 5 changes of other addresses are left out" in none
    assert "matches the stack" not in none
    lab.apply()
    assert "No changes. The cloud matches the stack" in person(lab, "plan", "--target", "eip.*").text


def test_one_member_of_a_fleet(lab: Lab) -> None:
    """The others still differ by the edit that was made of all of them, and a field taken out of the file is still reset."""
    lab.stack(network(node=fleet(3, description="old", user_data="#!/bin/sh")))
    lab.apply()
    lab.stack(network(node=fleet(3, instance_types=["ecs.g7.xlarge"])))
    done = part(lab, "--target", "instance.node.2")
    assert [(change["address"], change["members"]) for change in done.changes] == [("instance.node", [2])]
    rest = lab.plan()
    assert rest.only["members"] == [1, 3]
    assert set(rest.paths("instance.node").values()) == {"edit"}
    assert {"instance_types", "user_data"} <= set(rest.paths("instance.node"))
    lab.apply()
    types = {
        thing["spec"]["instance_types"] for things in lab.show().values() for thing in things if "node" in thing["address"]
    }
    assert types == {"ecs.g7.xlarge"}


def test_members_are_added_one_by_one(lab: Lab) -> None:
    lab.stack(network(node=fleet(3)))
    part(lab, "--target", "instance.node.2")
    assert set(members(lab)) == {2}
    part(lab, "--exclude", "instance.node.3")
    assert set(members(lab)) == {1, 2}
    lab.apply()
    assert set(members(lab)) == {1, 2, 3}


def test_lists_that_lag_hide_nothing_of_a_part(lagging: Lab) -> None:
    """What came along is waited for, too, although it is no target."""
    lagging.stack(network(node=fleet(2)))
    part(lagging, "--target", "instance.node.2")
    lagging.stack(network(c={**network()["c"], "description": "new"}, node=fleet(2, description="new")))
    part(lagging, "--target", "vswitch.c", "--target", "instance.node.2")
    assert set(members(lagging)) == {2}
    lagging.apply()


def test_what_is_excluded_keeps_its_edit(lab: Lab) -> None:
    """The record says of what is left out what it said before: an edit does not become a drift."""
    lab.stack(network(way=EIP))
    lab.apply()
    lab.stack(network(way={**EIP, "bandwidth": 10}, out={"kind": "eip", "bandwidth": 5}))
    done = part(lab, "--exclude", "eip.way")
    assert done.actions == ["create eip.out"]
    assert lab.plan().paths("eip.way") == {"bandwidth": "edit"}
    lab.apply()


def test_destroy_a_part(lab: Lab) -> None:
    lab.stack(network(node=fleet(2), way=EIP))
    lab.apply()
    done = lab.destroy("--target", "vswitch.a")
    assert done.actions == ["delete instance.node", "delete vswitch.a"]
    assert sorted(lab.show()) == ["eip.way", "security_group.web", "vpc.net", "vswitch.b", "vswitch.c"]
    done = lab.destroy("--exclude", "vswitch.b")
    assert sorted(lab.show()) == ["vpc.net", "vswitch.b"]
    lab.destroy()
    assert lab.world() == []


def test_a_replacement_does_not_take_along_what_is_excluded(lab: Lab) -> None:
    lab.stack(network(node=fleet(1)))
    lab.apply()
    lab.stack(network("10.7.0.0/16", "10.7.1.0/24", node=fleet(1)))
    done = lab.refused("--exclude", "instance.node")
    assert any("vswitch.a would be replaced and take along instance.node, which is left out" in text for text in done.errors)


@pytest.mark.parametrize("flag", ["--target", "--exclude"])
def test_an_address_that_there_is_not(lab: Lab, flag: str) -> None:
    lab.stack(network())
    for command in (("plan",), ("apply", "--yes"), ("destroy", "--yes")):
        done = lab.run(*command, flag, "vswitch.aa")
        assert done.code == 3
        assert done.errors == [f"{flag}: the stack has no vswitch.aa: Did you mean 'vswitch.a'?"]
    assert lab.world() == []


def test_what_left_the_file_can_be_named(lab: Lab) -> None:
    lab.stack(network(way=EIP))
    lab.apply()
    lab.stack(network(vswitch="10.0.9.0/24"))
    done = part(lab, "--target", "eip.way")
    assert done.actions == ["delete eip.way"]


def test_what_is_wrong_elsewhere_does_not_stop_a_target(lab: Lab) -> None:
    lab.stack(network(key={"kind": "key_pair", "public_key": KEY}))
    lab.client.ecs("CreateKeyPair", KeyPairName="shop-key")
    assert any("exists already and is not ours" in text for text in lab.plan().errors)
    part(lab, "--target", "vpc.net")


def test_what_was_unfinished_stays_so(lab: Lab) -> None:
    """A part that ends well does not make the record clean of what an earlier run has begun and it leaves out."""
    lab.stack(network())
    fault = {
        "action": "vpc.CreateVSwitch",
        "parameters": {"ZoneId": ZONES[1]},
        "kind": "error",
        "code": "Bad.Bad",
        "status": 400,
    }
    lab.control("PUT", "faults", [{**fault, "times": "always"}])
    assert lab.run("apply", "--yes").code == 6
    lab.control("DELETE", "faults")
    lab.expected = set(lab.calls()["errors"])
    lab.stack(network(way=EIP))
    done = part(lab, "--target", "eip.way")
    assert done.actions == ["create eip.way"]
    assert lab.run("status").document["runs"][0]["clean"] is False
    assert lab.plan().change("vswitch.c")["reason"] == "unfinished"
    part(lab, "--target", "vswitch.c")
    assert lab.run("status").document["runs"][0]["clean"] is True
    lab.still()
