"""What every kind has to do, field by field of its schema: create, change, drift, reset, replace, delete; then an empty plan.

The tables are network_cases.py and instance_cases.py; a field without an entry there fails here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acsctl.kinds import registry
from acsctl.model.change import Impact
from acsctl.model.schema import MISSING
from tests.e2e import instance_cases, network_cases
from tests.e2e.scene import Case, Scene
from tests.support.lab import Lab
from tests.support.sample import sampled

CASES = (
    network_cases.VPC,
    network_cases.VSWITCH,
    network_cases.SECURITY_GROUP,
    network_cases.KEY_PAIR,
    network_cases.EIP,
    network_cases.NAT_GATEWAY,
    instance_cases.INSTANCE,
    instance_cases.FLEET,
)

OWN = {"registry", "cluster", "node_pool", "flannel", "workload"}
"""Kinds whose proofs are files of their own, test_<kind>.py: they have no tags of the usual form."""

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def each_field(paths: Callable[[Case], object], *, every: int = 1) -> pytest.MarkDecorator:
    """One test for every case and every path that `paths` tells; of `every` so many one is in `make test`."""
    rows = [(case, path) for case in CASES for path in paths(case)]  # type: ignore[attr-defined]
    return pytest.mark.parametrize(("case", "path"), sampled(rows, every=every, name=lambda row: f"{row[0]}-{row[1]}"))


def resettable(case: Case) -> list[str]:
    return [path for path, field in case.fields.items() if field.meta.reset is not MISSING]


def unmanaged(case: Case) -> list[str]:
    """Fields that may be left out, and then stay as they are."""
    free = [path for path, item in case.fields.items() if item.meta.reset is MISSING and item.default is MISSING]
    return [path for path in free if not case.fields[path].required and _has(case, path)]


def _has(case: Case, path: str) -> bool:
    top, _, rest = path.partition(".")
    return top in case.block and (not rest or rest in case.block[top])


COMPANIONS = {"eips": {"snat": None}}
"""What names the things in a field has to go with them."""


def needs_leave(case: Case, path: str) -> bool:
    return case.fields[path].meta.impact is Impact.DATA_LOSS


# The tables are whole


def test_every_kind_has_a_case() -> None:
    assert {case.kind for case in CASES} | OWN == set(registry.KINDS)


@each_case
def test_every_field_has_an_entry(case: Case) -> None:
    """A field that is added to a schema cannot be forgotten here."""
    immutable = {path for path, field in case.fields.items() if field.meta.immutable}
    assert set(case.replacements) == immutable
    assert set(case.edits) == set(case.fields) - immutable
    assert set(case.drifts) | set(case.fixed) == set(case.fields)
    assert not set(case.drifts) & set(case.fixed)


# Create and change


@each_case
def test_created_and_then_nothing_is_left_to_do(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    lab.still("--deep")
    assert len(scene.ids) == case.things


@each_case
def test_the_least_that_can_be_written(lab: Lab, case: Case) -> None:
    """Only what is required: everything else is the cloud's to choose, and none of ours to compare."""
    scene = Scene(lab, case)
    scene.write({path: None for path in case.block if not case.fields.get(path) or not case.fields[path].required})
    lab.apply()
    lab.still("--deep")


@each_field(lambda case: case.edits)
def test_a_field_that_can_change(lab: Lab, case: Case, path: str) -> None:
    scene, edit = Scene(lab, case), case.edits[path]
    scene.write(edit.base)
    lab.apply()
    before = scene.ids
    scene.write(edit.base, edit.block)
    allow = ("--allow", case.address) if needs_leave(case, path) else ()
    if allow:
        assert any(f"--allow {case.address}" in text for text in lab.refused().errors)
    change = lab.plan(*allow).only
    assert (change["address"], change["action"], change["reason"]) == (case.address, "update", "edit")
    assert {(field["path"], field["reason"]) for field in change["fields"]} == {(path, "edit")}
    assert change["ids"] == before
    lab.apply(*allow)
    lab.still("--deep")
    assert scene.ids == before


