"""What a real kube-apiserver makes of our requests; without its binaries (`make kube-assets`) there is nothing to ask."""

from __future__ import annotations

import copy
import os

import pytest

from acsctl.kube.client import MERGE, Kube, _Request
from acsctl.kube.difference import Holder, differences, holders
from acsctl.kube.failures import Refusal
from acsctl.kube.forecast import forecast
from acsctl.kube.manifest import STACK, key_of
from tests.kube.cluster import binaries, running

pytestmark = pytest.mark.skipif(
    binaries() is None and not os.environ.get("CI"),
    reason="the Kubernetes binaries are not there; `make kube-assets` builds them",
)

WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "labels": {STACK: "shop"}},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}
IMAGE = ("spec", "template", "spec", "containers", {"name": "web"}, "image")


@pytest.fixture(scope="module")
def kube():
    with running() as found:
        yield found


def named(name, *, image="web:1", **more):
    item = copy.deepcopy(WEB)
    item["metadata"]["name"] = name
    item["spec"].update(more)
    item["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return item


def edited(kube: Kube, name: str, body: dict) -> None:
    """What a person does with kubectl edit."""
    path = f"/apis/apps/v1/namespaces/default/deployments/{name}"
    kube._send(_Request("PATCH", path, "edit", (("fieldManager", "kubectl-edit"),), body, type=MERGE))


def verdict(kube: Kube, item: dict):
    seen = {key_of(row): row for row in kube.list(item["apiVersion"], item["kind"], selector=f"{STACK}=shop")}
    return forecast(kube, [item], seen=seen, stack="shop")[key_of(item)]


def test_what_is_not_there_would_be_made_and_nothing_is(kube):
    found = verdict(kube, named("fresh"))
    assert (found.outcome, found.owner) == ("made", "")
    assert kube.get("apps/v1", "Deployment", name="fresh", namespace="default") is None


def test_applying_twice_is_no_difference(kube):
    assert kube.apply(named("twice")).created
    found = verdict(kube, named("twice"))
    assert found.outcome == "there"
    assert list(differences(found.current, found.predicted)) == []


def test_what_another_manager_changed_is_found_with_its_name(kube):
    kube.apply(named("edited"))
    edited(kube, "edited", {"spec": {"replicas": 5}})
    found = verdict(kube, named("edited"))
    assert [(row.text, row.before, row.after) for row in differences(found.current, found.predicted)] == [
        ("spec.replicas", 5, 3)
    ]
    assert holders(found.current, ("spec", "replicas"), besides="acsctl") == (Holder("kubectl-edit"),)
    assert holders(found.current, IMAGE, besides="acsctl") == ()
    with pytest.raises(Refusal) as raised:
        kube.apply(named("edited"))
    assert [cause.field for cause in raised.value.causes] == [".spec.replicas"]
    assert kube.apply(named("edited"), force=True).object["spec"]["replicas"] == 3


def test_a_field_that_leaves_the_manifest_is_given_up(kube):
    kube.apply(named("given", paused=True))
    found = verdict(kube, named("given"))
    assert [(row.text, row.after) for row in differences(found.current, found.predicted)] == [("spec.paused", None)]


def test_what_somebody_else_owns_and_we_do_not_name_stays(kube):
    item = named("theirs")
    del item["spec"]["replicas"]
    kube.apply(item)
    edited(kube, "theirs", {"spec": {"replicas": 7}})
    found = verdict(kube, item)
    assert list(differences(found.current, found.predicted)) == []


def test_what_cannot_change_is_to_be_made_anew(kube):
    kube.apply(named("anew"))
    other = named("anew", selector={"matchLabels": {"app": "new"}})
    other["spec"]["template"]["metadata"]["labels"] = {"app": "new"}
    found = verdict(kube, other)
    assert (found.outcome, found.said) == ("anew", "spec.selector cannot change in place")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"immutable": True, "data": {"a": "b"}}, {"immutable": True, "data": {"a": "c"}}),
        ({"immutable": True, "data": {"a": "b"}}, {"immutable": False, "data": {"a": "b"}}),
    ],
)
def test_an_immutable_config_map_is_to_be_made_anew(kube, first, second):
    base = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "fixed", "namespace": "default", "labels": {STACK: "shop"}},
    }
    kube.apply({**base, **first})
    assert verdict(kube, {**base, **second}).outcome == "anew"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (named("wrong", replicas="many"), "expected numeric"),
        (named("wrong", foo=1), "not declared in schema"),
        (named("Wrong"), "metadata.name"),
    ],
)
def test_what_the_server_refuses_is_known_before(kube, item, words):
    found = verdict(kube, item)
    assert found.outcome == "wrong" and words in found.said


def test_a_missing_namespace_or_kind_is_not_verified(kube):
    away = named("away")
    away["metadata"]["namespace"] = "nowhere"
    assert verdict(kube, away).outcome == "unverified"
    gate = {"apiVersion": "x.dev/v1", "kind": "Gate", "metadata": {"name": "g", "namespace": "default"}}
    assert verdict(kube, gate).outcome == "unverified"


def test_what_stands_there_and_is_not_ours_has_an_owner(kube):
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "alien", "namespace": "default"}, "data": {"a": "b"}}
    path = "/api/v1/namespaces/default/configmaps"
    kube._send(_Request("POST", path, "create", (("fieldManager", "kubectl-create"),), item))
    ours = copy.deepcopy(item)
    ours["metadata"]["labels"] = {STACK: "shop"}
    assert verdict(kube, ours).owner == "kubectl-create"
    kube.apply({**ours, "metadata": {**ours["metadata"], "labels": {STACK: "other", "acsctl.dev/address": "workload.x"}}})
    assert verdict(kube, ours).owner == "workload.x of stack other"


def test_a_deletion_that_names_another_uid_or_version_is_refused(kube):
    item = kube.apply(named("gone")).object
    other = {**item, "metadata": {**item["metadata"], "uid": "another"}}
    with pytest.raises(Refusal, match="Conflict"):
        kube.delete(other)
    edited(kube, "gone", {"spec": {"replicas": 4}})
    with pytest.raises(Refusal, match="Conflict"):
        kube.delete(item, exact=True)
    assert kube.delete(item)


def test_labels_are_taken_off(kube):
    item = kube.apply(named("free")).object
    kube.unlabel(item)
    found = kube.get("apps/v1", "Deployment", name="free", namespace="default")
    assert STACK not in (found["metadata"].get("labels") or {})


def test_kinds_that_come_are_discovered(kube):
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "doors.x.dev"},
        "spec": {
            "group": "x.dev",
            "scope": "Cluster",
            "names": {"plural": "doors", "singular": "door", "kind": "Door"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    }
    assert kube.sort("x.dev/v1", "Door") is None
    kube.apply(crd)
    for _ in range(600):
        kube.forget()
        if kube.sort("x.dev/v1", "Door"):
            break
    found = kube.sort("x.dev/v1", "Door")
    assert found is not None and not found.namespaced
    assert kube.apply({"apiVersion": "x.dev/v1", "kind": "Door", "metadata": {"name": "d", "namespace": "ignored"}}).created
