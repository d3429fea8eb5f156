"""Where pods go, and what is said when they cannot."""

import pytest

from acsctl.emulator.kubernetes.builtin.controllers.quantities import quantity, requests
from acsctl.emulator.kubernetes.client import CLAIMS, EVENTS, NODES, PODS, STORAGE_CLASSES, VOLUMES
from acsctl.emulator.kubernetes.conditions import find

HOPELESS = "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
NO_VICTIMS = "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."


def pod(cluster, name="web", *, cpu="", labels=None, ports=(), **spec):
    container = {"name": "c", "image": "nginx", "resources": {"requests": {"cpu": cpu}} if cpu else {}, "ports": list(ports)}
    return cluster.api.make(PODS, name, metadata={"labels": labels or {}}, spec={"containers": [container], **spec})


def why(made):
    condition = find(made["status"], "PodScheduled")
    assert (condition["status"], condition["reason"], made["status"]["phase"]) == ("False", "Unschedulable", "Pending")
    return condition["message"]


def test_pods_spread_over_the_nodes(cluster) -> None:
    made = [pod(cluster, f"p{number}") for number in range(4)]
    cluster.run(5)
    assert sorted(one["spec"]["nodeName"] for one in made) == ["n1", "n1", "n2", "n2"]


def test_what_is_too_large_for_every_node(cluster) -> None:
    made = pod(cluster, cpu="64")
    cluster.run()
    assert why(made) == f"0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, {HOPELESS}"
    told = [one for one in cluster.api.all(EVENTS) if one["reason"] == "FailedScheduling"]
    assert len(told) == 1 and told[0]["source"]["component"] == "default-scheduler" and told[0]["type"] == "Warning"


def test_what_has_no_room_left_gets_it_when_there_is(cluster) -> None:
    first, second = pod(cluster, "a", cpu="3"), pod(cluster, "b", cpu="3")
    cluster.run(5)
    third = pod(cluster, "c", cpu="1500m")
    cluster.run(5)
    assert why(third) == f"0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, {NO_VICTIMS}"
    cluster.api.remove(second)
    cluster.run(5)
    assert third["spec"]["nodeName"] != first["spec"]["nodeName"]


def test_selectors_and_affinity(cluster) -> None:
    nowhere = pod(cluster, "a", nodeSelector={"disk": "ssd"})
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    there = pod(cluster, "b", affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})
    cluster.run(5)
    assert "2 node(s) didn't match Pod's node affinity/selector" in why(nowhere)
    assert there["spec"]["nodeName"] == "n2"


def test_taints_and_cordons(cluster) -> None:
    taint = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
    cluster.api.change(node := cluster.api.one(NODES, "n1"), spec={**node["spec"], "taints": [taint]})
    cluster.api.change(node := cluster.api.one(NODES, "n2"), spec={**node["spec"], "unschedulable": True})
    plain = pod(cluster, "a")
    tolerant = pod(cluster, "b", tolerations=[{"key": "dedicated", "operator": "Equal", "value": "db"}])
    cluster.run(5)
    assert "1 node(s) had untolerated taint(s), 1 node(s) were unschedulable" in why(plain)
    assert tolerant["spec"]["nodeName"] == "n1"


def test_host_ports_are_taken_once_per_node(cluster) -> None:
    port = {"containerPort": 80, "hostPort": 80}
    made = [pod(cluster, f"p{number}", ports=[port]) for number in range(3)]
    cluster.run(5)
    assert {one["spec"].get("nodeName") for one in made} == {"n1", "n2", None}
    assert "2 node(s) didn't have free ports for the requested pod ports" in why(made[2])


def test_replicas_that_keep_apart(cluster) -> None:
    term = {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "kubernetes.io/hostname"}
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    made = [pod(cluster, f"p{number}", labels={"app": "db"}, affinity=apart) for number in range(3)]
    cluster.run(5)
    assert {one["spec"].get("nodeName") for one in made} == {"n1", "n2", None}
    assert "2 node(s) didn't match pod anti-affinity rules" in why(made[2])


