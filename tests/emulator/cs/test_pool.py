"""Node pools and the ECS instances that they make."""

from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from alibabacloud_ecs20140526 import models as ecs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def modify(ack: Ack, cluster_id: str, pool_id: str, **given: Any) -> str:
    request = cs.ModifyClusterNodePoolRequest(**given)
    return str(ack.client.modify_cluster_node_pool(cluster_id, pool_id, request).body.task_id)


def size(desired: int) -> cs.ModifyClusterNodePoolRequestScalingGroup:
    return cs.ModifyClusterNodePoolRequestScalingGroup(desired_size=desired)


def delete_instance(ack: Ack, instance_id: str) -> None:
    ack.cloud.ecs.delete_instance(ecs.DeleteInstanceRequest(instance_id=instance_id, force=True))


def test_a_pool_makes_its_instances(ack: Ack, cluster_id: str) -> None:
    request = ack.pool_request(
        size=3,
        kubernetes_config=cs.CreateClusterNodePoolRequestKubernetesConfig(
            labels=[cs.Tag(key="role", value="web")], taints=[cs.Taint(key="gpu", value="yes", effect="NoSchedule")]
        ),
    )
    made = ack.client.create_cluster_node_pool(cluster_id, request).body
    assert (made.nodepool_id[:2], len(made.nodepool_id)) == ("np", 34)
    ack.pass_time(11, boot=False)
    found = ack.pool_detail(cluster_id, made.nodepool_id)
    assert (found["status"]["state"], found["status"]["initial_nodes"]) == ("initial", 3)
    assert (len(ack.nodes(cluster_id)), len(ack.nodes(cluster_id, state="initial"))) == (0, 3)
    assert [one["status"] for one in ack.task(made.task_id)["task_result"]] == ["initial"] * 3
    task = ack.finish(made.task_id)
    assert task["target"] == {"id": made.nodepool_id, "type": "nodepool"}
    assert [one["status"] for one in task["task_result"]] == ["success"] * 3
    instances = ack.instances()
    group = ack.detail(cluster_id)["security_group_id"]
    for one in instances:
        tags = {tag["TagKey"]: tag["TagValue"] for tag in one["Tags"]["Tag"]}
        assert one["InstanceName"] == f"worker-k8s-for-cs-{cluster_id}"
        assert one["SecurityGroupIds"]["SecurityGroupId"] == [group]
        assert tags["ack.aliyun.com"] == cluster_id
        assert tags["ack.alibabacloud.com/nodepool-id"] == made.nodepool_id
        assert tags["acsctl:stack"] == "s"
    assert sorted(one["VpcAttributes"]["VSwitchId"] for one in instances) in (
        sorted([*ack.vswitch_ids, one]) for one in ack.vswitch_ids
    )
    nodes = ack.nodes(cluster_id)
    assert {one["node_name"] for one in nodes} == {
        f"{REGION}.{one['VpcAttributes']['PrivateIpAddress']['IpAddress'][0]}" for one in instances
    }
    assert {(one["state"], one["node_status"], one["source"]) for one in nodes} == {("running", "Ready", "ess")}
    record = ack.world.store.of(ack.node_type)[0]
    assert (record["Labels"], record["Taints"]) == (
        {"role": "web"},
        [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
    )


def test_the_defaults_read_back(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    found = ack.pool_detail(cluster_id, pool_id)
    group, config = found["scaling_group"], found["kubernetes_config"]
    wanted = {"multi_az_policy": "BALANCE", "scaling_policy": "release", "spot_strategy": "NoSpot", "desired_size": 0}
    assert {name: group[name] for name in wanted} == wanted
    assert group["security_group_ids"] == [group["security_group_id"]]
    assert group["scaling_group_id"].startswith("asg-")
    assert group["tags"] == [{"key": "acsctl:stack", "value": "s"}]
    assert (config["node_name_mode"], config["runtime"], config["cpu_policy"]) == ("nodeip", "containerd", "none")
    assert found["management"]["enable"] is False
    assert found["nodepool_info"]["name"] == "workers"
    listed = ack.client.describe_cluster_node_pools(cluster_id, cs.DescribeClusterNodePoolsRequest()).body.nodepools
    assert [one.nodepool_info.nodepool_id for one in listed] == [pool_id]
    none = cs.DescribeClusterNodePoolsRequest(nodepool_name="other")
    assert ack.client.describe_cluster_node_pools(cluster_id, none).body.nodepools == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"group": {"vswitch_ids": []}}, "MissingParameter.VswitchIds"),
        ({"group": {"vswitch_ids": ["vsw-none"]}}, "InvalidParameter.VswitchIds"),
        ({"group": {"instance_types": None}}, "MissingParameter.InstanceTypes"),
        ({"group": {"instance_types": ["ecs.none"]}}, "InvalidParameter.InstanceTypes"),
        ({"group": {"instance_charge_type": None}}, "MissingParameter.InstanceChargeType"),
        ({"group": {"system_disk_size": 10}}, "InvalidParameter.SystemDiskSize"),
        ({"group": {"image_id": "m-none"}}, "InvalidParameter.ImageId"),
        ({"group": {"key_pair": "none"}}, "InvalidParameter.KeyPair"),
        ({"group": {"security_group_ids": ["sg-none"]}}, "InvalidParameter.SecurityGroupId"),
        ({"name": ""}, "MissingParameter.NodepoolInfo"),
        ({"management": cs.CreateClusterNodePoolRequestManagement(enable=True)}, "InvalidParameter.Management"),
        (
            {"auto_scaling": cs.CreateClusterNodePoolRequestAutoScaling(enable=True, min_instances=1, max_instances=2)},
            "InvalidDesiredSizeOrCount.NotNull",
        ),
        ({"size": 200}, "QuotaExceeded.Node"),
    ],
)
def test_what_cannot_be_is_refused(ack: Ack, cluster_id: str, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(**changes))
    assert code_of(failure).startswith(code)


