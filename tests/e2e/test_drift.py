"""`acsctl drift`: what somebody else changed is shown, and written into the stack file so that nothing is left to do."""

from __future__ import annotations

import pytest

from tests.e2e.instance_cases import FLEET
from tests.e2e.scene import Case, Scene
from tests.e2e.test_kinds import each_field
from tests.support.lab import Lab


def refused(case: Case, path: str) -> str:
    """Why a field cannot be accepted: one member of a fleet alone differs, or a tag has to say it too."""
    if (case.kind, path) == ("nat_gateway", "eips"):
        return "with that nat_gateway.it snat would differ"  # an entry of it goes out with all addresses of the gateway
    if case.count and path == "name":
        return "the number of a member"
    if case.count and not case.fields[path].meta.choice:
        return "the block says it for all"
    return "a tag holds its digest" if case.fields[path].meta.read == "each" else ""


@each_field(lambda case: case.drifts, every=3)
def test_what_drifted_is_shown_and_accepted(lab: Lab, case: Case, path: str) -> None:
    scene, drift, deep = Scene(lab, case), case.drifts[path], case.deep(path)
    scene.write()
    lab.apply()
    before = (lab.folder / "stack.yaml").read_text()
    assert (lab.run("drift", "--detailed-exitcode", *deep).code, lab.run("drift", *deep).of("resource_drift")) == (0, [])
    drift.does(scene)
    world = lab.world()
    shown = lab.run("drift", "--detailed-exitcode", *deep)
    (row,) = shown.of("resource_drift")
    assert (shown.code, row["address"], row["action"], row["reason"]) == (2, case.address, "update", "drift")
    assert {field["path"] for field in row["fields"]} == drift.paths or {path}
    accepted = lab.run("drift", "--accept", "--yes", *deep)
    why = refused(case, path)
    if why:
        assert accepted.code == 5 and any(why in note for note in accepted.notes), accepted.text
        assert (lab.folder / "stack.yaml").read_text() == before
        return
    assert accepted.code == 0, accepted.text
    assert (lab.folder / "stack.yaml").read_text() != before
    lab.still(*deep)
    lab.apply(*deep)
    assert lab.world() == world
    assert lab.run("drift", "--detailed-exitcode", *deep).code == 0


@pytest.mark.parametrize(
    ("tag", "field"),
    [("acsctl:protect", "protect"), ("acsctl:retain", "retain"), ("acsctl:digest:user_data", "user_data")],
)
def test_a_tag_of_ours_that_somebody_took_off_is_drift(lab: Lab, tag: str, field: str) -> None:
    scene = Scene(lab, FLEET)
    scene.write({"protect": True, "retain": True, "user_data": "echo hi"})
    lab.apply()
    scene.ecs("UntagResources", ResourceType="instance", **{"ResourceId.1": scene.id, "TagKey.1": tag})
    shown = lab.run("drift", "--detailed-exitcode")
    (row,) = shown.of("resource_drift")
    assert (shown.code, row["reason"], [one["path"] for one in row["fields"]]) == (2, "drift", [field])
    assert lab.run("drift", "--revert", "--yes").code == 0
    lab.still()
    scene.write({"protect": False, "retain": True, "user_data": "echo ho"})
    lab.apply("--allow", FLEET.address)
    assert lab.run("drift", "--detailed-exitcode").code == 0


def test_what_the_file_guards_otherwise_is_an_edit(lab: Lab) -> None:
    scene = Scene(lab, FLEET)
    scene.write({"retain": True})
    lab.apply()
    scene.write({"protect": True})
    assert lab.run("drift", "--detailed-exitcode").code == 0
    (change,) = lab.plan().changes
    assert {one["path"]: one["reason"] for one in change["fields"]} == {"protect": "edit", "retain": "edit"}


def test_of_a_fleet_only_what_is_gone_is_made_again(lab: Lab) -> None:
    """That more are wanted, and described otherwise, is left to an apply; the record does not take it for applied."""
    scene = Scene(lab, FLEET)
    scene.write()
    lab.apply()
    before = scene.ids
    FLEET.delete(scene)
    scene.write({"count": 5, "description": "edited"})
    (row,) = lab.run("drift").of("resource_drift")
    assert (row["action"], row["count"], row["reason"], row["ids"]) == ("delete", 1, "both", before[:1])
    done = lab.run("drift", "--revert", "--yes")
    (change,) = done.changes
    assert (done.code, change["action"], change["count"], change["reason"]) == (0, "create", 1, "drift"), done.text
    assert len(lab.world("instance")) == 3
    left = {(change["action"], change["reason"], change["count"]) for change in lab.plan().changes}
    assert left == {("create", "edit", 2), ("update", "edit", 3)}
    lab.apply()
