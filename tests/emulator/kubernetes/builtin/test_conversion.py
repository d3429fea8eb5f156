"""One object at the versions of its kind."""

from __future__ import annotations

from typing import Any

from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane

SCALERS = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}


def cpu(percentage: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percentage}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def test_autoscalers_of_version_1_are_read_as_version_2(plane: BuiltinPlane) -> None:
    spec = {"maxReplicas": 3, "scaleTargetRef": TARGET, "targetCPUUtilizationPercentage": 70}
    made = plane.request("POST", SCALERS.format("v1"), body={"metadata": {"name": "a"}, "spec": spec})
    assert (made.document["apiVersion"], made.document["spec"]["targetCPUUtilizationPercentage"]) == ("autoscaling/v1", 70)
    read = plane.request("GET", SCALERS.format("v2") + "/a").document
    assert (read["apiVersion"], read["spec"]["metrics"]) == ("autoscaling/v2", [cpu(70)])


def test_autoscalers_of_version_2_are_read_as_version_1(plane: BuiltinPlane) -> None:
    spec = {"maxReplicas": 3, "scaleTargetRef": TARGET, "metrics": [cpu(40)]}
    assert plane.request("POST", SCALERS.format("v2"), body={"metadata": {"name": "a"}, "spec": spec}).ok
    read = plane.request("GET", SCALERS.format("v1") + "/a").document
    assert read["spec"]["targetCPUUtilizationPercentage"] == 40
    assert "metrics" not in read["spec"]


def test_events_are_the_same_in_both_groups(plane: BuiltinPlane) -> None:
    involved = {"kind": "Pod", "name": "p", "namespace": "default"}
    event = {
        "metadata": {"name": "e"},
        "involvedObject": involved,
        "reason": "Pulled",
        "message": "done",
        "type": "Normal",
        "count": 2,
    }
    assert plane.request("POST", "/api/v1/namespaces/default/events", body=event).ok
    read = plane.request("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e").document
    assert (read["note"], read["regarding"]["name"], read["deprecatedCount"]) == ("done", "p", 2)
    assert "message" not in read
