"""What goes beyond the recorded answers: allocation, subresources, custom resources, deletion, the python client."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import kubernetes
import pytest
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError

from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from acsctl.emulator.kubernetes.plane import Reply

SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
MERGE = "application/merge-patch+json"


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


def post(plane: BuiltinPlane, path: str, body: Any) -> Reply:
    return plane.request("POST", path, body=body)


def test_services_get_addresses_and_ports_of_their_own(plane: BuiltinPlane) -> None:
    made = [post(plane, SERVICES, service(name, type="NodePort")).document["spec"] for name in ("a", "b")]
    assert len({one["clusterIP"] for one in made}) == len({one["ports"][0]["nodePort"] for one in made}) == 2
    assert all(one["clusterIP"].startswith("172.21.") and 30000 <= one["ports"][0]["nodePort"] <= 32767 for one in made)
    assert plane.request("DELETE", f"{SERVICES}/a").ok
    assert post(plane, SERVICES, service("c", clusterIP=made[0]["clusterIP"])).ok


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"clusterIP": "172.21.0.1"}, "provided IP is already allocated"),
        ({"clusterIP": "10.0.0.1"}, "the provided network does not match the current range"),
        ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 31000}]}, "provided port is already allocated"),
        ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}, "provided port is not in the valid range"),
    ],
)
def test_what_is_taken_cannot_be_had(plane: BuiltinPlane, wish: dict[str, Any], why: str) -> None:
    post(plane, SERVICES, service("first", type="NodePort", ports=[{"port": 80, "nodePort": 31000}]))
    refused = post(plane, SERVICES, service("a", **wish))
    assert refused.status == 422
    assert why in refused.document["message"]


def test_a_replaced_service_keeps_its_address(plane: BuiltinPlane) -> None:
    before = post(plane, SERVICES, service("a", type="NodePort")).document["spec"]
    after = plane.request("PUT", f"{SERVICES}/a", body=service("a", type="NodePort", selector={"x": "y"})).document["spec"]
    assert (after["clusterIP"], after["ports"]) == (before["clusterIP"], before["ports"])
    plain = plane.request("PUT", f"{SERVICES}/a", body=service("a")).document["spec"]
    assert plain["clusterIP"] == before["clusterIP"]
    assert "nodePort" not in plain["ports"][0]


@pytest.fixture
def pod(plane: BuiltinPlane) -> dict[str, Any]:
    post(plane, "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    labels = {"app": "web"}
    body = {"metadata": {"name": "p", "labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return post(plane, PODS, body).document


def test_admission_completes_a_pod(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert (spec["serviceAccountName"], spec["priority"], spec["preemptionPolicy"]) == ("default", 0, "PreemptLowerPriority")
    assert [one["key"].rpartition("/")[2] for one in spec["tolerations"]] == ["not-ready", "unreachable"]
    assert spec["containers"][0]["volumeMounts"][0]["name"] == spec["volumes"][0]["name"]
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_a_placed_pod_ends_when_its_kubelet_says_so(plane: BuiltinPlane, pod: dict[str, Any]) -> None:
    assert post(plane, f"{PODS}/p/binding", {"target": {"kind": "Node", "name": "n"}}).status == 201
    asked = plane.request("DELETE", f"{PODS}/p").document
    assert asked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert plane.request("GET", f"{PODS}/p").ok
    plane.request("DELETE", f"{PODS}/p", body={"gracePeriodSeconds": 0})
    assert plane.request("GET", f"{PODS}/p").status == 404


def test_a_budget_stands_in_the_way_of_an_eviction(plane: BuiltinPlane, pod: dict[str, Any]) -> None:
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    post(plane, budgets, {"metadata": {"name": "b"}, "spec": spec})
    plane.request("PATCH", f"{PODS}/p/status", body={"status": {"phase": "Running"}}, content_type=MERGE)
    refused = post(plane, f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
    assert (refused.status, refused.document["details"]["causes"][0]["reason"]) == (429, "DisruptionBudget")
    plane.request("PATCH", f"{budgets}/b/status", body={"status": {"disruptionsAllowed": 1}}, content_type=MERGE)
    assert post(plane, f"{PODS}/p/eviction", {"metadata": {"name": "p"}}).status == 201
    assert plane.request("GET", f"{PODS}/p").status == 404


def test_finalizers_hold_an_object_until_they_are_gone(plane: BuiltinPlane) -> None:
    maps = "/api/v1/namespaces/default/configmaps"
    post(plane, maps, {"metadata": {"name": "a", "finalizers": ["example.com/f"]}})
    held = plane.request("DELETE", f"{maps}/a")
    assert "deletionTimestamp" in held.document["metadata"]
    assert plane.request("PATCH", f"{maps}/a", body={"metadata": {"finalizers": None}}, content_type=MERGE).ok
    assert plane.request("GET", f"{maps}/a").status == 404


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
BOXES = "/apis/example.com/v1/namespaces/default/boxes"


@pytest.fixture
def boxes(plane: BuiltinPlane) -> None:
    size = {"type": "integer", "minimum": 1, "default": 2}
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"size": size}}, "status": {"type": "object"}},
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
    }
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"plural": "boxes", "kind": "Box"}, "versions": [version]}
    assert post(plane, CRDS, {"metadata": {"name": "boxes.example.com"}, "spec": spec}).status == 201


def box(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": name}, **more}


@pytest.mark.usefixtures("boxes")
def test_a_custom_kind_is_served_at_once(plane: BuiltinPlane) -> None:
    made = post(plane, BOXES, box("a", spec={"other": 1})).document
    assert made["spec"] == {"size": 2}
    assert plane.request("GET", f"{BOXES}/a/scale").document["spec"] == {"replicas": 2}
    plane.request("PATCH", f"{BOXES}/a/scale", body={"spec": {"replicas": 7}}, content_type=MERGE)
    assert plane.request("GET", f"{BOXES}/a").document["spec"] == {"size": 7}
    refused = plane.request("PATCH", f"{BOXES}/a", body={"spec": {"size": 0}}, content_type=MERGE)
    assert (refused.status, refused.document["details"]["causes"][0]["field"]) == (422, "spec.size")
    assert (
        plane.request("PATCH", f"{BOXES}/a", body={"spec": {}}, content_type="application/strategic-merge-patch+json").status
        == 415
    )


@pytest.mark.usefixtures("boxes")
def test_status_and_spec_are_written_apart(plane: BuiltinPlane) -> None:
    made = post(plane, BOXES, box("a", spec={"size": 3}, status={"x": 1})).document
    assert "status" not in made
    wish = {**made, "spec": {"size": 9}, "status": {}}
    stale = {**wish, "metadata": {**made["metadata"], "resourceVersion": "1"}}
    assert plane.request("PUT", f"{BOXES}/a/status", body=stale).status == 409
    changed = plane.request("PUT", f"{BOXES}/a/status", body=wish).document
    assert (changed["spec"], changed["status"], changed["metadata"]["generation"]) == ({"size": 3}, {}, 1)


@pytest.mark.usefixtures("boxes")
def test_a_definition_takes_its_objects_along(plane: BuiltinPlane) -> None:
    held = box("a")
    held["metadata"]["finalizers"] = ["example.com/f"]
    post(plane, BOXES, held)
    post(plane, BOXES, box("b"))
    plane.request("DELETE", f"{CRDS}/boxes.example.com")
    assert [one["metadata"]["name"] for one in plane.request("GET", BOXES).document["items"]] == ["a"]
    plane.request("PATCH", f"{BOXES}/a", body={"metadata": {"finalizers": None}}, content_type=MERGE)
    assert plane.request("GET", f"{CRDS}/boxes.example.com").status == 404
    assert plane.request("GET", BOXES).status == 404


@pytest.fixture
def dynamic(plane: BuiltinPlane, tmp_path: Path) -> DynamicClient:
    pair = plane.issue("admin", groups=["system:masters"], seconds=3600)

    def data(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    cluster = {"server": plane.server, "certificate-authority-data": data(plane.authority)}
    user = {"client-certificate-data": data(pair.certificate), "client-key-data": data(pair.key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    return DynamicClient(kubernetes.config.new_client_from_config_dict(config), cache_file=str(tmp_path / "discovery"))


def test_the_python_client_finds_applies_and_watches(dynamic: DynamicClient) -> None:
    deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    trial = deployments.server_side_apply(body=body, name="d", namespace="default", field_manager="one", dry_run="All")
    assert trial.spec.strategy.type == "RollingUpdate"
    assert deployments.get(namespace="default").items == []
    made = deployments.server_side_apply(body=body, name="d", namespace="default", field_manager="one")
    assert made.metadata.managedFields[0].manager == "one"
    body["spec"]["replicas"] = 2
    with pytest.raises(ConflictError) as caught:
        deployments.server_side_apply(body=body, name="d", namespace="default", field_manager="two")
    assert 'conflict with "one": .spec.replicas' in json.loads(caught.value.body)["message"]
    events = deployments.watch(namespace="default", timeout=1)
    assert [(one["type"], one["object"].metadata.name) for one in events] == [("ADDED", "d")]
