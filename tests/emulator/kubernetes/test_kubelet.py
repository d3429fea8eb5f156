"""Kubelets: nodes turn ready, pods run, fail, end, and tell of it."""

from types import SimpleNamespace

import pytest

from acsctl.emulator.kubernetes.client import CONFIG_MAPS, EVENTS, LEASES, NODES, PODS
from acsctl.emulator.kubernetes.conditions import find, is_true
from acsctl.emulator.kubernetes.kubelet import Kubelets
from tests.emulator.kubernetes.controllers.conftest import nothing_goes_wrong_unseen
from tests.emulator.kubernetes.controllers.fake import Clock, FakeApi

__all__ = ["nothing_goes_wrong_unseen"]
PROBE = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 20}


@pytest.fixture
def cluster():
    clock = Clock()
    api = FakeApi(clock)
    faults: dict[str, str] = {}
    wall = Clock()
    kubelets = Kubelets(api, now=clock, images=lambda: faults, wall=wall)
    address = [{"type": "InternalIP", "address": "10.0.0.7"}]
    api.make(NODES, "n1", spec={"podCIDR": "172.20.0.0/28"}, status={"addresses": address})

    def run(seconds: float) -> None:
        for _ in range(int(seconds)):
            clock.time += 1
            kubelets.tick()

    return SimpleNamespace(api=api, clock=clock, faults=faults, kubelets=kubelets, run=run, wall=wall)


def pod(cluster, name="web", *, node="n1", containers=({"name": "web", "image": "nginx:1"},), metadata=None, **spec):
    spec = {"nodeName": node, "restartPolicy": "Always", "containers": list(containers), **spec}
    return cluster.api.make(PODS, name, spec=spec, metadata=metadata or {})


def reasons(cluster, name="web") -> list[str]:
    found = [one for one in cluster.api.all(EVENTS) if one["involvedObject"]["name"] == name]
    return [one["reason"] for one in found]


def test_a_new_node_turns_ready_and_keeps_its_lease(cluster) -> None:
    cluster.kubelets.tick()
    assert not is_true(cluster.api.one(NODES, "n1")["status"], "Ready")
    cluster.run(5)
    node = cluster.api.one(NODES, "n1")
    assert find(node["status"], "Ready")["reason"] == "KubeletReady"
    assert node["status"]["allocatable"]["pods"] == "110"
    cluster.wall.time += 11
    cluster.run(1)
    assert cluster.api.one(LEASES, "n1", "kube-node-lease")["spec"]["holderIdentity"] == "n1"
    assert reasons(cluster, "n1") == ["NodeReady"]


def test_a_stopped_machine_has_a_silent_kubelet(cluster) -> None:
    cluster.run(5)
    pod(cluster)
    cluster.api.change(
        node := cluster.api.one(NODES, "n1"),
        metadata={**node["metadata"], "annotations": {"local.acsctl.dev/stopped": "true"}},
    )
    cluster.run(10)
    assert find(node["status"], "Ready")["status"] == "Unknown"
    assert "status" not in cluster.api.one(PODS, "web")
    cluster.api.change(node, metadata={**node["metadata"], "annotations": {}})
    cluster.run(10)
    assert is_true(node["status"], "Ready")
    assert is_true(cluster.api.one(PODS, "web")["status"], "Ready")


def test_conditions_of_others_on_a_node_stay(cluster) -> None:
    node = cluster.api.one(NODES, "n1")
    route = {"type": "NetworkUnavailable", "status": "False", "reason": "RouteCreated"}
    cluster.api.change(node, status={**node["status"], "conditions": [route]})
    cluster.run(5)
    assert find(node["status"], "NetworkUnavailable") == route