def test_scaling_out_and_in(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    task_id = modify(ack, cluster_id, pool_id, scaling_group=size(3))
    assert ack.task(task_id)["task_type"] == "nodepool_scaleout"
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "scaling"
    with pytest.raises(DaraException) as failure:
        modify(ack, cluster_id, pool_id, scaling_group=size(4))
    assert code_of(failure) == "InvalidNodePoolStatus.Forbidden"
    ack.finish(task_id)
    assert ack.pool_detail(cluster_id, pool_id)["scaling_group"]["tags"] == [{"key": "acsctl:stack", "value": "s"}]
    first = ack.nodes(cluster_id)[0]["instance_id"]
    assert len(ack.instances()) == 3
    task_id = modify(ack, cluster_id, pool_id, scaling_group=size(1))
    with pytest.raises(DaraException) as failure:
        ack.client.cancel_task(task_id)
    assert code_of(failure) == "ErrPauseTask"
    assert ack.finish(task_id)["task_type"] == "nodepool_scalein"
    ack.pass_time(10)
    assert [one["InstanceId"] for one in ack.instances()] == [first]


def test_count_is_added(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    made = ack.client.scale_cluster_node_pool(cluster_id, pool_id, cs.ScaleClusterNodePoolRequest(count=2)).body
    ack.finish(made.task_id)
    assert ack.pool_detail(cluster_id, pool_id)["scaling_group"]["desired_size"] == 3


def test_a_pool_refills_itself(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=2)
    lost = ack.nodes(cluster_id)[0]["instance_id"]
    delete_instance(ack, lost)
    ack.pass_time(5)
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "scaling"
    for _ in range(5):
        ack.pass_time(10)
    names = {one["InstanceId"] for one in ack.instances()}
    assert (len(names), lost in names) == (2, False)
    assert {one["instance_id"] for one in ack.nodes(cluster_id)} == names


def test_removed_nodes_stay_as_instances_and_are_replaced(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=2)
    taken = ack.nodes(cluster_id)[0]
    request = cs.RemoveNodePoolNodesRequest(instance_ids=[taken["instance_id"]], drain_node=True, release_node=False)
    made = ack.client.remove_node_pool_nodes(cluster_id, pool_id, request).body
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "removing_nodes"
    ack.pass_time(6, boot=False)
    assert ack.task(made.task_id)["current_stage"] == "DrainNodes"
    assert [one["state"] for one in ack.nodes(cluster_id, state="removing")] == ["removing"]
    ack.finish(made.task_id)
    for _ in range(5):
        ack.pass_time(10)
    assert len(ack.instances()) == 3
    nodes = {one["instance_id"] for one in ack.nodes(cluster_id)}
    assert (len(nodes), taken["instance_id"] in nodes) == (2, False)


def test_removed_nodes_are_released_on_request(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    ack.finish(modify(ack, cluster_id, pool_id, scaling_group=size(0)))
    assert ack.nodes(cluster_id) == []
    ack.finish(modify(ack, cluster_id, pool_id, scaling_group=size(1)))
    (node,) = ack.nodes(cluster_id)
    request = cs.RemoveNodePoolNodesRequest(nodes=[node["node_name"]], release_node=True)
    ack.finish(ack.client.remove_node_pool_nodes(cluster_id, pool_id, request).body.task_id)
    ack.pass_time(10)
    assert node["instance_id"] not in {one["InstanceId"] for one in ack.instances()}


def test_delete_cluster_nodes_takes_names(ack: Ack, cluster_id: str) -> None:
    ack.pool(cluster_id, size=1)
    (node,) = ack.nodes(cluster_id)
    with pytest.raises(DaraException) as failure:
        ack.client.delete_cluster_nodes(cluster_id, cs.DeleteClusterNodesRequest(nodes=[node["instance_id"]]))
    assert code_of(failure) == "InvalidParameter.Nodes"
    request = cs.DeleteClusterNodesRequest(nodes=[node["node_name"]], release_node=True)
    ack.finish(ack.client.delete_cluster_nodes(cluster_id, request).body.task_id)


def test_a_pool_with_nodes_needs_force(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    request = cs.DeleteClusterNodepoolRequest()
    task = ack.finish(ack.client.delete_cluster_nodepool(cluster_id, pool_id, request).body.task_id, state="fail")
    assert task["error"]["message"] == "ScalingGroup's instances not empty"
    assert ack.pool_detail(cluster_id, pool_id)["status"]["state"] == "delete_failed"
    with pytest.raises(DaraException) as failure:
        modify(ack, cluster_id, pool_id, scaling_group=size(0))
    assert code_of(failure) == "InvalidNodePoolStatus.Forbidden"
    request = cs.DeleteClusterNodepoolRequest(force=True)
    ack.finish(ack.client.delete_cluster_nodepool(cluster_id, pool_id, request).body.task_id)
    with pytest.raises(DaraException) as failure:
        ack.pool_detail(cluster_id, pool_id)
    assert code_of(failure) == "ErrorNodePoolNotFound"
    assert ack.instances() == []


def test_labels_reach_nodes_when_asked(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=1)
    config = cs.ModifyClusterNodePoolRequestKubernetesConfig(labels=[cs.Tag(key="a", value="1")])
    ack.finish(modify(ack, cluster_id, pool_id, kubernetes_config=config))
    (node,) = ack.world.store.of(ack.node_type)
    assert node["Labels"] == {}
    assert ack.pool_detail(cluster_id, pool_id)["kubernetes_config"]["labels"] == [{"key": "a", "value": "1"}]
    task_id = modify(ack, cluster_id, pool_id, kubernetes_config=config, update_nodes=True)
    assert ack.finish(task_id)["task_type"] == "nodepool_update"
    (node,) = ack.world.store.of(ack.node_type)
    assert node["Labels"] == {"a": "1"}


def test_tags_and_types_of_a_pool_change(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    tags = [cs.Tag(key="k", value="v")]
    group = cs.ModifyClusterNodePoolRequestScalingGroup(tags=tags, instance_types=["ecs.g7.2xlarge"], system_disk_size=200)
    info = cs.ModifyClusterNodePoolRequestNodepoolInfo(name="others")
    ack.finish(modify(ack, cluster_id, pool_id, scaling_group=group, nodepool_info=info))
    found = ack.pool_detail(cluster_id, pool_id)
    assert found["nodepool_info"]["name"] == "others"
    assert found["scaling_group"]["tags"] == [{"key": "k", "value": "v"}]
    assert (found["scaling_group"]["instance_types"], found["scaling_group"]["system_disk_size"]) == (["ecs.g7.2xlarge"], 200)
    assert found["scaling_group"]["desired_size"] == 0


def test_without_stock_the_next_type_is_bought(ack: Ack, cluster_id: str) -> None:
    none = {"ecs.g7.xlarge": 0}
    ack.cloud.settings(stock={f"{REGION}-h": none, f"{REGION}-i": none})
    ack.pool(cluster_id, size=2, group={"instance_types": ["ecs.g7.xlarge", "ecs.c7.xlarge"]})
    assert {one["InstanceType"] for one in ack.instances()} == {"ecs.c7.xlarge"}


def test_without_any_stock_the_task_fails_and_the_pool_tries_again_later(ack: Ack, cluster_id: str) -> None:
    none = {"ecs.g7.xlarge": 0}
    ack.cloud.settings(stock={f"{REGION}-h": none, f"{REGION}-i": none})
    made = ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(size=2)).body
    assert "NoStock" in ack.finish(made.task_id, state="fail")["error"]["code"]
    assert ack.pool_detail(cluster_id, made.nodepool_id)["status"]["total_nodes"] == 0
    ack.cloud.settings(stock={})
    ack.pass_time(310)
    for _ in range(3):
        ack.pass_time(10)
    assert ack.pool_detail(cluster_id, made.nodepool_id)["status"]["serving_nodes"] == 2


def test_a_pool_that_scales_by_itself_keeps_its_minimum(ack: Ack, cluster_id: str) -> None:
    scaling = cs.CreateClusterNodePoolRequestAutoScaling(enable=True, min_instances=1, max_instances=3)
    pool_id = ack.pool(cluster_id, size=None, auto_scaling=scaling)
    found = ack.pool_detail(cluster_id, pool_id)
    assert (found["status"]["total_nodes"], found["auto_scaling"]["max_instances"]) == (1, 3)
    with pytest.raises(DaraException) as failure:
        modify(ack, cluster_id, pool_id, scaling_group=size(2))
    assert code_of(failure) == "InvalidDesiredSizeOrCount.NotNull"


def test_kubelets_are_configured_anew(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=0)
    request = cs.ModifyNodePoolNodeConfigRequest(kubelet_config=cs.KubeletConfig(max_pods=100))
    made = ack.client.modify_node_pool_node_config(cluster_id, pool_id, request).body
    assert ack.finish(made.task_id)["task_type"] == "nodepool_node_kubelet_config_rollout"
    found = ack.pool_detail(cluster_id, pool_id)
    assert found["node_config"]["kubelet_configuration"]["maxPods"] == 100


def test_nodes_are_upgraded_in_growing_batches(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=3)
    request = cs.UpgradeClusterRequest(next_version="1.36.2-aliyun.1", master_only=True)
    upgraded = ack.client.upgrade_cluster(cluster_id, request).body
    ack.pass_time(601)
    assert ack.task(upgraded.task_id)["state"] == "success"
    request = cs.UpgradeClusterNodepoolRequest(kubernetes_version="1.36.2-aliyun.1")
    made = ack.client.upgrade_cluster_nodepool(cluster_id, pool_id, request).body
    ack.pass_time(6)
    versions = sorted(one["Version"] for one in ack.world.store.of(ack.node_type))
    assert versions == ["1.35.7-aliyun.1", "1.35.7-aliyun.1", "1.36.2-aliyun.1"]
    ack.pass_time(121)
    assert {one["Version"] for one in ack.world.store.of(ack.node_type)} == {"1.36.2-aliyun.1"}
    ack.finish(made.task_id)


def test_names_of_nodes_can_be_chosen(ack: Ack, cluster_id: str) -> None:
    config = cs.CreateClusterNodePoolRequestKubernetesConfig(node_name_mode="customized,web-,ip,-x")
    ack.pool(cluster_id, size=1, kubernetes_config=config)
    (node,), (instance,) = ack.nodes(cluster_id), ack.instances()
    assert node["node_name"] == f"web-{instance['VpcAttributes']['PrivateIpAddress']['IpAddress'][0]}-x"
    assert instance["InstanceName"] == node["node_name"]


def test_the_list_of_nodes_is_paged(ack: Ack, cluster_id: str) -> None:
    pool_id = ack.pool(cluster_id, size=3)
    request = cs.DescribeClusterNodesRequest(page_number="2", page_size="2", nodepool_id=pool_id)
    body = ack.client.describe_cluster_nodes(cluster_id, request).body
    assert (len(body.nodes), body.page.total_count) == (1, 3)
    with pytest.raises(DaraException) as failure:
        ack.nodes(cluster_id, state="broken")
    assert code_of(failure) == "InvalidParameter.State"


def test_a_busy_pool_holds_the_cluster(ack: Ack, cluster_id: str) -> None:
    ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(size=1))
    with pytest.raises(DaraException) as failure:
        ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest())
    assert code_of(failure) == "DependencyViolation.Resource"


def test_an_inline_pool_follows_its_cluster(ack: Ack) -> None:
    inline = cs.Nodepool(
        nodepool_info=cs.NodepoolNodepoolInfo(name="first"),
        scaling_group=cs.NodepoolScalingGroup(
            vswitch_ids=ack.vswitch_ids, instance_types=["ecs.g7.xlarge"], instance_charge_type="PostPaid", desired_size=1
        ),
    )
    cluster_id = ack.cluster(nodepools=[inline])
    for _ in range(3):
        ack.pass_time(10)
    assert len(ack.nodes(cluster_id)) == 1
