"""What holds for every apply and every change: properties of field ownership."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acsctl.emulator.kubernetes.objects.defaults import with_defaults
from acsctl.emulator.kubernetes.objects.fieldset import FieldSet, from_fields
from acsctl.emulator.kubernetes.objects.managed import Applying, Conflicts, Recording, apply, keep_times, record
from acsctl.emulator.kubernetes.objects.schema import ANY, schema_of
from acsctl.emulator.kubernetes.objects.typed import compare, fields_of

from .replay import NOW, TIME

HEAD = {"apiVersion": "apps/v1", "kind": "Deployment"}
SCHEMA = schema_of("apps/v1", kind="Deployment")
assert SCHEMA is not None
NAMES = st.sampled_from(["a", "b", "c"])
TEXT = st.sampled_from(["x", "y", "z"])
MAPS = st.dictionaries(NAMES, TEXT, max_size=3)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def keyed(key: str, names: st.SearchStrategy[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    items = st.fixed_dictionaries({key: names}, optional=fields)
    return st.lists(items, max_size=3, unique_by=lambda item: item[key])


CONTAINERS = keyed(
    "name",
    NAMES,
    image=TEXT,
    args=st.lists(TEXT, max_size=2),
    env=keyed("name", NAMES, value=TEXT),
    ports=keyed("containerPort", st.sampled_from([80, 81]), name=NAMES),
)
POD = optional(
    containers=CONTAINERS,
    nodeSelector=MAPS,
    tolerations=st.lists(st.fixed_dictionaries({"key": NAMES}), max_size=2),
)
CONFIGS = st.builds(
    lambda labels, spec: {**HEAD, "metadata": {"name": "web", **labels}, "spec": spec},
    optional(labels=MAPS, annotations=MAPS, finalizers=st.lists(NAMES, max_size=2, unique=True)),
    optional(
        replicas=st.integers(0, 3),
        selector=st.fixed_dictionaries({"matchLabels": MAPS}),
        template=optional(metadata=optional(labels=MAPS), spec=POD),
    ),
)


def applied(live: Any, config: Any, *, by: str, now: float = NOW, force: bool = True) -> dict[str, Any]:
    return with_defaults(apply(live, config, how=Applying(by, force=force, now=now, schema=SCHEMA)))


def edited(live: Any, new: Any, *, by: str, now: float = NOW) -> dict[str, Any]:
    kept = {**new, "metadata": {**new["metadata"], "uid": "1"}}
    return record(live, with_defaults(kept), how=Recording(by, now=now, schema=SCHEMA))


def owned(obj: dict[str, Any]) -> dict[str, FieldSet]:
    entries = obj["metadata"].get("managedFields", [])
    return {one["manager"]: from_fields(one["fieldsV1"]) for one in entries}


def bare(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


@given(CONFIGS, CONFIGS)
def test_to_apply_again_changes_nothing(first: Any, second: Any) -> None:
    live = applied(applied(None, first, by="one"), second, by="two")
    again = applied(live, second, by="two", now=NOW + 60)
    assert bare(again) == bare(live)
    # What says nothing in the end, `labels: {}`, is a change before the object is brought in form: only times tell of it.
    assert keep_times(live, again) == live


@given(CONFIGS, CONFIGS)
def test_what_was_left_out_and_is_owned_by_nobody_is_gone(first: Any, second: Any) -> None:
    live = applied(applied(None, first, by="one"), second, by="one")
    assert bare(live) == bare(applied(None, second, by="one"))
    assert owned(live) == owned(applied(None, second, by="one"))


@given(CONFIGS, CONFIGS)
def test_a_manager_that_leaves_takes_only_its_own(first: Any, second: Any) -> None:
    empty = {**HEAD, "metadata": {"name": "web"}}
    try:
        live = applied(applied(None, first, by="one"), second, by="two", force=False)
    except Conflicts:
        return
    left = applied(live, empty, by="two")
    assert owned(left) == owned(applied(None, first, by="one"))
    assert fields_of(bare(left), SCHEMA).difference(fields_of(bare(applied(None, first, by="one")), SCHEMA)).empty


@given(CONFIGS, CONFIGS)
def test_a_conflict_is_about_what_another_owns_and_force_takes_it(first: Any, second: Any) -> None:
    live = applied(None, first, by="one")
    try:
        taken = applied(live, second, by="two", force=False)
    except Conflicts as conflicts:
        assert {one.manager for one in conflicts.causes} == {'"one"'}
        assert len(set(conflicts.causes)) == len(conflicts.causes)
        taken = applied(live, second, by="two")
        changed = compare(live, taken, schema=SCHEMA).modified
        assert owned(taken).get("one", FieldSet()).intersection(changed).empty
    assert bare(applied(taken, second, by="two", force=False)) == bare(taken)


@given(CONFIGS, CONFIGS)
def test_an_edit_owns_what_it_changed_and_nobody_else_does(first: Any, second: Any) -> None:
    live = applied(None, first, by="one")
    after = edited(live, second, by="editor")
    changes = compare(bare(live), bare(after), schema=SCHEMA)
    lost = changes.modified.union(changes.added).union(changes.removed)
    assert owned(after).get("one", FieldSet()).intersection(lost).empty
    for owner in owned(after).values():
        assert owner.intersection(changes.removed).empty


@given(CONFIGS)
def test_an_edit_that_changes_nothing_owns_nothing(config: Any) -> None:
    live = edited(None, config, by="creator")
    after = edited(live, bare(live), by="other", now=NOW + 60)
    assert after == live


@given(CONFIGS)
def test_field_sets_survive_their_wire_form(config: Any) -> None:
    fields = fields_of(config, SCHEMA)
    assert from_fields(fields.to_fields()) == fields
    assert fields.difference(fields).empty
    assert fields.union(fields) == fields.intersection(fields) == fields


@settings(max_examples=50)
@given(CONFIGS, CONFIGS)
def test_arguments_stay_as_they_were(first: Any, second: Any) -> None:
    live = applied(None, first, by="one")
    before = repr((live, second))
    applied(live, second, by="two")
    edited(live, second, by="three")
    assert repr((live, second)) == before


def test_an_applier_that_changes_nothing_has_no_time() -> None:
    """As the real server has it: times tell of changes of the object, and there was none."""
    config = {**HEAD, "metadata": {"name": "web", "labels": {"a": "b"}}}
    live = applied(None, config, by="one")
    after = applied(live, config, by="two", now=NOW + 60)
    times = {one["manager"]: one.get("time") for one in after["metadata"]["managedFields"]}
    assert times == {"one": TIME, "two": None}


def test_a_status_without_a_subresource_is_a_field_like_others() -> None:
    config = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"x": 1}, "status": {"y": 2}}
    how = Applying("one", force=False, now=NOW, schema=None)
    for apart, names in ((True, {"f:spec"}), (False, {"f:spec", "f:status"})):
        made = apply(None, config, how=replace(how, status_apart=apart))
        assert made["metadata"]["managedFields"][0]["fieldsV1"].keys() == names


def test_the_oldest_of_more_than_ten_editors_become_one() -> None:
    live = edited(None, {**HEAD, "metadata": {"name": "web", "labels": {"m0": "x"}}}, by="m0")
    for number in range(1, 13):
        labels = {**live["metadata"]["labels"], f"m{number}": "x"}
        live = edited(live, {**live, "metadata": {**live["metadata"], "labels": labels}}, by=f"m{number}", now=NOW + number)
    names = [one["manager"] for one in live["metadata"]["managedFields"]]
    assert names == ["ancient-changes", *(f"m{number}" for number in range(4, 13))]
    ancient = owned(live)["ancient-changes"]
    assert all(ancient.has(("f:metadata", "f:labels", f"f:m{number}")) for number in range(4))


def test_managers_can_be_reset_and_are_not_lost_by_who_does_not_know_them() -> None:
    live = edited(None, {**HEAD, "metadata": {"name": "web", "labels": {"a": "b"}}}, by="creator")
    assert edited(live, bare(live), by="other")["metadata"]["managedFields"] == live["metadata"]["managedFields"]
    emptied = {**live, "metadata": {**live["metadata"], "managedFields": [{}]}}
    assert "managedFields" not in edited(live, emptied, by="other")["metadata"]


@pytest.mark.parametrize(
    ("left", "right", "differs"),
    [
        (1, True, True),
        (0, False, True),
        ([0], [False], True),
        ("True", "True", False),
        (1, 1.0, False),
        ({"a": [True]}, {"a": [True]}, False),
    ],
)
def test_booleans_are_no_numbers(left: Any, right: Any, differs: bool) -> None:
    assert compare({"x": left}, {"x": right}, schema=ANY).modified.empty is not differs
