"""Upgrades: the check before, the control plane, the nodes in batches, in place and by new system disks."""

from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from alibabacloud_ecs20140526 import models as ecs
from darabonba.exceptions import DaraException

from acsctl.emulator.background import held
from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack

OLD, NOW, NEXT = "1.34.3-aliyun.1", "1.35.7-aliyun.1", "1.36.2-aliyun.1"
FLANNEL = ("v0.15.1.23-33d25c1-aliyun", "v0.28.0.6")


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def upgrade(ack: Ack, cluster_id: str, version: str = NEXT, **given: Any) -> str:
    request = cs.UpgradeClusterRequest(next_version=version, **{"master_only": True, **given})
    return str(ack.client.upgrade_cluster(cluster_id, request).body.task_id)


def renew(ack: Ack, cluster_id: str, pool_id: str, **given: Any) -> str:
    rolling = given.pop("rolling", {})
    policy = cs.UpgradeClusterNodepoolRequestRollingPolicy(**rolling) if rolling else None
    request = cs.UpgradeClusterNodepoolRequest(rolling_policy=policy, **given)
    return str(ack.client.upgrade_cluster_nodepool(cluster_id, pool_id, request).body.task_id)


def ended(ack: Ack, task_id: str, *, state: str = "success") -> dict[str, Any]:
    for _ in range(4):
        ack.pass_time(200)
    return ack.finish(task_id, state=state)


def versions(ack: Ack) -> list[str]:
    return sorted(str(one["Version"]) for one in ack.world.store.of(ack.node_type))


def checked(ack: Ack, cluster_id: str, type: str, **given: Any) -> dict[str, tuple[str, str]]:
    """Level and message of every item of a check, by name."""
    request = cs.RunClusterCheckRequest(type=type, **given)
    made = ack.client.run_cluster_check(cluster_id, request).body
    ack.pass_time(11)
    found = ack.client.get_cluster_check(cluster_id, made.check_id).body
    assert (found.status, found.message) == ("Succeeded", "task succeed")
    rows: dict[str, tuple[str, str]] = {}
    for group, items in found.check_items.items():
        for item in items:
            assert item["Group"] == group
            [(level, told)] = item["Level"].items()
            rows[item["Name"]] = (level, told["Message"])
    return rows


def set_nodes(ack: Ack, **changes: Any) -> None:
    with held(ack.world):
        for one in ack.world.store.of(ack.node_type):
            one.set(**changes)


def test_a_healthy_cluster_passes_its_check(ack: Ack, cluster_id: str) -> None:
    ack.pool(cluster_id, size=1)
    found = checked(ack, cluster_id, "ClusterUpgrade", options={"next_version": NEXT})
    assert {"APIServerSLB", "VPC", "VSwitch", "ComponentStatus", "NodeStatus", "NodeVersion"} <= set(found)
    assert {level for level, _ in found.values()} == {"normal"}


