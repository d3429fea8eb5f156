"""A part of a plan can be carried out as it is, leaves alone what is left out, and keeps nothing from being done later."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from acsctl.model.change import Change
from acsctl.model.history import History
from acsctl.model.plan import Plan
from acsctl.plan.guard import errors
from acsctl.plan.selection import EVERYTHING, Selection, covers, select, units
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS
from tests.plan.scene import Scene, at
from tests.plan.test_converge import REPLACED, File, built, disturbed, files
from tests.plan.world import World, carry_out, plan_of, recorded, todo

NAMES = [
    "net.main",
    "net.*",
    "sub.a",
    "sub.b",
    "host.web",
    "host.web.2",
    "host.db",
    "address.*",
    "gate.o",
    "group.g",
    "store.s",
]
some = st.sets(st.sampled_from(NAMES), max_size=3).map(frozenset)


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Targets, exclusions, or just these."""
    if draw(st.integers(0, 4)) == 0:
        names = st.sampled_from(["net.main", "sub.a", "host.web", "host.web.2", "address.x", "gate.o"])
        return Selection(only=frozenset(map(at, draw(st.sets(names, max_size=4)))))
    return Selection(draw(some), draw(some))


def counted(changes: tuple[Change, ...]) -> Counter[str]:
    """Every single thing that is done."""
    return Counter(
        f"{change.action} {unit} {change.live[place].id if change.live else ''}"
        for change in changes
        for place, unit in enumerate(units(change))
    )


def prepared(data: st.DataObject, before: File, after: File, random: Random) -> tuple[World, Plan, History, Any]:
    """A world that another file has made and somebody disturbed, and the whole plan for it."""
    world, last = built(before, random)
    world = data.draw(disturbed(world))
    history = recorded(last) if data.draw(st.booleans(), label="record") else History()
    stack = Scene({"resources": after}).stack
    again = data.draw(st.sets(st.sampled_from(REPLACED), max_size=2), label="replace")
    return world, plan_of(world, stack, history, Asked(replace=frozenset(again))), history, stack


@given(st.data(), files(), files(), st.randoms(use_true_random=False))
def test_a_part_is_done_and_the_rest_left_alone(data: st.DataObject, before: File, after: File, random: Random) -> None:
    world, whole, history, stack = prepared(data, before, after, random)
    assume(not errors(whole.findings))
    selection = data.draw(selections(), label="selection")
    part = select(whole, selection, SCHEMAS)
    note(f"whole: {todo(whole)}\npart: {todo(part)}")
    assert counted((*part.changes, *part.left_out)) == counted(whole.changes)
    assume(not errors(part.findings))
    kept = [unit for change in part.changes for unit in units(change)]
    assert not [unit for unit in kept if selection.excludes(unit)]
    assert selection.only is None or {unit.whole for unit in kept} <= {address.whole for address in selection.only}
    alone = {live.id: live for change in part.left_out for live in change.live}
    carry_out(world, part, random)
    assert {id: world.things.get(id) for id in alone} == {id: world.things[id] for id in alone if id in world.things}
    rest = plan_of(world, stack, history)
    assume(not errors(rest.findings))
    carry_out(world, rest, random)
    last = plan_of(world, stack, history)
    assert last.empty, todo(last)


@given(st.data(), files(), files(), st.randoms(use_true_random=False))
def test_a_target_is_done_whole(data: st.DataObject, before: File, after: File, random: Random) -> None:
    _, whole, _, _ = prepared(data, before, after, random)
    target = data.draw(st.sampled_from(NAMES), label="target")
    part = select(whole, Selection(target=frozenset([target])), SCHEMAS)
    missed = [unit for change in part.left_out for unit in units(change) if covers(target, unit)]
    assert missed == []
    assert select(whole, EVERYTHING, SCHEMAS) is whole


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("sub.a", "sub.a", True),
        ("sub.a", "sub.ab", False),
        ("sub.a", "sub.a.key", True),
        ("host.web.2", "host.web.2", True),
        ("host.web.2", "host.web.21", False),
        ("host.web", "host.web.2", True),
        ("host.*", "host.web.2", True),
        ("inner.*", "host.inner.web", True),
        ("inner.*", "host.web", False),
        ("host", "host.web", True),
        ("web", "host.web", False),
    ],
)
def test_what_an_address_means(pattern: str, address: str, expected: bool) -> None:
    assert covers(pattern, at(address)) is expected
