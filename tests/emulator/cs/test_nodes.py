"""From a machine to a node and back, by the records of the container service."""

from collections.abc import Iterator

import pytest
from alibabacloud_ecs20140526 import models as m

from acsctl.emulator.background import held, turn
from acsctl.emulator.kubernetes import client as c
from acsctl.emulator.kubernetes.plane import Reply
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.network import ROUTE_ENTRY
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.cs.tended import CLUSTER_ID, POOL_ID, Tended, make
from tests.emulator.ecs.conftest import Net, net

__all__ = ["net"]
UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"


@pytest.fixture
def cluster(cloud: LocalCloud, net: Net) -> Iterator[Tended]:
    yield make(cloud, net)


def pod(cluster: Tended, name: str, node: str, **meta: object) -> None:
    cluster.plane.make(c.PODS, name, metadata=meta, spec={"nodeName": node, "containers": [{"name": "c", "image": "i"}]})


def test_a_machine_is_a_node_after_its_bootstrap(cluster: Tended) -> None:
    id_ = cluster.add_node(Labels={"tier": "web"}, Taints=[{"key": "gpu", "value": "", "effect": "NoSchedule"}])
    cluster.settle()
    assert cluster.plane.all(c.NODES) == []
    cluster.pass_time(60)
    assert UNINITIALIZED not in str(cluster.node(id_)["spec"])
    cluster.pass_time(30)
    node, record = cluster.node(id_), cluster.record(id_)
    assert record is not None and record["State"] == "running"
    assert node["metadata"]["name"] == record["NodeName"]
    assert node["spec"]["providerID"] == f"{REGION}.{id_}"
    assert node["spec"]["taints"] == [{"key": "gpu", "effect": "NoSchedule"}]
    labels = node["metadata"]["labels"]
    assert (labels["tier"], labels["ack.aliyun.com"], labels["alibabacloud.com/nodepool-id"]) == ("web", CLUSTER_ID, POOL_ID)
    assert labels["topology.kubernetes.io/zone"] == labels["failure-domain.beta.kubernetes.io/zone"] == f"{REGION}-h"
    assert labels["node.kubernetes.io/instance-type"] == "ecs.g7.large"
    status = node["status"]
    assert (status["capacity"]["cpu"], status["capacity"]["pods"], status["allocatable"]["cpu"]) == ("2", "64", "1900m")
    assert {"type": "Hostname", "address": record["NodeName"]} in status["addresses"]
    assert status["nodeInfo"]["kubeletVersion"] == "v1.35.7-aliyun.1"
    assert cluster.condition(id_, "NetworkUnavailable") == ("False", "RouteCreated")


def test_the_cloud_takes_its_taint_off_a_new_node(cluster: Tended) -> None:
    seen: list[bool] = []
    cluster.add_node()
    request = cluster.plane.request

    def watched(method, path, **rest):
        if path.startswith("/api/v1/nodes") and (rest.get("body") or {}).get("kind") == "Node":
            seen.append(UNINITIALIZED in str(rest["body"]["spec"]))
        return request(method, path, **rest)

    cluster.plane.request = watched
    cluster.settle()
    cluster.pass_time(90)
    assert seen[0] is True and seen[-1] is False


def test_what_the_pool_changes_reaches_the_node_and_the_rest_stays(cluster: Tended) -> None:
    id_ = cluster.joined(Labels={"tier": "web", "old": "1"}, Taints=[{"key": "a", "value": "1", "effect": "NoSchedule"}])
    node = cluster.plane.one(c.NODES, cluster.node(id_)["metadata"]["name"])
    own = {**node["metadata"]["labels"], "mine": "yes"}
    cluster.plane.change(node, metadata={**node["metadata"], "labels": own})
    changed = [{"key": "a", "value": "2", "effect": "NoSchedule"}]
    cluster.set_record(id_, Labels={"tier": "db"}, Taints=changed, Unschedulable=True)
    cluster.settle()
    node = cluster.node(id_)
    labels = node["metadata"]["labels"]
    assert (labels["tier"], labels["mine"], "old" in labels) == ("db", "yes", False)
    assert (node["spec"]["taints"], node["spec"]["unschedulable"]) == (changed, True)


def test_an_upgraded_kubelet_tells_its_version(cluster: Tended) -> None:
    id_ = cluster.joined(Version="1.34.1-aliyun.1")
    assert cluster.node(id_)["status"]["nodeInfo"]["kubeletVersion"] == "v1.34.1-aliyun.1"
    cluster.set_record(id_, Version="1.35.7-aliyun.1")
    cluster.settle()
    assert cluster.node(id_)["status"]["nodeInfo"]["kubeletVersion"] == "v1.35.7-aliyun.1"


