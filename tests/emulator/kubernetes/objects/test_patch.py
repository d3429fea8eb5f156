"""The patches that know no owner."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.emulator.kubernetes.objects.patch import PatchError, json_patch, merge_patch, strategic_merge
from acsctl.emulator.kubernetes.objects.schema import schema_of

POD = schema_of("v1", kind="Pod")
assert POD is not None
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_a_merge_patch_applied_twice_is_applied_once(obj: Any, patch: Any) -> None:
    once = merge_patch(obj, patch)
    assert merge_patch(once, patch) == once


def test_a_merge_patch_brings_no_nulls_into_objects_of_lists() -> None:
    assert merge_patch({"a": 1}, {"b": [{"c": None, "d": 1}, None]}) == {"a": 1, "b": [{"d": 1}, None]}


@pytest.mark.parametrize(
    ("ops", "made"),
    [
        ([{"op": "add", "path": "/a", "value": 1}], {"a": 1, "list": [1, 2], "x/y": {"~": 0}}),
        ([{"op": "add", "path": "/list/1", "value": 9}], {"list": [1, 9, 2], "x/y": {"~": 0}}),
        ([{"op": "add", "path": "/list/-", "value": 9}], {"list": [1, 2, 9], "x/y": {"~": 0}}),
        ([{"op": "remove", "path": "/list/0"}], {"list": [2], "x/y": {"~": 0}}),
        ([{"op": "replace", "path": "/x~1y/~0", "value": 5}], {"list": [1, 2], "x/y": {"~": 5}}),
        ([{"op": "move", "from": "/list", "path": "/b"}], {"b": [1, 2], "x/y": {"~": 0}}),
        ([{"op": "copy", "from": "/list/1", "path": "/list/0"}], {"list": [2, 1, 2], "x/y": {"~": 0}}),
        ([{"op": "test", "path": "/list", "value": [1, 2]}], {"list": [1, 2], "x/y": {"~": 0}}),
        ([{"op": "test", "path": "/nothing", "value": None}], {"list": [1, 2], "x/y": {"~": 0}}),
        ([{"op": "replace", "path": "", "value": 7}], 7),
    ],
)
def test_json_patches(ops: list[Any], made: Any) -> None:
    obj = {"list": [1, 2], "x/y": {"~": 0}}
    assert json_patch(obj, ops) == made
    assert obj == {"list": [1, 2], "x/y": {"~": 0}}


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ({"op": "test", "path": "/a", "value": 2}, 422),
        ({"op": "test", "path": "/flag", "value": 1}, 422),
        ({"op": "remove", "path": "/b"}, 422),
        ({"op": "replace", "path": "/list/0", "value": 1}, 422),
        ({"op": "replace", "path": "/b/c", "value": 1}, 422),
        ({"op": "add", "path": "/b/c", "value": 1}, 422),
        ({"op": "add", "path": "/list/5", "value": 1}, 422),
        ({"op": "move", "from": "/b", "path": "/a"}, 422),
        ({"op": "frobnicate", "path": "/a"}, 422),
    ],
)
def test_json_patches_that_do_not_fit(op: dict[str, Any], code: int) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1, "flag": True, "list": []}, [op])
    assert caught.value.code == code


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


A, B, C = {"name": "a"}, {"name": "b"}, {"name": "c"}
MERGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        {"containers": [{**A, "image": "a"}, {**B, "image": "b"}]},
        {"containers": [{**B, "image": "c"}, C]},
        {"containers": [{**A, "image": "a"}, {**B, "image": "c"}, C]},
    ),
    ({"containers": [A, B]}, {"containers": [{"$patch": "delete", **A}]}, {"containers": [B]}),
    ({"containers": [A]}, {"containers": [{"$patch": "replace"}, B]}, {"containers": [B]}),
    (
        {"containers": [A, B, C]},
        {"$setElementOrder/containers": [C, A], "containers": [{**C, "image": "x"}]},
        {"containers": [B, {**C, "image": "x"}, A]},
    ),
    (
        {"volumes": [{**A, "emptyDir": {}}]},
        {"volumes": [{"$retainKeys": ["name", "hostPath"], **A, "hostPath": {"path": "/"}}]},
        {"volumes": [{**A, "hostPath": {"path": "/"}}]},
    ),
    (
        {"securityContext": {"runAsUser": 1}},
        {"securityContext": {"$patch": "replace", "fsGroup": 2}},
        {"securityContext": {"fsGroup": 2}},
    ),
    ({"securityContext": {"runAsUser": 1}}, {"securityContext": {"$patch": "delete"}}, {"securityContext": {}}),
    ({"nodeSelector": {"a": "b", "c": "d"}}, {"nodeSelector": {"a": None, "e": "f"}}, {"nodeSelector": {"c": "d", "e": "f"}}),
    ({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]}, {"tolerations": [{"key": "b"}]}),
    ({}, {"containers": [{**A, "image": None, "env": [{"$patch": "delete", **B}]}]}, {"containers": [{**A, "env": []}]}),
]


@pytest.mark.parametrize(("live", "patch", "made"), MERGES)
def test_strategic_merges(live: dict[str, Any], patch: dict[str, Any], made: dict[str, Any]) -> None:
    obj, sent = pod(**live), {"spec": patch}
    before = deepcopy((obj, sent))
    assert strategic_merge(obj, sent, schema=POD) == pod(**made)
    assert (obj, sent) == before


def test_finalizers_are_a_union_and_can_be_taken_out() -> None:
    obj = {"metadata": {"finalizers": ["a", "b"]}}
    more = strategic_merge(obj, {"metadata": {"finalizers": ["c", "a"]}}, schema=POD)
    assert more["metadata"]["finalizers"] == ["c", "a", "b"]
    without = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b"]}}
    assert strategic_merge(obj, without, schema=POD) == {"metadata": {"finalizers": ["b"]}}


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"containers": [{"image": "x"}]}, 500),
        ({"containers": [{"$patch": "merge"}]}, 500),
        ({"securityContext": {"$patch": "swap"}}, 500),
        ({"$retainKeys": ["a"], "b": 1}, 400),
        ({"$setElementOrder/containers": {}}, 400),
        ({"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "z"}]}, 500),
    ],
)
def test_strategic_merges_that_do_not_fit(patch: dict[str, Any], code: int) -> None:
    with pytest.raises(PatchError) as caught:
        strategic_merge(pod(containers=[{"name": "a"}], securityContext={}), {"spec": patch}, schema=POD)
    assert caught.value.code == code
