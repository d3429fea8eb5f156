"""Two documents are of one plan just where the same is done, of the same, from the same; and none of them has a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from acsctl.model.digest import sealed
from acsctl.model.history import History
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Stack
from acsctl.model.unknown import Secret
from acsctl.plan.saved import Around, Document, asked_of, checksum_of, digest_of, document
from acsctl.plan.selection import Selection
from acsctl.plan.stale import differences, unexplained
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS
from tests.plan.scene import Scene, value
from tests.plan.test_converge import File, built, disturbed, files
from tests.plan.world import plan_of

EVERYTHING = Asked(replace=frozenset({"a.b"}), allow=frozenset({"all"}), selection=Selection(frozenset("t"), frozenset("x")))


def documented(plan: Plan, seen: Observation, history: History, asked: Asked, *, key: str = "") -> Document:
    found = document(plan, seen=seen, history=history, around=Around("1000", asked, SCHEMAS, key=key))
    return json.loads(json.dumps(found))


def of(data: dict[str, Any]) -> Document:
    """The document of a scene; what was a file, a variable and so on stands in it as data."""
    scene = Scene(data)
    given = {name: data[name] for name in ("files", "values") if name in data}
    stack = replace(scene.stack, **given, variables={name: value(item) for name, item in data.get("variables", {}).items()})
    return documented(replace(scene.plan(), stack=stack), scene.seen, scene.history, scene.asked)


def cases() -> Iterator[Any]:
    for case in yaml.safe_load_all((Path(__file__).parent / "stale.yaml").read_text(encoding="utf-8")):
        yield pytest.param(case, id=case["case"])


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_different(case: dict[str, Any]) -> None:
    kept, now = of(case), of({**case, **case.get("now", {})})
    compared = unexplained if case.get("begun") else differences
    found = [f"{item.part} {item.name} {item.how} {item.detail.replace(':', ' -')}".strip() for item in compared(kept, now)]
    assert found == case["differences"]
    assert (kept["digest"] == now["digest"]) is (not differences(kept, now))


def turned(random: Random, seen: Observation) -> Observation:
    """The same world as another list would show it."""
    lives = list(seen.live.items())
    random.shuffle(lives)
    return replace(seen, live={address: tuple(random.sample(group, len(group))) for address, group in lives})


def shuffled(random: Random, stack: Stack) -> Stack:
    """The same file with its blocks in another order."""
    resources = list(stack.resources.items())
    random.shuffle(resources)
    return replace(stack, resources=dict(resources))


@given(st.data(), files(), files(), st.randoms(use_true_random=False))
def test_order_does_not_matter(data: st.DataObject, before: File, after: File, random: Random) -> None:
    world, _ = built(before, random)
    world = data.draw(disturbed(world))
    stack = Scene({"resources": after}).stack
    plan = plan_of(world, stack, History())
    assume(not plan.findings)
    seen = world.seen(stack)
    first = documented(plan, seen, History(), Asked())
    world.things = dict(random.sample(list(world.things.items()), len(world.things)))
    again = documented(plan_of(world, shuffled(random, stack), History()), turned(random, seen), History(), Asked())
    assert differences(first, again) == []
    assert again["digest"] == first["digest"]


@given(st.data(), files(), files(), st.randoms(use_true_random=False))
def test_another_plan_has_another_digest(data: st.DataObject, before: File, after: File, random: Random) -> None:
    world, _ = built(before, random)
    stack = Scene({"resources": after}).stack
    first = documented(plan_of(world, stack, History()), world.seen(stack), History(), Asked())
    world = data.draw(disturbed(world))
    other = documented(plan_of(world, stack, History()), world.seen(stack), History(), Asked())
    done, done_now = (sorted(map(what_is_done, item["resource_changes"])) for item in (first, other))
    assert (first["digest"] == other["digest"]) <= (done == done_now)
    assert bool(differences(first, other)) is (first["digest"] != other["digest"])


def what_is_done(row: Document) -> str:
    """A row as a person would compare it."""
    change = row["change"]
    fields = [(item["path"], item["before"], item["after"], item.get("added"), item.get("removed")) for item in row["fields"]]
    after = None if change["actions"] in (["no-op"], ["read"]) else change["after"]
    return repr((row["address"], row["id"] if after or fields else None, change["actions"], after, sorted(fields, key=repr)))


def test_a_secret_is_nowhere() -> None:
    data = {
        "resources": {
            "store.s": {"sort": "b", "token": "secret hunter2"},
            "store.t": {"sort": "a", "token": "secret hunter2"},
            "net.main": {"cidr": "10.0.0.0/16", "description": "secret hunter2"},
            "host.web": {"sub": ["sub-7"], "script": "secret hunter2"},
        },
        "live": {
            "store-1": {"at": "store.s", "sort": "a", "token": "hunter1"},
            "store-2": {"at": "store.t", "token": "hunter1"},
            "net-1": {"at": "net.main", "description": "hunter1"},
            "host-1": {"at": "host.web", "sub": "sub-7", "script": "hunter1"},
        },
        "outputs": {"told": "secret hunter2"},
        "variables": {"password": "secret hunter2"},
        "values": {"env PASSWORD": "hunter2"},
        "record": {},
    }
    found = of(data)
    assert "hunter" not in json.dumps(found)
    rows = {row["address"]: row for row in found["resource_changes"]}
    assert (
        rows["net.main"]["change"]["before"]["description"] == rows["net.main"]["change"]["after"]["description"] == "(secret)"
    )
    assert rows["net.main"]["change"]["before_sensitive"] == {"description": True}
    assert {field["path"] for row in rows.values() for field in row["fields"]} >= {"token", "description", "script"}
    assert found["output_changes"]["told"] == {"after": "(secret)", "after_unknown": False, "after_sensitive": True}


def test_a_hash_of_a_secret_tells_little() -> None:
    def hashed(value: object, *, name: str = "password", key: str = "", place: str = "1/here/shop") -> str:
        return sealed(value, name=name, key=key, place=place)

    assert hashed(Secret("hunter2")) == hashed("hunter2")
    assert len(hashed("hunter2")) == 4
    assert hashed("hunter2") != hashed("hunter3")
    assert hashed("hunter2") != hashed("hunter2", name="other") != hashed("hunter2", place="1/here/other")
    assert len(hashed("hunter2", key="k")) == 32
    assert hashed("hunter2", key="k")[:4] != hashed("hunter2")
    assert hashed("hunter2", key="k") != hashed("hunter2", key="l")


def test_a_document_brings_its_flags_and_knows_whether_it_is_whole() -> None:
    scene = Scene({"resources": {"address.x": {"speed": 5}}})
    found = documented(scene.plan(), scene.seen, scene.history, EVERYTHING)
    assert asked_of(found) == EVERYTHING
    assert digest_of(found) == found["digest"]
    assert checksum_of({**found, "checksum": "any"}) == checksum_of(found)
    for name in found:
        assert checksum_of({**found, name: "another"}) != checksum_of(found)
    for name in ("account", "region", "stack", "flags", "files", "variables", "live"):
        assert digest_of({**found, name: {"another": 1}}) != found["digest"]
    for name in ("findings", "record", "left_out", "counts"):
        assert digest_of({**found, name: ["another"]}) == found["digest"]