def test_a_machine_that_is_off_is_found(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    [node] = ack.nodes(cluster_id)
    ack.cloud.ecs.stop_instance(ecs.StopInstanceRequest(instance_id=node["instance_id"], force_stop=True))
    ack.pass_time(30)
    level, message = checked(ack, cluster_id, "NodePoolUpgrade", target=pool_id)["NodeStatus"]
    assert (level, node["node_name"] in message) == ("error", True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"type": "None"}, "InvalidParameter.Type"),
        ({"type": "NodePoolUpgrade"}, "InvalidParameter.Target"),
        ({"type": "NodePoolUpgrade", "target": "np-none"}, "ErrorNodePoolNotFound"),
        ({"type": "MasterUpgrade", "options": {"next_version": "1.37.1-aliyun.1"}}, "InvalidParameter.Options"),
    ],
)
def test_checks_that_cannot_be(ack: Ack, cluster_id: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        ack.client.run_cluster_check(cluster_id, cs.RunClusterCheckRequest(**given))
    assert code_of(failure) == code


def test_a_failed_check_stops_an_upgrade(ack: Ack, cluster_id: str) -> None:
    ack.cloud.settings(failing_checks={"ComponentStatus": "error", "VPC": "warning"})
    task = ack.finish(upgrade(ack, cluster_id), state="fail")
    assert task["error"]["code"] == "PreCheckFailed"
    assert "ComponentStatus (error)" in task["error"]["message"] and "VPC" not in task["error"]["message"]
    found = ack.detail(cluster_id)
    assert (found["state"], found["current_version"]) == ("running", NOW)
    [check] = ack.client.list_cluster_checks(cluster_id, cs.ListClusterChecksRequest()).body.checks
    assert check.check_id in task["error"]["message"]
    ack.cloud.settings(failing_checks={})
    ended(ack, upgrade(ack, cluster_id))
    assert ack.detail(cluster_id)["current_version"] == NEXT


def test_warnings_stop_an_upgrade_of_nodes_unless_they_are_ignored(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    ack.cloud.settings(failing_checks={"NodeStatus": "warning"})
    assert ack.finish(renew(ack, cluster_id, pool_id), state="fail")["error"]["code"] == "PreCheckFailed"
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "active"
    ended(ack, renew(ack, cluster_id, pool_id, ignore_warning_check=True))


def test_nodes_come_along_before_the_next_version(ack: Ack) -> None:
    """Two versions on, with the pool and the network addon between them."""
    with pytest.raises(DaraException):
        ack.client.create_cluster(ack.request(kubernetes_version=OLD))
    ack.cloud.settings(ended_versions=True)
    cluster_id = ack.cluster(kubernetes_version=OLD)
    pool_id = ack.pool(cluster_id, size=1)
    with pytest.raises(DaraException) as failure:
        upgrade(ack, cluster_id, NEXT)
    assert code_of(failure) == "InvalidParameter.NextVersion"
    ended(ack, upgrade(ack, cluster_id, NOW))
    assert versions(ack) == [OLD]
    assert checked(ack, cluster_id, "ClusterUpgrade")["NodeVersion"][0] == "error"
    task = ack.finish(upgrade(ack, cluster_id, NEXT), state="fail")
    assert "NodeVersion" in task["error"]["message"]
    ended(ack, renew(ack, cluster_id, pool_id))
    assert versions(ack) == [NOW]
    row = ack.client.describe_cluster_addons_version(cluster_id).body["kube-flannel-ds"]
    assert (row["version"], row["next_version"], row["can_upgrade"]) == (*FLANNEL, True)
    assert checked(ack, cluster_id, "ClusterUpgrade")["ComponentVersion"][0] == "warning"
    body = [cs.UpgradeClusterAddonsRequestBody(component_name="flannel", next_version=FLANNEL[1])]
    request = cs.UpgradeClusterAddonsRequest(body=body)
    ack.finish(ack.client.upgrade_cluster_addons(cluster_id, request).body.task_id)
    ended(ack, upgrade(ack, cluster_id, NEXT))
    assert ack.detail(cluster_id)["current_version"] == NEXT


def test_an_addon_for_a_newer_cluster_is_not_installed(ack: Ack) -> None:
    ack.cloud.settings(ended_versions=True)
    cluster_id = ack.cluster(kubernetes_version=OLD)
    addon = ack.client.describe_addon("flannel", cs.DescribeAddonRequest(cluster_id=cluster_id)).body
    assert addon.version == FLANNEL[0]
    [newer] = addon.newer_versions
    assert (newer.version, newer.upgradable, newer.minimum_cluster_version) == (FLANNEL[1], False, "1.35.0")
    body = [cs.UpgradeClusterAddonsRequestBody(component_name="flannel", next_version=FLANNEL[1])]
    with pytest.raises(DaraException) as failure:
        ack.client.upgrade_cluster_addons(cluster_id, cs.UpgradeClusterAddonsRequest(body=body))
    assert code_of(failure) == "InvalidParameter.Addons"


def test_an_upgrade_of_a_whole_cluster_takes_its_nodes_along(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=3)
    policy = cs.UpgradeClusterRequestRollingPolicy(max_parallelism=1)
    task_id = upgrade(ack, cluster_id, master_only=False, rolling_policy=policy)
    ack.pass_time(601)
    assert (versions(ack), ack.detail(cluster_id)["state"]) == ([NOW, NOW, NEXT], "upgrading")
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "updating"
    ack.pass_time(121)
    assert versions(ack) == [NOW, NEXT, NEXT]
    task = ended(ack, task_id)
    assert (versions(ack), ack.detail(cluster_id)["state"]) == ([NEXT] * 3, "running")
    assert [one["status"] for one in task["task_result"]] == ["success"] * 3
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "active"


def test_a_new_system_disk_is_put_under_each_node(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=2)
    label = cs.ModifyClusterNodePoolRequestKubernetesConfig(labels=[cs.Tag(key="tier", value="web")])
    changed = cs.ModifyClusterNodePoolRequest(kubernetes_config=label)
    ack.finish(ack.client.modify_cluster_node_pool(cluster_id, pool_id, changed).body.task_id)
    before = system_disks(ack)
    task_id = renew(ack, cluster_id, pool_id, use_replace=True)
    ack.pass_time(6, boot=False)
    task = ack.task(task_id)
    assert (task["current_stage"], [one["status"] for one in task["task_result"]]) == ("DrainNodes", ["initial"] * 2)
    assert sorted(str(one.get("Renew")) for one in ack.world.store.of(ack.node_type)) == ["None", "drain"], "one at first"
    assert system_disks(ack) == before
    task = ended(ack, task_id)
    after = system_disks(ack)
    assert (before.keys(), len({*before.values(), *after.values()})) == (after.keys(), 4)
    assert {one["Status"] for one in ack.instances()} == {"Running"}
    assert [one["status"] for one in task["task_result"]] == ["success"] * 2
    assert [one["Labels"] for one in ack.world.store.of(ack.node_type)] == [{"tier": "web"}] * 2


def test_another_image_comes_on_new_system_disks(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1, group={"image_type": "AliyunLinux3"})
    image = "aliyun_3_x64_20G_container_optimized_alibase_20260720.vhd"
    before = system_disks(ack)
    ended(ack, renew(ack, cluster_id, pool_id, image_id=image))
    assert [one["image_id"] for one in ack.nodes(cluster_id)] == [image]
    assert system_disks(ack).values() != before.values()
    assert ack.pool_detail(cluster_id, pool_id)["scaling_group"]["image_id"] == image


def system_disks(ack: Ack) -> dict[str, str]:
    """By instance."""
    request = ecs.DescribeDisksRequest(region_id=REGION, disk_type="system")
    return {one.instance_id: one.disk_id for one in ack.cloud.ecs.describe_disks(request).body.disks.disk}


def test_a_pause_after_the_first_batch(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=3)
    ended(ack, upgrade(ack, cluster_id))
    task_id = renew(ack, cluster_id, pool_id, rolling={"pause_policy": "FirstBatch", "max_parallelism": 10})
    for _ in range(3):
        ack.pass_time(130)
    assert (ack.task(task_id)["state"], versions(ack)) == ("paused", [NOW, NOW, NEXT])
    ack.client.resume_task(task_id)
    ended(ack, task_id)
    assert versions(ack) == [NEXT] * 3


def test_a_cancelled_upgrade_finishes_what_it_has_in_hand(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=3)
    task_id = renew(ack, cluster_id, pool_id, use_replace=True)
    ack.pass_time(6, boot=False)
    ack.client.pause_task(task_id)
    assert ack.task(task_id)["state"] == "pausing"
    ack.client.resume_task(task_id)
    assert ack.task(task_id)["state"] == "running"
    ack.client.cancel_task(task_id)
    assert ack.task(task_id)["state"] == "cancelling"
    for _ in range(8):
        ack.pass_time(30)
    task = ack.task(task_id)
    assert (task["state"], [one["status"] for one in task["task_result"]].count("success")) == ("canceled", 1)
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "active"
    assert {one["Status"] for one in ack.instances()} == {"Running"}


def test_extra_nodes_for_the_time_of_an_upgrade(ack: Ack, cluster_id: str) -> None:
    ack.finish(install_detector(ack, cluster_id))
    config = cs.CreateClusterNodePoolRequestManagementUpgradeConfig(surge=1, max_unavailable=1)
    management = cs.CreateClusterNodePoolRequestManagement(enable=True, upgrade_config=config)
    pool_id = ack.pool(cluster_id, size=2, management=management)
    before = {one["InstanceId"] for one in ack.instances()}
    task_id = renew(ack, cluster_id, pool_id)
    ack.pass_time(6, boot=False)
    assert (ack.task(task_id)["current_stage"], len(ack.instances())) == ("AddNodes", 3)
    ended(ack, task_id)
    assert {one["InstanceId"] for one in ack.instances()} == before


def install_detector(ack: Ack, cluster_id: str) -> str:
    body = [cs.InstallClusterAddonsRequestBody(name="ack-node-problem-detector", version="1.2.26")]
    return str(ack.client.install_cluster_addons(cluster_id, cs.InstallClusterAddonsRequest(body=body)).body.task_id)


def test_a_node_that_does_not_drain_ends_the_upgrade(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=2)
    for most, state in ((0, "fail"), (2, "success")):
        task_id = renew(ack, cluster_id, pool_id, use_replace=True, rolling={"max_failed_nodes": most, "max_parallelism": 1})
        for _ in range(12):
            ack.pass_time(10, boot=False)
            with held(ack.world):
                for one in ack.world.store.of(ack.node_type):
                    if one.get("Renew") == "drain":
                        one.set(Renew="stuck", DrainWhy="default/db: a budget")
        task = ack.task(task_id)
        assert task["state"] == state
        assert [one["status"] for one in task["task_result"]].count("failed") == (1 if state == "fail" else 2)
        assert {one["Renew"] for one in ack.world.store.of(ack.node_type) if one.get("Renew")} == {"back"}
        assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "active"
        assert any(one["reason"] == "DrainBlocked" and "a budget" in one["message"] for one in task["events"])
    set_nodes(ack, Renew="")


@pytest.mark.parametrize("policy", [{"max_parallelism": 11}, {"batch_interval": 3}, {"batch_interval": 130}])
def test_policies_that_cannot_be(ack: Ack, cluster_id: str, policy: dict[str, int]) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    with pytest.raises(DaraException) as failure:
        renew(ack, cluster_id, pool_id, rolling=policy)
    assert code_of(failure) == "InvalidParameter.RollingPolicy"


def test_repair_names_nodes(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    [node] = ack.nodes(cluster_id)
    request = cs.RepairClusterNodePoolRequest(nodes=[node["node_name"]])
    task = ack.finish(ack.client.repair_cluster_node_pool(cluster_id, pool_id, request).body.task_id)
    assert task["task_result"] == [{"data": node["instance_id"], "status": "success"}]
    for wrong in (
        cs.RepairClusterNodePoolRequest(nodes=["none"]),
        cs.RepairClusterNodePoolRequest(operations=[cs.RepairClusterNodePoolRequestOperations(operation_id="burn")]),
    ):
        with pytest.raises(DaraException):
            ack.client.repair_cluster_node_pool(cluster_id, pool_id, wrong)


@pytest.mark.parametrize(("at_once", "leaving"), [(False, 1), (True, 2)])
def test_nodes_are_removed_one_after_another_or_at_once(ack: Ack, cluster_id: str, at_once: bool, leaving: int) -> None:
    pool_id = ack.pool(cluster_id, size=2)
    ids = [one["instance_id"] for one in ack.nodes(cluster_id)]
    request = cs.RemoveNodePoolNodesRequest(instance_ids=ids, drain_node=True, concurrency=at_once)
    task_id = ack.client.remove_node_pool_nodes(cluster_id, pool_id, request).body.task_id
    ack.pass_time(6, boot=False)
    states = [str(one["State"]) for one in ack.world.store.of(ack.node_type)]
    assert (states.count("removing"), states.count("running")) == (leaving, 2 - leaving)
    for _ in range(2):
        ack.pass_time(5)
    assert [one["status"] for one in ack.task(task_id)["task_result"]] == ["success"] * 2