def test_nothing_is_made_for_a_cluster_that_is_being_deleted(cluster: Tended) -> None:
    cluster.joined()
    with held(cluster.world):
        for one in cluster.world.store.of(ROUTE_ENTRY):
            one.remove()
        for one in cluster.world.store.of(CLUSTER):
            one.set(State="deleting")
    cluster_turns(cluster)
    assert cluster.routes() == []


def test_a_stopped_machine_silences_its_node(cluster: Tended) -> None:
    id_ = cluster.joined()
    cluster.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cluster.pass_time(20)
    assert cluster.node(id_)["metadata"]["annotations"] == {"local.acsctl.dev/stopped": "true"}
    assert cluster.condition(id_, "Ready")[0] == "Unknown"
    cluster.cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    cluster.pass_time(20)
    assert cluster.node(id_)["metadata"]["annotations"] == {}
    assert cluster.condition(id_, "Ready")[0] == "True"


def test_a_node_leaves_when_its_pods_are_gone(cluster: Tended) -> None:
    id_ = cluster.joined()
    name = cluster.node(id_)["metadata"]["name"]
    pod(cluster, "web", name)
    pod(cluster, "agent", name, ownerReferences=[{"kind": "DaemonSet", "name": "d", "uid": "u", "apiVersion": "apps/v1"}])
    cluster.plane.budget = False
    cluster.set_record(id_, State="removing", Drain=True)
    for _ in range(3):
        cluster.cloud.pass_time(10)
        cluster_turns(cluster)
    assert cluster.node(id_)["spec"]["unschedulable"] is True
    assert "web" in {one["metadata"]["name"] for one in cluster.plane.all(c.PODS)}
    cluster.plane.budget = True
    for _ in range(8):
        cluster.cloud.pass_time(10)
        cluster_turns(cluster)
    assert (cluster.plane.all(c.NODES), cluster.plane.all(c.PODS)) == ([], [])
    assert (cluster.record(id_), cluster.routes()) == (None, [])


def cluster_turns(cluster: Tended) -> None:
    """Some turns, for what does not come to rest by itself."""
    for _ in range(6):
        turn(cluster.world)


def test_a_drain_gives_up_after_its_window(cluster: Tended) -> None:
    id_ = cluster.joined()
    pod(cluster, "web", cluster.node(id_)["metadata"]["name"])
    cluster.plane.budget = False
    cluster.set_record(id_, State="removing", Drain=True)
    cluster_turns(cluster)
    cluster.cloud.pass_time(1700)
    cluster_turns(cluster)
    assert cluster.record(id_) is not None
    cluster.cloud.pass_time(110)
    cluster_turns(cluster)
    cluster.pass_time(10)
    assert cluster.record(id_) is None


def test_without_drain_a_node_leaves_at_once(cluster: Tended) -> None:
    id_ = cluster.joined()
    pod(cluster, "web", cluster.node(id_)["metadata"]["name"])
    cluster.plane.budget = False
    cluster.set_record(id_, State="removing")
    cluster.pass_time(10)
    assert (cluster.plane.all(c.NODES), cluster.plane.all(c.PODS), cluster.record(id_)) == ([], [], None)


def test_a_released_machine_is_no_node(cluster: Tended) -> None:
    id_ = cluster.add_node()
    cluster.settle()
    cluster.cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    cluster.pass_time(70)
    assert (cluster.plane.all(c.NODES), cluster.record(id_)) == ([], None)


def test_a_refused_node_does_not_hold_up_the_others(cluster: Tended) -> None:
    bad, good = cluster.add_node(Labels={"bad": "yes"}), cluster.add_node()
    request = cluster.plane.request

    def strict(method, path, **rest):
        if method == "POST" and path == "/api/v1/nodes" and "bad" in rest["body"]["metadata"]["labels"]:
            return Reply(422, {"message": "a label that is none"})
        return request(method, path, **rest)

    cluster.plane.request = strict
    cluster.settle()
    cluster.pass_time(90)
    states = [record["State"] for record in map(cluster.record, (bad, good)) if record is not None]
    assert states == ["initial", "running"]
    cluster.plane.request = request
    cluster.pass_time(30)
    assert cluster.record(bad)["State"] == "running"


def test_an_idle_cluster_asks_its_control_plane_nothing(cluster: Tended) -> None:
    cluster.joined()
    cluster.settle()
    cluster.plane.requests.clear()
    cluster_turns(cluster)
    assert cluster.plane.requests == []
