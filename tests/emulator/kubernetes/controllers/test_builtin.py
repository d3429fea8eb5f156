"""Controllers and kubelets on the built-in API server, with its defaults, checks and managed fields."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin import start
from acsctl.emulator.kubernetes.plane import Face, Plane
from acsctl.emulator.kubernetes.planes import Surroundings
from tests.emulator.kubernetes.controllers.fake import Clock

APPLY = "application/apply-patch+yaml"
PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/default/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
    "Job": "/apis/batch/v1/namespaces/default/jobs",
    "Pod": "/api/v1/namespaces/default/pods",
    "Service": "/api/v1/namespaces/default/services",
}


class World:
    """One cluster with two nodes; `restart` is what a killed process and a new one see."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.faults: dict[str, str] = {}
        self._face = Face("c1", "builtin", "v1.35.4", "172.20.0.0/16", "172.21.0.0/20", 25, folder=folder)
        self.plane: Plane = start(self._face, Surroundings(self.clock, lambda: self.faults))
        for name in ("n1", "n2"):
            self.send("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        self.run(8)

    def restart(self) -> None:
        self.plane.close()
        self.plane = start(self._face, Surroundings(self.clock, lambda: self.faults))

    def run(self, seconds: int = 20) -> None:
        for _ in range(seconds):
            self.clock.time += 1
            self.plane.tick()

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        reply = self.plane.request(method, path, body=body, **more)
        assert reply.ok, reply.document
        return reply.document

    def apply(self, kind: str, name: str, spec: dict[str, Any], version: str = "apps/v1") -> None:
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        self.send("PATCH", f"{PATHS[kind]}/{name}", body, query={"fieldManager": "acsctl"}, content_type=APPLY)

    def get(self, kind: str, name: str) -> Any:
        return self.send("GET", f"{PATHS[kind]}/{name}")

    def items(self, path: str, **query: str) -> list[Any]:
        return self.send("GET", path, query=query)["items"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "cluster")
    yield made
    made.plane.close()


def workload(image: str = "nginx:1", **more: Any) -> dict[str, Any]:
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return {"selector": {"matchLabels": {"app": "web"}}, "template": pod, **more}


def test_workloads_become_ready_and_the_cluster_comes_to_rest(world) -> None:
    world.apply("Deployment", "web", workload(replicas=3))
    world.apply("StatefulSet", "db", workload(replicas=2, serviceName="db"))
    world.apply("DaemonSet", "agent", workload())
    task = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "perl"}]}}}
    world.apply("Job", "task", task, "batch/v1")
    world.run(40)
    assert world.get("Deployment", "web")["status"]["availableReplicas"] == 3
    assert world.get("StatefulSet", "db")["status"]["readyReplicas"] == 2
    assert world.get("DaemonSet", "agent")["status"]["numberReady"] == 2
    assert world.get("Job", "task")["status"]["succeeded"] == 1
    daemon = world.items(PATHS["Pod"], labelSelector="pod-template-generation=1")
    assert len(daemon) == 2
    before = world.send("GET", PATHS["Pod"])["metadata"]["resourceVersion"]
    world.run(200)
    assert world.send("GET", PATHS["Pod"])["metadata"]["resourceVersion"] == before


def test_a_second_apply_changes_nothing(world) -> None:
    world.apply("Deployment", "web", workload(replicas=2))
    world.run()
    before = world.get("Deployment", "web")
    world.apply("Deployment", "web", workload(replicas=2))
    world.run()
    assert world.get("Deployment", "web") == before
    assert before["metadata"]["generation"] == 1 == before["status"]["observedGeneration"]


def test_a_rollout_goes_on_through_restarts(world) -> None:
    world.apply("Deployment", "web", workload(replicas=4))
    world.run()
    world.apply("Deployment", "web", workload("nginx:2", replicas=4))
    for _ in range(14):
        world.run(3)
        world.restart()
    status = world.get("Deployment", "web")["status"]
    assert (status["updatedReplicas"], status["availableReplicas"], status["replicas"]) == (4, 4, 4)
    assert {pod["spec"]["containers"][0]["image"] for pod in world.items(PATHS["Pod"])} == {"nginx:2"}


