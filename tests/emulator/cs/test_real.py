"""The cloud's side of a cluster whose control plane is a real one: volumes, drains and upgrades. Needs the binaries."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_cs20151215 import models as m

from acsctl.emulator import Options, run
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.cs.test_tending import Cluster
from tests.emulator.cs.test_volumes import CORE, VOLUMES, claim, disks, drop, is_in_use, phase, pod
from tests.emulator.kubernetes.conftest import assets

__all__ = ["assets"]
pytestmark = pytest.mark.long
PATIENCE = 300.0  # wall seconds; ten are usual


class WallCloud(LocalCloud):
    """Its clock runs by itself."""

    def pass_time(self, seconds: float) -> None:
        end = self.server.world.clock.now() + seconds
        while self.server.world.clock.now() < end:
            time.sleep(0.01)


class WallCluster(Cluster):
    """Waits in wall time: real programs know no other."""

    def until(self, holds: Callable[[], bool], *, seconds: int = 600) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.1)

    def task(self, task_id: str) -> Any:
        self.until(lambda: self.client.describe_task_info(task_id).body.state not in ("running", "paused"))
        return self.client.describe_task_info(task_id).body


@pytest.fixture
def cluster(assets: Path, tmp_path: Path) -> Iterator[WallCluster]:
    with run(Options(speed=100.0, check_answers=True, kubernetes="real", folder=tmp_path)) as server:
        made = WallCluster(WallCloud(server, clock=HandClock()))
        made.make(kubernetes_version="1.35.7-aliyun.1")
        made.make_pool(size=1)
        yield made
        assert [one for one in made.cloud.findings() if one["kind"] != "unknown-parameter"] == []


def test_a_pod_of_a_real_scheduler_gets_a_disk_and_gives_it_back(cluster: WallCluster) -> None:
    claim(cluster)
    pod(cluster)
    cluster.until(lambda: phase(cluster) == "Bound")
    cluster.until(is_in_use(cluster))
    more = {"spec": {"resources": {"requests": {"storage": "30Gi"}}}}
    path = f"{CORE}/persistentvolumeclaims/data"
    assert cluster.plane.request("PATCH", path, body=more, content_type="application/merge-patch+json").ok
    cluster.until(lambda: cluster.get(path)["status"]["capacity"] == {"storage": "30Gi"})
    assert [one["Size"] for one in disks(cluster)] == [30]
    drop(cluster, path)
    drop(cluster, f"{CORE}/pods/db")
    cluster.until(lambda: disks(cluster) == [])
    cluster.until(lambda: cluster.list(VOLUMES) == [])


def test_real_budgets_hold_a_drain_up_and_real_programs_tell_their_own_version(cluster: WallCluster) -> None:
    upgraded = m.UpgradeClusterRequest(next_version="1.36.2-aliyun.1", master_only=True)
    task = cluster.task(cluster.client.upgrade_cluster(cluster.id, upgraded).body.task_id)
    assert (task.state, [one.level for one in task.events if one.reason == "VersionPlayed"]) == ("success", ["warning"])
    cluster.until(cluster.all_run)
    request = m.UpgradeClusterNodepoolRequest(use_replace=True)
    task_id = cluster.client.upgrade_cluster_nodepool(cluster.id, cluster.pool_id, request).body.task_id

    def blocked() -> list[str]:
        events = cluster.client.describe_task_info(task_id).body.events
        return [one.message for one in events if one.reason == "DrainBlocked"]

    cluster.until(lambda: bool(blocked()))
    assert "coredns-pdb" in blocked()[0]
    drop(cluster, "/apis/policy/v1/namespaces/kube-system/poddisruptionbudgets/coredns-pdb")
    assert cluster.task(task_id).state == "success"
    [node] = cluster.list("/api/v1/nodes")
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.2-aliyun.1"
    assert not node["spec"].get("unschedulable")
