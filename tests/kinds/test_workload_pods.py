"""Which pods are told of while an object is waited for."""

from __future__ import annotations

from typing import Any, cast

from acsctl.kinds.objects import progress
from acsctl.kube.client import Kube
from acsctl.kube.manifest import key_of
from acsctl.kube.readiness import Status

CRASH = {"restartCount": 5, "name": "web", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
CRASHING = {"containerStatuses": [{**CRASH, "lastState": {"terminated": {"exitCode": 3}}}]}
TOLD = "CrashLoopBackOff (container web exits with 3)"


def pod(name: str, revision: str, **status: Any) -> dict[str, Any]:
    labels = {"app": "web", "controller-revision-hash": revision}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "labels": labels}, "status": status}


class Cluster:
    def __init__(self, *pods: dict[str, Any]) -> None:
        self._pods = pods

    def list(self, api_version: str, kind: str, *, selector: str, namespace: str) -> Any:
        assert (kind, selector, namespace) == ("Pod", "app=web", "default")
        return self._pods


def told(item: dict[str, Any], *pods: dict[str, Any]) -> tuple[str, bool]:
    kube = cast("Kube", cast("Any", Cluster(*pods)))
    return progress._told(kube, key_of(item), item, Status("pending", "waits"))


SET = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "web", "namespace": "default", "generation": 2},
    "spec": {"selector": {"matchLabels": {"app": "web"}}},
    "status": {"observedGeneration": 2, "updateRevision": "new"},
}


def test_a_pod_tells_of_itself() -> None:
    assert told(pod("web", "", **CRASHING)) == (f"Pod web waits: web {TOLD}", True)


def test_a_new_pod_of_a_statefulset_proves_that_waiting_is_in_vain() -> None:
    assert told(SET, pod("web-1", "new", **CRASHING), pod("web-0", "old")) == (f"StatefulSet web waits: web-1 {TOLD}", True)


def test_an_old_pod_of_a_statefulset_that_holds_up_the_rest_is_told() -> None:
    """Its controller goes on once that one is ready or gone, which somebody may see to (known limitation of StatefulSets)."""
    assert told(SET, pod("web-1", "old", **CRASHING)) == (f"StatefulSet web waits: web-1 {TOLD}", False)
