"""Any desired over any live converges: its steps can be done in any order that they allow, and the second plan is empty.

The live world is what another stack file made, and what somebody did to it since.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import assume, given, note
from hypothesis import strategies as st

from acsctl.model.history import History
from acsctl.model.plan import Plan
from acsctl.plan.guard import errors
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS
from tests.plan.scene import Scene
from tests.plan.world import World, carry_out, plan_of, recorded, todo

File = dict[str, Any]
RANGES = ["10.0.1.0/24", "10.0.2.0/24"]
maybe = st.booleans()


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def some(names: list[str]) -> st.SearchStrategy[list[str]]:
    """A few of the names that there are, as references."""
    return st.lists(st.sampled_from([f"@{name}" for name in names]), min_size=1, max_size=2, unique=True)


TAGS = st.dictionaries(st.sampled_from(["owner", "team"]), st.sampled_from(["x", "y"]), max_size=2)
REPLACED = ["net.main", "sub.a", "host.web.1", "address.x", "gate.o", "group.g"]
COMMON = {"tags": TAGS, "retain": maybe}


@st.composite
def files(draw: st.DrawFn) -> File:
    """The `resources` of a stack file."""
    found: File = {}

    def present(kind: str) -> list[str]:
        return [name for name, body in found.items() if name.startswith(f"{kind}.") and not body.get("absent")]

    def add(name: str, body: dict[str, Any]) -> None:
        if draw(maybe):
            absent = {"absent": "`when` is false"} if draw(st.integers(0, 9)) == 0 else {}
            found[name] = {**body, **draw(optional(**COMMON)), **absent}

    for name in ("address.x", "address.y"):
        add(name, {"charge": draw(st.sampled_from("ab")), **draw(optional(speed=st.sampled_from([5, 9])))})
    add("store.s", {"sort": draw(st.sampled_from("ab")), **draw(optional(size=st.integers(1, 2), token=st.just("secret t")))})
    texts = ["", "one", *(f"${{{name}.ip}}" for name in present("address")), *(f"${{{name}.url}}" for name in present("store"))]
    for name in ("net.main", "net.core"):
        labels = st.dictionaries(st.sampled_from("ab"), st.sampled_from(texts), max_size=2)
        body = draw(optional(description=st.sampled_from(texts), labels=labels, mtu=st.integers(1, 2)))
        add(name, {"cidr": draw(st.sampled_from(["10.0.0.0/16", "10.1.0.0/16"])), **body})
    for name in ("sub.a", "sub.b") if present("net") else ():
        add(name, {"net": f"@{draw(st.sampled_from(present('net')))}", "cidr": draw(st.sampled_from(RANGES))})
    for name in ("group.g", "group.h") if present("net") else ():
        add(name, {"net": f"@{draw(st.sampled_from(present('net')))}"})
    for name in present("group"):
        peers = st.sampled_from(["0.0.0.0/0", *(f"@{other}" for other in present("group"))])
        rule = st.fixed_dictionaries({"port": st.integers(1, 2), "peer": peers})
        if draw(maybe):
            found[name]["rules"] = draw(st.lists(rule, max_size=2, unique_by=lambda row: (row["port"], row["peer"])))
    subs, groups, addresses = present("sub"), present("group"), present("address")
    if subs:
        outs = st.lists(st.sampled_from(subs), max_size=2, unique=True).map(lambda rows: [{"sub": f"@{row}"} for row in rows])
        body = draw(optional(outs=outs, **({"addresses": some(addresses)} if addresses else {})))
        add("gate.o", {"sub": f"@{draw(st.sampled_from(subs))}", **body})
    for name in ("host.web", "host.db") if subs else ():
        scripts = ["hello", *(f"${{{net}.id}}" for net in present("net"))]
        body = draw(
            optional(
                count=st.integers(0, 3),
                sizes=st.lists(st.sampled_from("LMS"), min_size=1, max_size=2, unique=True),
                image=st.sampled_from(["linux", "other"]),
                script=st.sampled_from(scripts),
                disk=optional(sort=st.sampled_from("ab"), size=st.integers(1, 2)),
                name=st.sampled_from(["front", "back"]),
                **({"groups": some(groups)} if groups else {}),
            )
        )
        add(name, {"sub": draw(some(subs)), **body})
    return found


def built(resources: File, random: Random) -> tuple[World, Plan]:
    """The world that a file makes of nothing, and the empty plan after it."""
    world = World()
    stack = Scene({"resources": resources}).stack
    carry_out(world, plan_of(world, stack, History()), random)
    after = plan_of(world, stack, History())
    assert after.empty, todo(after)
    return world, after


@st.composite
def disturbed(draw: st.DrawFn, world: World) -> World:
    """What somebody does behind our back: take away, change, rename, double."""
    for id in list(world.things):
        what = draw(st.sampled_from(["leave"] * 6 + ["take away", "change", "tag", "rename", "double", "replace half"]))
        thing = world.things[id]
        used = any(id in world.names(other) for other in world.things.values())
        fields = SCHEMAS[thing.address.kind].fields
        if what == "take away" and not used:
            del world.things[id]
        elif what == "change":
            texts = [name for name in thing.spec if fields[name].shape == "text" and not fields[name].meta.reference]
            if texts:
                world.things[id] = replace(thing, spec={**thing.spec, draw(st.sampled_from(texts)): "theirs"})
        elif what == "tag":
            world.things[id] = replace(thing, tags=draw(TAGS))
        elif what == "rename":
            world.things[id] = replace(thing, name=draw(st.sampled_from(["theirs", "theirs-001", "theirs-009"])))
        elif what in ("double", "replace half"):
            other = world.fresh_id(thing.address.kind)
            assert thing.mark
            mark = replace(thing.mark, replaces=id if what == "replace half" else "")
            world.things[other] = replace(thing, id=other, mark=mark, created=other)
    return world


@given(files(), st.randoms(use_true_random=False))
def test_a_file_over_nothing(resources: File, random: Random) -> None:
    built(resources, random)


@given(st.data(), files(), files(), st.randoms(use_true_random=False))
def test_a_file_over_what_another_made(data: st.DataObject, before: File, after: File, random: Random) -> None:
    world, last = built(before, random)
    world = data.draw(disturbed(world))
    history = recorded(last) if data.draw(maybe, label="record") else History()
    moves = [("net.main", "net.core"), ("sub.a", "sub.b"), ("host.web", "host.db")]
    moved = [(old, new) for old, new in moves if old not in after and data.draw(maybe, label=f"move {old}")]
    stack = Scene({"resources": after, "moved": moved}).stack
    again = data.draw(st.sets(st.sampled_from(REPLACED), max_size=2), label="replace")
    first = plan_of(world, stack, history, Asked(replace=frozenset(again)))
    assume(not errors(first.findings))
    note(f"before: {world}\nfirst: {todo(first)}")
    carry_out(world, first, random)
    note(f"after: {world}")
    second = plan_of(world, stack, history)
    assert second.empty, todo(second)
    assert [live.id for live in second.left_standing] == [live.id for live in first.left_standing]
    third = plan_of(world, stack, recorded(second))
    assert third.empty, todo(third)


@given(st.data(), files(), st.randoms(use_true_random=False))
def test_destroy_leaves_nothing_of_ours(data: st.DataObject, resources: File, random: Random) -> None:
    world, last = built(resources, random)
    world = data.draw(disturbed(world))
    stack = Scene({"resources": resources}).stack
    plan = plan_of(world, stack, recorded(last), Asked(destroy=True))
    assume(not errors(plan.findings))
    carry_out(world, plan, random)
    assert [thing for thing in world.things.values() if thing.mark] == []
    assert plan_of(world, stack, recorded(last), Asked(destroy=True)).empty


@given(files(), st.randoms(use_true_random=False))
def test_the_same_gives_the_same_plan(resources: File, random: Random) -> None:
    stack = Scene({"resources": resources}).stack
    assert plan_of(World(), stack, History()) == plan_of(World(), stack, History())
