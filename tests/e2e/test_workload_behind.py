"""What others do to the objects of a workload, and what cannot be, as a user would wish it handled, on both control planes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from acsctl.cloud import connect
from acsctl.errors import CloudError
from acsctl.kube.client import MERGE, Kube, _Request
from tests.e2e.trouble import CRD, GATE, SHORT, WEB, config, deployment, ended, kube_of, person, refused, write
from tests.support.lab import REGION, Lab

DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web"
TRIES = 10_000
STRATEGIC = "application/strategic-merge-patch+json"
SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
        ],
    },
}


def behind(lab: Lab, method: str, path: str, body: Any = None, *, by: str = "kubectl-edit", type: str = "") -> Any:
    """What somebody else sends."""
    return kube_of(lab)._send(_Request(method, path, "behind", (("fieldManager", by),), body, type=type))[1]


def there(lab: Lab, kind: str, name: str = "web", *, api: str = "v1", namespace: str = "default") -> Any:
    return kube_of(lab).get(api, kind, name=name, namespace=namespace)


def replicas(lab: Lab) -> int:
    return int(there(lab, "Deployment", api="apps/v1")["spec"]["replicas"])


def scaled(lab: Lab, count: int) -> None:
    """What the controller of autoscalers does."""
    behind(lab, "PATCH", f"{DEPLOYMENT}/scale", {"spec": {"replicas": count}}, by="kube-controller-manager", type=MERGE)


def fields(change: Any) -> dict[str, Any]:
    return {row["path"]: row for row in change["fields"]}


# Others write, too


def test_a_deployment_that_somebody_edited(kube: Lab) -> None:
    """What we had set is drift, with the name, and goes back; what was never ours stays."""
    write(kube, deployment())
    kube.apply()
    uid = there(kube, "Deployment", api="apps/v1")["metadata"]["uid"]
    pod = {"containers": [{"name": "web", "image": "web:hot", "workingDir": "/srv"}]}
    edit = {"metadata": {"annotations": {"why": "an incident"}}, "spec": {"template": {"spec": pod}}}
    behind(kube, "PATCH", DEPLOYMENT, edit, type=STRATEGIC)
    change = kube.plan().only
    (path, field), *rest = fields(change).items()
    assert (path, rest) == ("Deployment default/web spec.template.spec.containers[web].image", [])
    assert (field["before"], field["after"], field["reason"]) == ("web:hot", "web:1", "drift")
    assert (field["holder"], change["impact"]) == ("kubectl-edit", "rolling")
    told = person(kube, "plan").text
    assert "web:hot" in told and "changed by kubectl-edit" in told
    kube.apply()
    found = there(kube, "Deployment", api="apps/v1")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert (found["metadata"]["uid"], container["image"], container["workingDir"]) == (uid, "web:1", "/srv")
    assert found["metadata"]["annotations"]["why"] == "an incident"


def test_an_autoscaler_is_not_fought(kube: Lab) -> None:
    """Replicas that an autoscaler has set are a conflict with its name; left out of the manifest they are its own business."""
    item = deployment()
    write(kube, item, SCALER)
    kube.apply()
    scaled(kube, 3)
    refused(kube, "spec.replicas is held by kube-controller-manager", "leave it out of the manifest", f"--allow {WEB}")
    assert replicas(kube) == 3
    del item["spec"]["replicas"]
    write(kube, item, SCALER)
    kube.still()
    item["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    write(kube, item, SCALER)
    kube.apply()
    assert replicas(kube) == 3
    scaled(kube, 2)
    kube.still()


# What cannot be


@pytest.mark.parametrize("kind", ["ConfigMap", pytest.param("Secret", marks=pytest.mark.long)])
def test_an_immutable_object_is_made_anew(kube: Lab, kind: str) -> None:
    item = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, "immutable": True}
    data = "data" if kind == "ConfigMap" else "stringData"
    write(kube, {**item, data: {"a": "1"}})
    kube.apply()
    uid = there(kube, kind)["metadata"]["uid"]
    write(kube, {**item, data: {"a": "2"}})
    told = person(kube, "plan")
    assert told.code == 0 and "made anew" in told.text and "cannot change in place" in told.text
    kube.apply()
    assert there(kube, kind)["metadata"]["uid"] != uid


def test_an_immutable_field_that_costs_an_outage_asks(kube: Lab) -> None:
    write(kube, deployment())
    kube.apply()
    uid = there(kube, "Deployment", api="apps/v1")["metadata"]["uid"]
    item = deployment()
    item["spec"]["selector"]["matchLabels"] = item["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    write(kube, item)
    refused(kube, "spec.selector cannot change in place", "which means outage", f"--allow {WEB}")
    assert there(kube, "Deployment", api="apps/v1")["metadata"]["uid"] == uid
    kube.apply("--allow", WEB)
    assert there(kube, "Deployment", api="apps/v1")["metadata"]["uid"] != uid


def test_a_definition_and_its_object_in_one_stack(kube: Lab) -> None:
    """Whatever the order in the file: planned together, applied in order, changed, and taken away together."""
    write(kube, GATE, CRD)
    planned = kube.plan().change(WEB)
    assert {part["title"] for part in planned["parts"]} == {"CustomResourceDefinition gates.x.dev", "Gate default/front"}
    kube.apply()
    assert there(kube, "Gate", "front", api="x.dev/v1")["spec"] == {"open": True}
    write(kube, {**GATE, "spec": {"open": False}}, CRD)
    assert list(fields(kube.plan().only)) == ["Gate default/front spec.open"]
    kube.apply()
    assert there(kube, "Gate", "front", api="x.dev/v1")["spec"] == {"open": False}
    write(kube)
    kube.apply()
    assert there(kube, "CustomResourceDefinition", "gates.x.dev", api="apiextensions.k8s.io/v1", namespace="") is None


# What does not go


def test_a_finalizer_that_nobody_takes_off_names_itself(kube: Lab) -> None:
    """The wait ends, not the deletion; the next run says the same until it is taken off, and never deletes by force."""
    held = config("held")
    held["metadata"]["finalizers"] = ["x.dev/held"]
    write(kube, held, config(), timeout=SHORT)
    kube.apply()
    write(kube, config(), timeout=SHORT)
    for _ in range(2):
        ended(kube, 9, "ConfigMap held going, held by x.dev/held")
        assert there(kube, "ConfigMap", "held")["metadata"]["finalizers"] == ["x.dev/held"]
    behind(kube, "PATCH", "/api/v1/namespaces/default/configmaps/held", {"metadata": {"finalizers": None}}, type=MERGE)
    kube.apply()
    assert there(kube, "ConfigMap", "held") is None


@pytest.fixture
def going(kube: Lab) -> Iterator[str]:
    """A namespace that is being deleted, and goes when the test is over."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["x.dev/held"]}}
    behind(kube, "POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "going"}})
    behind(kube, "POST", "/api/v1/namespaces/going/configmaps", held)
    behind(kube, "DELETE", "/api/v1/namespaces/going")
    yield "/api/v1/namespaces/going/configmaps/held"
    if there(kube, "ConfigMap", "held", namespace="going") is not None:
        release(kube, "/api/v1/namespaces/going/configmaps/held")


def release(lab: Lab, path: str) -> None:
    behind(lab, "PATCH", path, {"metadata": {"finalizers": None}}, type=MERGE)


def test_a_namespace_that_is_being_deleted(kube: Lab, going: str) -> None:
    """Nothing can be made in it, as the plan says in the words of the server. Once it has gone it is made with its contents."""
    write(kube, config(), namespace="going")
    refused(kube, "ConfigMap going/web", "is being terminated")
    release(kube, going)
    kube.settle()
    write(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "going"}}, config(), namespace="going")
    gone(kube, "going")
    kube.apply()
    assert there(kube, "ConfigMap", namespace="going") is not None