def test_an_image_that_is_missing_tells_its_story(world) -> None:
    world.faults["nginx:1"] = "missing"
    world.apply("Deployment", "web", workload(replicas=1, progressDeadlineSeconds=30))
    world.run(60)
    pod = world.items(PATHS["Pod"])[0]
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
    conditions = {one["type"]: one["reason"] for one in world.get("Deployment", "web")["status"]["conditions"]}
    assert conditions["Progressing"] == "ProgressDeadlineExceeded"
    events = world.items("/api/v1/namespaces/default/events", fieldSelector=f"involvedObject.name={pod['metadata']['name']}")
    assert {one["reason"] for one in events} == {"Scheduled", "Pulling", "Failed", "BackOff"}


def test_who_writes_is_known(world) -> None:
    world.apply("Deployment", "web", workload(replicas=1))
    world.run()
    managers = {
        (one["manager"], one.get("subresource", "")) for one in world.get("Deployment", "web")["metadata"]["managedFields"]
    }
    assert managers == {("acsctl", ""), ("kube-controller-manager", "status")}
    pod = world.items(PATHS["Pod"])[0]
    assert {one["manager"] for one in pod["metadata"]["managedFields"]} >= {"kube-controller-manager", "kubelet"}


def test_an_autoscaler_owns_the_replicas_that_it_sets(world) -> None:
    world.apply("Deployment", "web", {name: value for name, value in workload().items() if name != "replicas"})
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5}
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}
    world.send("POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", body)
    world.run()
    made = world.get("Deployment", "web")
    assert made["status"]["readyReplicas"] == 3
    owners = [one for one in made["metadata"]["managedFields"] if "f:replicas" in one["fieldsV1"].get("f:spec", {})]
    assert [(one["manager"], one.get("subresource")) for one in owners] == [("kube-controller-manager", "scale")]


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
def test_deleting_with_each_policy(world, policy) -> None:
    world.apply("Deployment", "web", workload(replicas=2))
    world.run()
    world.send("DELETE", f"{PATHS['Deployment']}/web", {"propagationPolicy": policy})
    world.run()
    assert world.items(PATHS["Deployment"]) == []
    assert len(world.items(PATHS["Pod"])) == (2 if policy == "Orphan" else 0)


def test_custom_resources_are_collected_and_end_with_their_namespace(world) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "toys.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "toys", "singular": "toy", "kind": "Toy", "listKind": "ToyList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    world.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    world.run(3)
    world.send("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    toys = "/apis/example.com/v1/namespaces/shop/toys"
    owner = world.send("POST", toys, {"apiVersion": "example.com/v1", "kind": "Toy", "metadata": {"name": "a"}})
    reference = {"apiVersion": "example.com/v1", "kind": "Toy", "name": "a", "uid": owner["metadata"]["uid"]}
    owned = {"metadata": {"name": "b", "ownerReferences": [reference]}}
    world.send("POST", toys, {**copy.deepcopy(owned), "apiVersion": "example.com/v1", "kind": "Toy"})
    world.run(3)
    assert len(world.items(toys)) == 2
    world.send("DELETE", f"{toys}/a")
    world.run(3)
    assert world.items(toys) == []
    world.send("POST", toys, {"apiVersion": "example.com/v1", "kind": "Toy", "metadata": {"name": "c"}})
    world.send("DELETE", "/api/v1/namespaces/shop")
    world.run(3)
    assert world.plane.request("GET", "/api/v1/namespaces/shop").status == 404


def test_a_service_finds_its_pods(world) -> None:
    world.apply("Deployment", "web", workload(replicas=2))
    ports = [{"port": 80, "targetPort": 8080}]
    world.apply("Service", "web", {"selector": {"app": "web"}, "ports": ports}, "v1")
    world.run()
    slices = world.items(
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", labelSelector="kubernetes.io/service-name=web"
    )
    assert [len(one["endpoints"]) for one in slices] == [2] and slices[0]["ports"][0]["port"] == 8080


def test_names_of_pods_end_in_the_letters_of_kubernetes(world) -> None:
    world.apply("Deployment", "web", workload(replicas=1))
    world.run()
    hash = world.items(PATHS["Pod"])[0]["metadata"]["labels"]["pod-template-hash"]
    assert 1 <= len(hash) <= 10 and set(hash) <= set("bcdfghjklmnpqrstvwxz2456789")
