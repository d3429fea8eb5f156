"""Ids, labels and parents of ApplySets, as the specification has them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from acsctl.errors import AcsctlError, DeniedError
from acsctl.kube import applyset
from acsctl.kube.client import Kube
from acsctl.kube.inventory import Inventory, Member, read
from acsctl.kube.manifest import PART_OF, STACK, Key

ANOTHER = "applyset-another-v1"


def item(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "default", "labels": labels}}


def parent(**more: Any) -> dict[str, Any]:
    found = Inventory("shop", "workload.web").manifest()
    found["metadata"].update(more)
    return found


def test_an_id_is_the_digest_of_where_the_parent_stands() -> None:
    # printf set1.foo.Secret. | openssl dgst -sha256 -binary | base64 | tr +/ -_ | tr -d =
    assert applyset.id_of("set1", namespace="foo", kind="Secret") == "applyset-7CmtoRyMlhBIeIT1oJFa9-afdKAlctFH-0bE1dsQUDQ-v1"
    assert len(applyset.id_of("n" * 253, namespace="default", kind="ConfigMap")) <= 63


def test_a_member_bears_its_parents_id_and_its_manifest_does_not_change() -> None:
    mine = item(app="web")
    assert applyset.set_of(applyset.joined(mine, "x")) == "x"
    assert mine["metadata"]["labels"] == {"app": "web"}
    assert applyset.joined(mine, "") is mine


def test_members_of_several_sets_are_listed_at_once() -> None:
    assert applyset.selector(["b", "a", "b"]) == f"{PART_OF} in (a,b)"
    assert applyset.selector(["a"]) == f"{PART_OF}=a"


@pytest.mark.parametrize(
    ("annotations", "tool"), [({}, ""), ({applyset.TOOLING: "kubectl/v1.35"}, "kubectl"), ({applyset.TOOLING: "helm"}, "helm")]
)
def test_the_tool_is_what_stands_before_the_version(annotations: dict[str, str], tool: str) -> None:
    assert applyset.tool_of(annotations) == tool


def test_our_own_parent_is_ours() -> None:
    applyset.verify(parent())
    labels = {key: value for key, value in parent()["metadata"]["labels"].items() if key != applyset.ID}
    applyset.verify(parent(labels=labels, annotations={}))  # as an older acsctl wrote it


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"annotations": {applyset.TOOLING: "kubectl/v1.35.4"}}, "is managed by kubectl and not by acsctl"),
        ({"annotations": {}}, "is managed by no tool that it names"),
        ({"name": "a-copy"}, "has the id of another set"),
    ],
)
def test_the_parent_of_another_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(AcsctlError, match=said):
        applyset.verify(parent(**more))


def test_what_an_older_acsctl_wrote_is_told_apart_until_it_is_narrowed() -> None:
    member = Member(Key("", "ConfigMap", "shop", "web"), "v1")
    old = Inventory("shop", "workload.web", (member,), name="x", legacy=True)
    again = read(old.manifest())
    assert again == old and again is not None and again.set_id == Inventory("shop", "workload.web", name="x").set_id
    assert old.scope == {"", "default", "shop"}
    assert read(Inventory("shop", "workload.web", name="x").manifest()) == Inventory("shop", "workload.web", name="x")


@pytest.mark.parametrize(
    ("labels", "foreign"),
    [
        ({STACK: "shop", PART_OF: "applyset-ours-v1"}, False),
        ({PART_OF: "applyset-ours-v1"}, False),
        ({STACK: "shop"}, False),
        ({STACK: "shop", PART_OF: ANOTHER}, True),
        ({PART_OF: ANOTHER}, True),
        ({STACK: "other", PART_OF: ANOTHER}, False),  # told as another stack's
    ],
)
def test_what_is_in_another_set(labels: dict[str, str], foreign: bool) -> None:
    assert applyset.foreign(item(**labels), stack="shop", ours=frozenset({"applyset-ours-v1"})) is foreign


class Listing:
    """A cluster with the parent of one set, in a kind that may be listed or not."""

    def __init__(self, **kinds: Any) -> None:
        self._kinds = kinds

    def list(self, api_version: str, kind: str, *, selector: str) -> Any:
        assert selector == f"{applyset.ID}={ANOTHER}"
        found = self._kinds.get(kind, [])
        if isinstance(found, Exception):
            raise found
        return found


SECRET = {"metadata": {"name": "mine", "namespace": "shop", "annotations": {applyset.TOOLING: "kubectl/v1.35.4"}}}
DENIED = DeniedError("Forbidden", action="list", status=403)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ({"Secret": [SECRET]}, "the ApplySet Secret shop/mine of kubectl"),
        ({"ConfigMap": DENIED, "Secret": [SECRET]}, "the ApplySet Secret shop/mine of kubectl"),
        ({"Secret": DENIED}, f"the ApplySet {ANOTHER}"),
    ],
)
def test_another_set_is_told_by_its_parent_where_that_may_be_read(kinds: dict[str, Any], told: str) -> None:
    assert applyset.described(cast("Kube", cast("Any", Listing(**kinds))), ANOTHER) == told


def test_owners_outside_of_the_family() -> None:
    rows = [{"kind": "Gate", "name": "g", "uid": "1"}, {"kind": "Service", "name": "web", "uid": "2"}]
    owned = {"metadata": {"ownerReferences": rows}}
    assert list(applyset.strangers(owned, ["2"])) == ["Gate g"]
    assert list(applyset.strangers(owned, ["1", "2"])) == [] == list(applyset.strangers({"metadata": {}}, []))
