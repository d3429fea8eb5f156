"""The cloud's side of a cluster on a whole control plane: built in, and made by the container service's own API."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_cs20151215 import models as m
from alibabacloud_cs20151215.client import Client

from acsctl.emulator import Options, run
from acsctl.emulator.background import turn
from acsctl.emulator.kubernetes.plane import Plane
from tests.emulator.conftest import REGION, HandClock, LocalCloud
from tests.emulator.slb.test_load_balancer import Balancers
from tests.emulator.vpc.network import make_vpc, make_vswitch


class Cluster:
    """A Flannel cluster of the local cloud, driven by the clock of the test."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = Client(cloud.config())
        self.id = ""
        self.pool_id = ""

    @property
    def plane(self) -> Plane:
        found = self.cloud.server.world.planes.get(self.id)
        assert found is not None
        return found

    def until(self, holds: Callable[[], bool], *, seconds: int = 600) -> None:
        """Lets cloud time pass in small steps until something holds."""
        for _ in range(seconds // 5):
            if holds():
                return
            self.cloud.pass_time(5)
            for _ in range(3):
                turn(self.cloud.server.world)
        raise AssertionError(f"not within {seconds} cloud seconds")

    def make(self, **given: Any) -> None:
        vpc_id = make_vpc(self.cloud)
        self.vswitch_id = make_vswitch(self.cloud, vpc_id)
        request = m.CreateClusterRequest(
            name="c",
            region_id=REGION,
            cluster_type="ManagedKubernetes",
            vpcid=vpc_id,
            vswitch_ids=[self.vswitch_id],
            container_cidr="172.20.0.0/16",
            service_cidr="172.21.0.0/20",
            addons=[m.Addon(name="flannel")],
            **given,
        )
        self.id = self.client.create_cluster(request).body.cluster_id
        self.until(lambda: self.client.describe_cluster_detail(self.id).body.state == "running")

    def make_pool(self, *, size: int, **kubernetes: Any) -> None:
        request = m.CreateClusterNodePoolRequest(
            nodepool_info=m.CreateClusterNodePoolRequestNodepoolInfo(name="pool"),
            scaling_group=m.CreateClusterNodePoolRequestScalingGroup(
                vswitch_ids=[self.vswitch_id],
                instance_types=["ecs.g7.large"],
                instance_charge_type="PostPaid",
                desired_size=size,
                system_disk_category="cloud_essd",
                system_disk_size=40,
            ),
            kubernetes_config=m.CreateClusterNodePoolRequestKubernetesConfig(runtime="containerd", **kubernetes),
        )
        self.pool_id = self.client.create_cluster_node_pool(self.id, request).body.nodepool_id
        self.until(self.is_calm)

    def is_calm(self) -> bool:
        return self.client.describe_cluster_node_pool_detail(self.id, self.pool_id).body.status.state == "active"

    def list(self, path: str) -> list[dict[str, Any]]:
        return list(self.plane.request("GET", path).document["items"])

    def get(self, path: str) -> dict[str, Any]:
        reply = self.plane.request("GET", path)
        return reply.document if reply.ok else {}

    def all_run(self) -> bool:
        pods = self.list("/api/v1/pods")
        return bool(pods) and all(one.get("status", {}).get("phase") == "Running" for one in pods)


@pytest.fixture
def cluster(cloud: LocalCloud) -> Iterator[Cluster]:
    made = Cluster(cloud)
    made.make()
    yield made


def test_nodes_run_what_the_addons_are_made_of(cluster: Cluster) -> None:
    label = m.Tag(key="tier", value="web")
    cluster.make_pool(size=2, labels=[label])
    cluster.until(cluster.all_run)
    nodes = cluster.list("/api/v1/nodes")
    assert [one["metadata"]["labels"]["tier"] for one in nodes] == ["web", "web"]
    assert all(one["spec"]["podCIDR"] and not one["spec"].get("taints") for one in nodes)
    names = {one["metadata"]["name"] for one in cluster.list("/apis/apps/v1/daemonsets")}
    assert {"kube-flannel-ds", "kube-proxy-worker", "csi-plugin"} <= names
    for one in cluster.list("/apis/apps/v1/deployments"):
        assert one["status"]["availableReplicas"] == one["spec"]["replicas"]


def test_a_service_has_a_load_balancer_for_its_life(cluster: Cluster) -> None:
    slb = Balancers(cluster.cloud)
    before = slb.ids()
    path = "/api/v1/namespaces/default/services"
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    assert cluster.plane.request("POST", path, body=body).status == 201
    cluster.until(lambda: bool(cluster.get(f"{path}/web")["status"]["loadBalancer"]))
    [id_] = [one for one in slb.ids() if one not in before]
    assert slb.one(id_)["ListenerPorts"]["ListenerPort"] == [80]
    assert cluster.plane.request("DELETE", f"{path}/web").status == 200
    cluster.until(lambda: cluster.get(f"{path}/web") == {})
    assert slb.ids() == before


def test_the_last_node_does_not_drain_while_the_budget_of_dns_holds(cluster: Cluster) -> None:
    cluster.make_pool(size=1)
    cluster.until(cluster.all_run)
    change = m.ModifyClusterNodePoolRequest(scaling_group=m.ModifyClusterNodePoolRequestScalingGroup(desired_size=0))
    cluster.client.modify_cluster_node_pool(cluster.id, cluster.pool_id, change)
    for _ in range(60):
        cluster.cloud.pass_time(10)
        turn(cluster.cloud.server.world)
    dns = [
        one
        for one in cluster.list("/api/v1/pods")
        if one["metadata"]["name"].startswith("coredns") and one["spec"].get("nodeName")
    ]
    assert (len(dns), len(cluster.list("/api/v1/nodes"))) == (1, 1)
    cluster.until(lambda: cluster.list("/api/v1/nodes") == [], seconds=1800)


def test_a_cluster_lives_on_after_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    with run(Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)) as server:
        made = Cluster(LocalCloud(server, clock=clock))
        made.make()
        made.make_pool(size=1)
        made.until(made.all_run)
        uids = {one["metadata"]["uid"] for one in made.list("/api/v1/nodes")}
    with run(Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)) as server:
        again = Cluster(LocalCloud(server, clock=clock))
        again.id, again.pool_id = made.id, made.pool_id
        again.until(lambda: server.world.planes.get(again.id) is not None)
        again.until(again.all_run)
        assert {one["metadata"]["uid"] for one in again.list("/api/v1/nodes")} == uids
        path = "/api/v1/namespaces/default/services"
        body = {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"a": "b"}}}
        assert again.plane.request("POST", path, body={"apiVersion": "v1", "kind": "Service", **body}).status == 201
        again.until(lambda: bool(again.get(f"{path}/web")["status"]["loadBalancer"]))
        assert [one for one in again.cloud.findings() if one["kind"] != "unknown-parameter"] == []