def test_no_node_at_all(cluster) -> None:
    for name in ("n1", "n2"):
        cluster.api.remove(cluster.api.one(NODES, name))
    made = pod(cluster)
    cluster.run(5)
    assert why(made) == "no nodes available to schedule pods"
    cluster.node("n3")
    cluster.run()
    assert made["spec"]["nodeName"] == "n3"


def test_another_scheduler_and_gates_are_left_alone(cluster) -> None:
    made = [pod(cluster, "a", schedulerName="mine"), pod(cluster, "b", schedulingGates=[{"name": "wait"}])]
    cluster.run(5)
    assert [one["spec"].get("nodeName") for one in made] == [None, None]


def claim(cluster, storage_class):
    size = {"requests": {"storage": "20Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "resources": size}
    return cluster.api.make(CLAIMS, "data", metadata={"finalizers": ["kubernetes.io/pvc-protection"]}, spec=spec)


def with_claim(cluster):
    return pod(cluster, volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}])


def test_a_claim_that_waits_for_its_first_consumer(cluster) -> None:
    cluster.api.make(
        STORAGE_CLASSES,
        "disk",
        provisioner="disk.example.com",
        volumeBindingMode="WaitForFirstConsumer",
        reclaimPolicy="Delete",
    )
    made = with_claim(cluster)
    cluster.run(5)
    assert 'persistentvolumeclaim "data" not found' in why(made)
    one = claim(cluster, "disk")
    cluster.run()
    assert one["status"]["phase"] == "Bound" and one["status"]["capacity"] == {"storage": "20Gi"}
    assert made["status"]["phase"] == "Running"
    volume = cluster.api.all(VOLUMES)[0]
    assert volume["spec"]["claimRef"]["name"] == "data" and volume["status"]["phase"] == "Bound"
    cluster.api.remove(one)
    cluster.run(5)
    assert cluster.api.all(CLAIMS) == [one], "a pod uses it"
    cluster.api.remove(made)
    cluster.run()
    assert [*cluster.api.all(CLAIMS), *cluster.api.all(VOLUMES)] == []


def test_a_claim_that_no_pod_uses_stays_pending_and_quiet(cluster) -> None:
    cluster.api.make(STORAGE_CLASSES, "disk", provisioner="disk.example.com", volumeBindingMode="WaitForFirstConsumer")
    one = claim(cluster, "disk")
    cluster.run(5)
    revision = cluster.api.revision
    cluster.run(100)
    assert one["status"]["phase"] == "Pending" and cluster.api.revision == revision


def test_an_immediate_claim_is_bound_at_once_and_grows(cluster) -> None:
    cluster.api.make(STORAGE_CLASSES, "disk", provisioner="disk.example.com")
    one = claim(cluster, "disk")
    cluster.run(3)
    assert one["status"]["phase"] == "Bound"
    cluster.api.change(one, spec={**one["spec"], "resources": {"requests": {"storage": "40Gi"}}})
    cluster.run(3)
    assert one["status"]["capacity"] == {"storage": "40Gi"} == cluster.api.all(VOLUMES)[0]["spec"]["capacity"]


def test_a_claim_of_no_known_class_says_so(cluster) -> None:
    one = claim(cluster, "gold")
    cluster.run(3)
    assert one["status"]["phase"] == "Pending"
    assert [each["message"] for each in cluster.api.all(EVENTS) if each["involvedObject"]["name"] == "data"] == [
        'storageclass.storage.k8s.io "gold" not found'
    ]


@pytest.mark.parametrize(("text", "value"), [("100m", "0.1"), ("1Gi", 2**30), ("1k", 1000), ("2", 2), ("1.5Mi", 1572864)])
def test_quantities(text, value) -> None:
    assert float(quantity(text)) == float(value)


def test_a_pod_asks_for_its_largest_init_container_and_its_sidecars() -> None:
    def one(cpu: str, **more: str):
        return {"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}, **more}

    spec = {"containers": [one("1"), one("500m")], "initContainers": [one("2"), one("250m", restartPolicy="Always")]}
    assert float(requests({"spec": spec})["cpu"]) == 2.25
