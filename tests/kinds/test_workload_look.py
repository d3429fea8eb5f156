"""What is asked beside an object's own status, and what became ready and has to stay so."""

from __future__ import annotations

from typing import Any, cast

import pytest

from acsctl.kinds.objects import look
from acsctl.kinds.objects.look import MOMENT, Moments
from acsctl.kube.client import Kube
from acsctl.kube.readiness import NO_NODE, READY, may_end_at_once, status

PROBE = {"readinessProbe": {"tcpSocket": {"port": 80}}}


def deployment(*, ready: bool = True, spec: Any = None, **container: Any) -> dict[str, Any]:
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": int(ready), "readyReplicas": int(ready)}
    conditions = [{"type": "Available", "status": str(ready)}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "uid": "1", "generation": 1},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [{"name": "web", **container}]}},
            **(spec or {}),
        },
        "status": {"observedGeneration": 1, "conditions": conditions, **counts},
    }


class Cluster:
    """Lists and single objects by kind, and the kinds that it serves."""

    def __init__(self, served: tuple[str, ...] = (), **found: Any) -> None:
        self.found, self.kinds, self.asked = found, served, 0

    def list(self, api_version: str, kind: str, **how: str) -> Any:
        self.asked += 1
        return self.found.get(kind, [])

    def get(self, api_version: str, kind: str, **how: str) -> Any:
        return self.found.get(kind)

    def sort(self, api_version: str, kind: str) -> Any:
        return kind if api_version in self.kinds else None

    def forget(self) -> None:
        self.asked += 1


def kube(cluster: Cluster) -> Kube:
    return cast("Kube", cast("Any", cluster))


def pod(restarts: int, **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", **meta}, "status": {"containerStatuses": [{"restartCount": restarts}]}}


def stays(cluster: Cluster, moments: Moments, now: float) -> str:
    return look.stays(kube(cluster), deployment(), moments, now=now).state


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (deployment(), True),
        (deployment(**PROBE), False),
        (deployment(spec={"minReadySeconds": 5}), False),
        ({"kind": "ConfigMap"}, False),
    ],
)
def test_what_may_end_in_the_second_in_which_it_is_ready(item: Any, found: bool) -> None:
    assert may_end_at_once(item) is found


def test_what_was_changed_has_to_stay_ready_for_a_moment() -> None:
    moments, cluster = Moments(), Cluster(Pod=[pod(0)])
    moments.expect(deployment(ready=False))
    assert [stays(cluster, moments, now) for now in (0.0, MOMENT - 1)] == ["pending", "pending"] and cluster.asked == 0
    assert [stays(cluster, moments, now) for now in (MOMENT, MOMENT + 1)] == ["ready", "ready"] and cluster.asked == 1


def test_what_was_ready_before_and_is_the_same_is_not_looked_at() -> None:
    moments, cluster = Moments(), Cluster()
    moments.expect(deployment())
    assert stays(cluster, moments, 0.0) == "ready" and cluster.asked == 0


def test_a_moment_begins_anew_when_it_was_not_ready_in_between() -> None:
    moments, cluster = Moments(), Cluster(Pod=[pod(0)])
    moments.expect(deployment(ready=False))
    stays(cluster, moments, 0.0)
    moments.lost(deployment(ready=False))
    assert [stays(cluster, moments, now) for now in (MOMENT, 2 * MOMENT)] == ["pending", "ready"]


def test_what_starts_again_is_not_ready_until_it_no_longer_does() -> None:
    moments, cluster = Moments(), Cluster(Pod=[pod(1), pod(9, deletionTimestamp="now")])
    moments.expect(deployment(ready=False))
    stays(cluster, moments, 0.0)
    found = look.stays(kube(cluster), deployment(), moments, now=MOMENT)
    assert (found.state, found.said) == ("pending", "has started its containers again 1 time")
    cluster.found["Pod"] = [pod(2)]
    assert stays(cluster, moments, 2 * MOMENT) == "pending"
    assert [stays(cluster, moments, now) for now in (2.5 * MOMENT, 3 * MOMENT)] == ["pending", "ready"]


DAEMONS: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"generation": 1},
    "status": {"observedGeneration": 1},
}


@pytest.mark.parametrize(("nodes", "found"), [([], NO_NODE), ([{"kind": "Node"}], READY)])
def test_a_daemonset_for_no_node_is_ready_where_there_are_nodes(nodes: Any, found: Any) -> None:
    assert status(DAEMONS) == NO_NODE
    assert look.further(kube(Cluster(Node=nodes)), DAEMONS, status(DAEMONS)) == found


CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {"group": "x.dev", "names": {"kind": "Gate"}, "versions": [{"name": "v1", "served": True}, {"name": "v0"}]},
    "status": {"conditions": [{"type": "Established", "status": "True"}]},
}


@pytest.mark.parametrize(("served", "said"), [((), "is not served yet"), (("x.dev/v1",), "")])
def test_an_established_kind_has_to_be_served(served: tuple[str, ...], said: str) -> None:
    assert look.further(kube(Cluster(served)), CRD, status(CRD)).said == said


@pytest.mark.parametrize(
    ("phase", "mode", "said"),
    [
        ("Pending", "Immediate", "waits for a volume of class disk"),
        ("Pending", "WaitForFirstConsumer", ""),
        ("Bound", "Immediate", ""),
        ("Pending", None, ""),
    ],
)
def test_a_claim_is_waited_for_where_its_class_binds_at_once(phase: str, mode: str | None, said: str) -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"storageClassName": "disk"}}
    claim["status"] = {"phase": phase}
    cluster = Cluster(StorageClass={"volumeBindingMode": mode} if mode else None)
    assert look.further(kube(cluster), claim, status(claim)).said == said