def test_a_pod_runs_after_a_while_with_an_address_of_its_node(cluster) -> None:
    made = pod(cluster)
    cluster.run(1)
    assert made["status"]["phase"] == "Pending"
    assert made["status"]["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert find(made["status"], "Ready")["message"] == "containers with unready status: [web]"
    cluster.run(4)
    status = made["status"]
    assert status["phase"] == "Running"
    assert is_true(status, "Ready") and is_true(status, "ContainersReady") and is_true(status, "Initialized")
    assert (status["podIP"], status["hostIP"], status["observedGeneration"]) == ("172.20.0.2", "10.0.0.7", 1)
    assert status["containerStatuses"][0]["image"] == "docker.io/library/nginx:1"
    assert reasons(cluster) == ["Pulling", "Pulled", "Created", "Started"]


def test_addresses_are_unique_and_end_with_the_block(cluster) -> None:
    for number in range(15):
        pod(cluster, f"p{number}")
    pod(cluster, "host", hostNetwork=True)
    cluster.run(6)
    found = [one["status"].get("podIP") for one in cluster.api.all(PODS)]
    assert len(set(found[:13])) == 13  # a /28 less network, bridge and broadcast
    assert found[13:15] == [None, None]
    assert found[15] == "10.0.0.7"


def test_readiness_waits_for_its_probes(cluster) -> None:
    made = pod(cluster, containers=[{"name": "web", "image": "nginx", "readinessProbe": PROBE}])
    cluster.run(15)
    assert made["status"]["phase"] == "Running" and not is_true(made["status"], "Ready")
    cluster.run(15)
    assert is_true(made["status"], "Ready")


@pytest.mark.parametrize(("fault", "words"), [("missing", "not found"), ("denied", "pull access denied")])
def test_an_image_that_cannot_be_pulled(cluster, fault, words) -> None:
    cluster.faults["nginx:*"] = fault
    made = pod(cluster)
    cluster.run(4)
    waiting = made["status"]["containerStatuses"][0]["state"]["waiting"]
    assert (
        waiting["reason"] == "ErrImagePull"
        and words in waiting["message"]
        and "docker.io/library/nginx:1" in waiting["message"]
    )
    cluster.run(10)
    waiting = made["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff" and waiting["message"].startswith('Back-off pulling image "nginx:1"')
    assert made["status"]["phase"] == "Pending"
    assert reasons(cluster) == ["Pulling", "Failed", "Failed", "BackOff", "Failed"]
    cluster.faults.clear()
    cluster.run(2)
    assert is_true(made["status"], "Ready")


def test_a_crash_loops_with_growing_pauses(cluster) -> None:
    cluster.faults["docker.io/library/nginx:1"] = "crash"
    made = pod(cluster)
    cluster.run(10)
    status = made["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["state"]["waiting"]["message"].startswith("back-off 10s restarting failed container=web pod=web_default(")
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert made["status"]["phase"] == "Running" and not is_true(made["status"], "Ready")
    cluster.run(60)
    assert status["restartCount"] < made["status"]["containerStatuses"][0]["restartCount"] <= 5
    cluster.faults.clear()
    cluster.run(60)
    assert is_true(made["status"], "Ready")


def test_an_unready_image_runs_and_never_is_ready(cluster) -> None:
    cluster.faults["nginx*"] = "unready"
    made = pod(cluster)
    cluster.run(100)
    assert made["status"]["phase"] == "Running" and not is_true(made["status"], "Ready")


@pytest.mark.parametrize(
    ("command", "policy", "phase"),
    [
        (["perl", "-e", "print 1"], "Never", "Succeeded"),
        (["sh", "-c", "echo; exit 3"], "Never", "Failed"),
        (["false"], "OnFailure", "Running"),
        (["sleep", "1000"], "Never", "Running"),
        (["sh", "-c", "while true; do sleep 1; done"], "Never", "Running"),
    ],
)
def test_programs_end_as_their_command_says(cluster, command, policy, phase) -> None:
    made = pod(cluster, containers=[{"name": "c", "image": "i", "command": command}], restartPolicy=policy)
    cluster.run(30)
    assert made["status"]["phase"] == phase


def test_init_containers_come_first_and_sidecars_stay(cluster) -> None:
    inits = [
        {"name": "proxy", "image": "envoy", "restartPolicy": "Always"},
        {"name": "migrate", "image": "db", "command": ["sleep", "10"]},
    ]
    made = pod(cluster, initContainers=inits)
    cluster.run(10)
    assert made["status"]["phase"] == "Pending"
    assert find(made["status"], "Initialized")["message"] == "containers with incomplete status: [migrate]"
    assert made["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
    cluster.run(20)
    assert made["status"]["phase"] == "Running" and is_true(made["status"], "Ready")
    assert [one["ready"] for one in made["status"]["initContainerStatuses"]] == [True, True]


def test_configuration_has_to_be_there(cluster) -> None:
    volume = {"name": "cfg", "configMap": {"name": "files"}}
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "values", "key": "a"}}}]
    made = pod(cluster, volumes=[volume], containers=[{"name": "c", "image": "i", "env": env}])
    cluster.run(20)
    assert made["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ContainerCreating"
    event = cluster.api.all(EVENTS)[0]
    assert event["message"] == 'MountVolume.SetUp failed for volume "cfg" : configmap "files" not found' and event["count"] >= 3
    cluster.api.make(CONFIG_MAPS, "files", data={})
    cluster.api.make(CONFIG_MAPS, "values", data={})
    cluster.run(10)
    waiting = made["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": "couldn't find key a in ConfigMap default/values"}
    cluster.api.change(cluster.api.one(CONFIG_MAPS, "values"), data={"a": "1"})
    cluster.run(10)
    assert is_true(made["status"], "Ready")


def test_a_deleted_pod_ends_and_goes(cluster) -> None:
    made = pod(cluster)
    cluster.run(5)
    cluster.api.remove(made)
    cluster.kubelets.tick()
    assert cluster.api.all(PODS) == [made]
    cluster.run(2)
    assert cluster.api.all(PODS) == []
    assert "Killing" in reasons(cluster)


def test_a_pod_past_its_deadline_fails(cluster) -> None:
    made = pod(cluster, activeDeadlineSeconds=20)
    cluster.run(30)
    assert (made["status"]["phase"], made["status"]["reason"]) == ("Failed", "DeadlineExceeded")


def test_a_killed_kubelet_goes_on(cluster) -> None:
    made = pod(cluster, initContainers=[{"name": "a", "image": "i"}])
    for _ in range(20):
        cluster.clock.time += 1
        Kubelets(cluster.api, now=cluster.clock, images=dict, wall=cluster.wall).tick()
    assert is_true(made["status"], "Ready")
    assert made["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_quiet_cluster_costs_no_request(cluster) -> None:
    pod(cluster)
    cluster.run(20)
    cluster.api.requests.clear()
    cluster.run(1000)
    assert cluster.api.requests == []


def test_a_server_without_a_revision_is_asked_seldom(cluster) -> None:
    class Remote:
        request = cluster.api.request

    pod(cluster)
    kubelets = Kubelets(Remote(), now=cluster.clock, images=dict, wall=cluster.wall)
    for _ in range(100):  # ten seconds of the wall
        cluster.wall.time += 0.1
        cluster.clock.time += 1
        kubelets.tick()
    assert is_true(cluster.api.one(PODS, "web")["status"], "Ready")
    cluster.api.requests.clear()
    for _ in range(100):
        cluster.wall.time += 0.1
        kubelets.tick()
    assert len(cluster.api.requests) <= 50


def test_an_object_that_breaks_a_kubelet_does_not_hold_up_the_others(cluster, caplog) -> None:
    cluster.api.make(PODS, "broken", spec={"nodeName": "n1"})
    made = pod(cluster)
    cluster.run(6)
    assert is_true(made["status"], "Ready")
    assert caplog.records[0].getMessage() == "Pod broken: cannot be worked on"
    caplog.clear()