def gone(lab: Lab, namespace: str) -> None:
    """Wait until a namespace has gone: its controller takes its time, which on a real control plane is the wall's."""
    cloud, kube = connect(REGION, endpoint=lab.address), kube_of(lab)
    for _ in range(TRIES):
        if kube.get("v1", "Namespace", name=namespace) is None:
            return
        cloud.pause(1.0)
    raise AssertionError(f"the namespace {namespace} does not go")


# The cluster itself


def test_a_cluster_that_is_deleted_in_the_middle_of_an_apply(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends part-way and says why; the next one makes a cluster and all that was in it."""
    id = kube.id("cluster.kube")
    objects = [config(f"web-{number}") for number in range(9)]
    write(kube, *objects)
    once, lock, writes = Kube._once, threading.Lock(), 0

    def deleting(self: Kube, request: _Request) -> Any:
        nonlocal writes
        with lock:
            writes += request.writes
            if writes == 5 and request.writes:
                kube.client.roa("cs", "DELETE", f"/clusters/{id}")
                silent(kube, lambda: once(self, _Request("GET", "/version", "look")))
        return once(self, request)

    with monkeypatch.context() as patch:
        patch.setattr(Kube, "_once", deleting)
        text = ended(kube, 6, WEB, "run the same command again")
    assert id in text
    planned = kube.plan()
    assert {"create cluster.kube", f"create {WEB}"} <= set(planned.actions), planned.actions
    kube.apply()
    assert kube.id("cluster.kube") != id
    assert all(there(kube, "ConfigMap", item["metadata"]["name"]) for item in objects)
    kube.expected = {"ErrorClusterNotFound"}


def silent(lab: Lab, asks: Callable[[], object]) -> None:
    """Let cloud time pass until the server of a cluster that is deleted answers no more."""
    for _ in range(TRIES):
        lab.settle(10)
        try:
            asks()
        except CloudError:
            return
    raise AssertionError("the server of a deleted cluster still answers")