@each_field(lambda case: [path for path in case.edits if not case.fields[path].required and "." not in path], every=3)
def test_a_field_is_first_written_later(lab: Lab, case: Case, path: str) -> None:
    """What was never managed is compared from the moment that it is written."""
    scene, without = Scene(lab, case), COMPANIONS.get(path, {})
    scene.write(without, without=path)
    lab.apply()
    before = scene.ids
    scene.write(without)
    plan = lab.plan()
    assert plan.code == 0 or set(plan.paths(case.address)) == {path}
    lab.apply()
    lab.still("--deep")
    assert scene.ids == before


# Taken out of the file


@each_field(resettable, every=2)
def test_a_field_that_leaves_the_file_is_reset(lab: Lab, case: Case, path: str) -> None:
    scene = Scene(lab, case)
    without = COMPANIONS.get(path, {})
    scene.write(without)
    lab.apply()
    before = scene.ids
    scene.write(without, without=path)
    change = lab.plan().only
    assert [(field["path"], field["reason"]) for field in change["fields"]] == [(path, "edit")]
    assert change["action"] == "update"
    lab.apply()
    lab.still("--deep")
    assert scene.ids == before
    # What is read one by one is not shown where nothing is written.
    shown = case.fields[path].meta.reset if case.fields[path].meta.read == "bulk" else None
    assert [thing["spec"].get(path) for thing in scene.things] == [shown] * case.things


@each_field(unmanaged, every=3)
def test_a_field_that_the_cloud_cannot_reset_stays(lab: Lab, case: Case, path: str) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    scene.write(without=path)
    if path != "name":
        assert any(f"{path.split('.')[0]} is no longer managed" in text for text in lab.still().notes) or "." in path
    lab.apply()


# Replacement


@each_field(lambda case: case.replacements)
def test_a_field_that_cannot_change(lab: Lab, case: Case, path: str) -> None:
    scene, edit = Scene(lab, case), case.replacements[path]
    scene.write(edit.base)
    lab.apply()
    before = scene.ids
    scene.write(edit.base, edit.block)
    allow = ("--allow", case.address) if case.stateful else ()
    if allow:
        assert any(f"--allow {case.address}" in text for text in lab.refused().errors)
    change = lab.plan(*allow).only
    assert (change["address"], change["action"], change["reason"]) == (case.address, "replace", "edit")
    assert change["impact"] == ("data loss" if case.stateful else "replace")
    assert path in {field["path"] for field in change["fields"] if field["forces"]}
    assert {field["path"] for field in change["fields"]} == {path} | edit.also
    lab.apply(*allow)
    lab.still("--deep")
    assert not set(scene.ids) & set(before)
    assert len(scene.ids) == case.things


