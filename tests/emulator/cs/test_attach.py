"""Attaching existing instances to node pools."""

from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from alibabacloud_ecs20140526 import models as ecs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack

IMAGE = "aliyun_2_1903_x64_20G_alibase_20240628.vhd"


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def run(ack: Ack, cluster_id: str, amount: int = 1) -> list[str]:
    """Running instances in the network of a cluster."""
    request = ecs.RunInstancesRequest(
        region_id=REGION,
        amount=amount,
        instance_type="ecs.g7.xlarge",
        image_id=IMAGE,
        v_switch_id=ack.vswitch_ids[0],
        security_group_id=ack.detail(cluster_id)["security_group_id"],
        instance_name="mine",
        user_data="ZWNobwo=",
    )
    made = ack.cloud.ecs.run_instances(request).body.instance_id_sets.instance_id_set
    ack.pass_time(20)
    return [str(one) for one in made]


def disk_of(ack: Ack, instance_id: str) -> str:
    request = ecs.DescribeDisksRequest(region_id=REGION, instance_id=instance_id)
    return str(ack.cloud.ecs.describe_disks(request).body.disks.disk[0].disk_id)


def instance(ack: Ack, instance_id: str) -> dict[str, Any]:
    return next(one for one in ack.instances() if one["InstanceId"] == instance_id)


def attach(ack: Ack, cluster_id: str, pool_id: str, ids: list[str], **given: Any) -> str:
    request = cs.AttachInstancesToNodePoolRequest(instances=ids, **given)
    return str(ack.client.attach_instances_to_node_pool(cluster_id, pool_id, request).body.task_id)


def test_attaching_replaces_the_system_disk(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    (id_,) = run(ack, cluster_id)
    disk = disk_of(ack, id_)
    task_id = attach(ack, cluster_id, pool_id, [id_])
    ack.pass_time(6)
    assert instance(ack, id_)["Status"] in ("Stopping", "Stopped")
    task = ack.finish(task_id)
    assert (task["task_type"], task["task_result"]) == ("nodepool_node_attach", [{"data": id_, "status": "success"}])
    found = instance(ack, id_)
    assert (found["Status"], found["InstanceName"]) == ("Running", "mine")
    assert found["ImageId"] == ack.pool_detail(cluster_id, pool_id)["scaling_group"]["image_id"] != IMAGE
    assert disk_of(ack, id_) != disk
    assert {"TagKey": "ack.aliyun.com", "TagValue": cluster_id} in found["Tags"]["Tag"]
    (node,) = ack.nodes(cluster_id)
    assert (node["instance_id"], node["state"], node["source"]) == (id_, "running", "ess_attach")
    assert ack.pool_detail(cluster_id, pool_id)["scaling_group"]["desired_size"] == 0


def test_each_instance_has_its_own_verdict(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    good, stopped = run(ack, cluster_id, 2)
    ack.cloud.ecs.stop_instance(ecs.StopInstanceRequest(instance_id=stopped))
    ack.pass_time(20)
    task = ack.finish(attach(ack, cluster_id, pool_id, [good, stopped, "i-none"]), state="fail")
    verdicts = {one["data"]: one["status"] for one in task["task_result"]}
    assert verdicts == {good: "success", stopped: "failed", "i-none": "failed"}
    assert task["error"]["code"] == "AttachInstancesFailed"
    assert [one["instance_id"] for one in ack.nodes(cluster_id)] == [good]
    again = ack.finish(attach(ack, cluster_id, pool_id, [good]), state="fail")
    assert "InvalidInstance.InUse" in again["error"]["message"]


def test_detached_instances_stay_and_can_come_back(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    (id_,) = run(ack, cluster_id)
    ack.finish(attach(ack, cluster_id, pool_id, [id_], keep_instance_name=False))
    assert instance(ack, id_)["InstanceName"] == f"worker-k8s-for-cs-{cluster_id}"
    request = cs.RemoveNodePoolNodesRequest(instance_ids=[id_], release_node=False, drain_node=True)
    ack.finish(ack.client.remove_node_pool_nodes(cluster_id, pool_id, request).body.task_id)
    found = instance(ack, id_)
    assert found["Status"] == "Running"
    assert "ack.aliyun.com" not in [one["TagKey"] for one in found["Tags"]["Tag"]]
    ack.finish(attach(ack, cluster_id, pool_id, [id_]))
    assert len(ack.nodes(cluster_id)) == 1


def test_attached_instances_outlive_pool_and_cluster(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    (id_,) = run(ack, cluster_id)
    ack.finish(attach(ack, cluster_id, pool_id, [id_]))
    assert len(ack.nodes(cluster_id)) == 2
    ack.finish(
        ack.client.delete_cluster_nodepool(cluster_id, pool_id, cs.DeleteClusterNodepoolRequest(force=True)).body.task_id
    )
    assert [one["InstanceId"] for one in ack.instances()] == [id_]
    other = ack.pool(cluster_id, size=0)
    ack.finish(attach(ack, cluster_id, other, [id_]))
    ack.finish(ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest()).body.task_id)
    assert [one["InstanceId"] for one in ack.instances()] == [id_]
    assert [one["type"] for one in ack.cloud.world("security_group")] == ["security_group"]  # in use: it stays


def test_the_old_call_makes_the_default_pool(ack: Ack, cluster_id: str) -> None:
    (id_,) = run(ack, cluster_id)
    made = ack.client.attach_instances(cluster_id, cs.AttachInstancesRequest(instances=[id_])).body
    assert [(one.instance_id, one.code) for one in made.list] == [(id_, "200")]
    ack.finish(made.task_id)
    (pool,) = ack.client.describe_cluster_node_pools(cluster_id, cs.DescribeClusterNodePoolsRequest()).body.nodepools
    assert (pool.nodepool_info.name, pool.nodepool_info.is_default) == ("default-nodepool", True)


def test_attaching_needs_a_pool_that_is_idle(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    (id_,) = run(ack, cluster_id)
    attach(ack, cluster_id, pool_id, [id_])
    with pytest.raises(DaraException) as failure:
        attach(ack, cluster_id, pool_id, [id_])
    assert code_of(failure) == "InvalidNodePoolStatus.Forbidden"


def test_a_script_for_machines_of_ones_own(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    request = cs.DescribeClusterAttachScriptsRequest(nodepool_id=pool_id)
    script = ack.client.describe_cluster_attach_scripts(cluster_id, request).body
    assert script.startswith("curl ")
    assert f"alibabacloud.com/nodepool-id={pool_id}" in script