def test_flannel_is_told_where_its_addresses_are(cluster: Cluster) -> None:
    path = "/api/v1/namespaces/kube-system/configmaps/kube-flannel-cfg"
    cluster.until(lambda: cluster.get(path) != {})
    assert json.loads(cluster.get(path)["data"]["net-conf.json"])["Network"] == "172.20.0.0/16"
    assert cluster.get("/api/v1/namespaces/kube-system/services/kube-dns")["spec"]["clusterIP"] == "172.21.0.10"


def test_a_node_that_is_upgraded_by_replacement_is_drained_as_budgets_allow(cloud: LocalCloud) -> None:
    """The budget is named while it holds the drain up; afterwards the node is as the pool says, and takes pods again."""
    cluster = Cluster(cloud)
    cluster.make(kubernetes_version="1.35.7-aliyun.1")
    cluster.make_pool(size=1)
    cluster.until(cluster.all_run)
    [name] = [one["metadata"]["name"] for one in cluster.list("/api/v1/nodes")]
    upgraded = m.UpgradeClusterRequest(next_version="1.36.2-aliyun.1", master_only=True)
    task_id = cluster.client.upgrade_cluster(cluster.id, upgraded).body.task_id
    cluster.until(lambda: cluster.client.describe_task_info(task_id).body.state == "success", seconds=900)
    told = cluster.get(f"/api/v1/nodes/{name}")["status"]["nodeInfo"]["kubeletVersion"]
    assert (cluster.get("/version")["gitVersion"], told) == ("v1.36.2-aliyun.1", "v1.35.7-aliyun.1")
    request = m.UpgradeClusterNodepoolRequest(use_replace=True)
    task_id = cluster.client.upgrade_cluster_nodepool(cluster.id, cluster.pool_id, request).body.task_id

    def blocked() -> list[str]:
        events = cluster.client.describe_task_info(task_id).body.events
        return [one.message for one in events if one.reason == "DrainBlocked"]

    cluster.until(lambda: bool(blocked()))
    assert "coredns" in blocked()[0] and "coredns-pdb" in blocked()[0]
    assert cluster.get(f"/api/v1/nodes/{name}")["spec"]["unschedulable"] is True
    service = cluster.plane.request("POST", "/api/v1/namespaces/default/services", body=BALANCED)
    assert service.status == 201
    cluster.until(lambda: bool(cluster.get("/api/v1/namespaces/default/services/web")["status"]["loadBalancer"]))
    budget = "/apis/policy/v1/namespaces/kube-system/poddisruptionbudgets/coredns-pdb"
    assert cluster.plane.request("DELETE", budget).ok
    cluster.until(lambda: cluster.client.describe_task_info(task_id).body.state == "success", seconds=900)
    node = cluster.get(f"/api/v1/nodes/{name}")
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.2-aliyun.1"
    assert not node["spec"].get("unschedulable")
    cluster.until(cluster.all_run)


BALANCED = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


@pytest.mark.long
def test_a_drain_that_takes_too_long_ends_the_upgrade(cluster: Cluster) -> None:
    cluster.make_pool(size=1)
    cluster.until(cluster.all_run)
    [name] = [one["metadata"]["name"] for one in cluster.list("/api/v1/nodes")]
    request = m.UpgradeClusterNodepoolRequest(use_replace=True)
    task_id = cluster.client.upgrade_cluster_nodepool(cluster.id, cluster.pool_id, request).body.task_id
    cluster.until(lambda: cluster.client.describe_task_info(task_id).body.state == "fail", seconds=2400)
    error = cluster.client.describe_task_info(task_id).body.error
    assert error.code == "NodeUpgradeFailed" and "1800 s" in error.message and "coredns-pdb" in error.message
    cluster.until(lambda: not cluster.get(f"/api/v1/nodes/{name}")["spec"].get("unschedulable"))
    assert cluster.is_calm()