@each_case
def test_replaced_because_it_was_asked_for(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    before = scene.ids
    flags = ("--replace", case.address)  # which is its own consent
    assert lab.plan(*flags).actions == [f"replace {case.address}"]
    done = lab.run("apply", "--yes", *flags)
    assert done.code == 0, done.text
    lab.still("--deep")
    assert not set(scene.ids) & set(before)


# Drift


@each_field(lambda case: case.drifts)
def test_what_somebody_else_changed_is_seen_and_repaired(lab: Lab, case: Case, path: str) -> None:
    scene, drift, deep = Scene(lab, case), case.drifts[path], case.deep(path)
    scene.write()
    lab.apply()
    before = scene.ids
    drift.does(scene)
    if deep:
        lab.still()
    guarded = (drift.replaces and case.stateful) or needs_leave(case, path)
    allow = ("--allow", case.address) if guarded else ()
    if guarded:
        lab.refused(*deep)
    change = lab.plan(*deep, *allow).only
    assert (change["address"], change["reason"]) == (case.address, "drift")
    assert change["action"] == ("replace" if drift.replaces else "update")
    assert {field["path"] for field in change["fields"]} == drift.paths or {path}
    assert change["ids"] == before[:1]
    lab.apply(*deep, *allow)
    lab.still("--deep")
    assert (scene.ids == before) is not drift.replaces


@each_case
def test_what_somebody_else_deleted_is_made_again(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    before = scene.ids
    case.delete(scene)
    change = lab.plan().only
    assert (change["address"], change["action"], change["reason"]) == (case.address, "create", "drift")
    lab.apply()
    lab.still("--deep")
    assert len(scene.ids) == case.things
    assert set(scene.ids) & set(before) == set(before[1:]) or case.kind == "key_pair"


# Tags and names


@each_case
def test_tags_are_ours_key_by_key(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write({"tags": {"team": "red", "cost": "1"}})
    lab.apply()
    theirs = {"Tag.1.Key": "theirs", "Tag.1.Value": "stays"}
    product, type = case.tagged
    lab.behind(product, "TagResources", ResourceType=type, **{"ResourceId.1": scene.id}, **theirs)
    lab.still()
    scene.write({"tags": {"team": "blue", "new": "yes"}})
    paths = lab.plan().paths(case.address)
    assert paths == {"tags.team": "edit", "tags.new": "edit", "tags.cost": "edit"}
    lab.apply()
    assert scene.things[0]["tags"] == {"team": "blue", "new": "yes", "theirs": "stays"}
    scene.write()
    lab.apply()
    assert [thing["tags"] for thing in scene.things] == [{"theirs": "stays"}] + [{}] * (case.things - 1)


@each_case
def test_tags_that_somebody_else_changed(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write({"tags": {"team": "red", "cost": "1"}})
    lab.apply()
    product, type = case.tagged
    which = {"ResourceType": type, "ResourceId.1": scene.id}
    lab.behind(product, "TagResources", **which, **{"Tag.1.Key": "team", "Tag.1.Value": "grey"})
    lab.behind(product, "UnTagResources" if product == "vpc" else "UntagResources", **which, **{"TagKey.1": "cost"})
    assert lab.plan().paths(case.address) == {"tags.team": "drift", "tags.cost": "drift"}
    lab.apply()
    assert scene.things[0]["tags"] == {"team": "red", "cost": "1"}


@each_case
def test_protection_is_a_tag_that_outlives_its_block(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write({"protect": True})
    lab.apply()
    scene.leave()
    assert any("is protected and would be destroyed" in text for text in lab.refused("--allow", "all").errors)
    scene.write({"protect": False})
    assert lab.plan().paths(case.address) == {"protect": "edit"}
    lab.apply()
    scene.leave()
    lab.apply()


@each_case
def test_what_is_retained_stays_without_our_tags(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write({"retain": True})
    lab.apply()
    before = scene.ids
    scene.leave()
    change = lab.plan().only
    assert (change["address"], change["action"]) == (case.address, "forget")
    lab.apply()
    rows = [row for row in lab.world() if row["id"] in before]
    assert len(rows) == case.things
    assert not [key for row in rows for key in row["tags"] if key.startswith("acsctl:")]


# Destruction


@each_case
def test_a_block_that_leaves_the_file(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    gone = scene.ids
    scene.leave()
    change = lab.plan().only
    assert (change["address"], change["action"], change["count"]) == (case.address, "delete", case.things)
    lab.apply()
    assert not [row for row in lab.world() if row["id"] in gone]


@each_case
def test_what_was_destroyed_can_be_made_again(lab: Lab, case: Case) -> None:
    """With the tokens of other things than those that are gone: nothing has to be tried twice."""
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    gone = scene.ids
    scene.leave()
    lab.apply()
    scene.write({"tags": {"another": "one"}})
    lab.apply()
    assert len(scene.ids) == case.things
    assert not set(scene.ids) & set(gone) or case.kind == "key_pair"


@each_case
def test_without_a_record_it_is_left_standing(lab: Lab, case: Case) -> None:
    """Another file may bear the same stack name."""
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    there = scene.ids
    scene.leave()
    lab.forget()
    plan = lab.still()
    assert len(plan.standing) == case.things
    assert plan.summary["left_standing"] == case.things
    assert len([row for row in lab.world() if row["id"] in there]) == case.things
    assert lab.plan("--allow", case.address).actions == [f"delete {case.address}"]
    lab.apply("--allow", case.address)
    assert not [row for row in lab.world() if row["id"] in there]


@each_case
def test_destroy_leaves_nothing(lab: Lab, case: Case) -> None:
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    lab.destroy()
    assert lab.world() == []


@each_case
def test_without_a_record_nothing_changes(lab: Lab, case: Case) -> None:
    """Losing the record loses nothing: the plan of what is as wanted is empty, and the reason of a change is unknown."""
    scene = Scene(lab, case)
    scene.write()
    lab.apply()
    lab.forget()
    lab.still("--deep")
    scene.write({"tags": {"team": "red"}})
    assert lab.plan().only["reason"] == "unknown"
    lab.apply()
