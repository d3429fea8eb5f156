"""Clusters: made, read, changed, deleted, over the official SDK."""

import json
from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack


def test_a_cluster_takes_its_time(ack: Ack) -> None:
    made = ack.client.create_cluster(ack.request()).body
    assert (made.cluster_id[0], len(made.cluster_id)) == ("c", 33)
    assert (made.task_id[:2], len(made.task_id)) == ("T-", 26)
    assert made.request_id
    assert ack.detail(made.cluster_id)["state"] == "initial"
    ack.pass_time(200)
    assert ack.detail(made.cluster_id)["state"] == "initial", ack.task(made.task_id)
    task = ack.task(made.task_id)
    assert (task["state"], task["task_type"]) == ("running", "cluster_create")
    assert task["target"] == {"id": made.cluster_id, "type": "cluster"}
    ack.pass_time(21)
    assert ack.detail(made.cluster_id)["state"] == "running"
    task = ack.task(made.task_id)
    assert (task["state"], task["stages"][-1]["state"]) == ("success", "success")
    assert task["created"].endswith("+08:00")


def test_what_was_asked_reads_back(ack: Ack) -> None:
    cluster_id = ack.cluster()
    found = ack.detail(cluster_id)
    wanted = {
        "name": "one",
        "cluster_type": "ManagedKubernetes",
        "cluster_spec": "ack.pro.small",
        "profile": "Default",
        "current_version": "1.35.7-aliyun.1",
        "next_version": "1.36.2-aliyun.1",
        "vpc_id": ack.vpc_id,
        "vswitch_ids": ack.vswitch_ids,
        "container_cidr": "172.20.0.0/16",
        "subnet_cidr": "172.20.0.0/16",
        "service_cidr": "172.21.0.0/20",
        "node_cidr_mask": "25",
        "proxy_mode": "ipvs",
        "network_mode": "vpc",
        "deletion_protection": False,
        "size": 0,
        "region_id": REGION,
    }
    assert {name: found[name] for name in wanted} == wanted
    assert found["tags"] == [{"key": "acsctl:stack", "value": "s"}, {"key": "ack.aliyun.com", "value": cluster_id}]
    assert json.loads(found["meta_data"])["Capabilities"]["Network"] == "Flannel"
    assert "kube-flannel-ds" in [one["name"] for one in json.loads(found["meta_data"])["Addons"]]
    assert json.loads(found["master_url"])["intranet_api_server_endpoint"].startswith("https://127.0.0.1:")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "-one"}, "InvalidParameter.Name"),
        ({"name": ""}, "MissingParameter.Name"),
        ({"cluster_type": "Kubernetes"}, "InvalidParameter.ClusterType"),
        ({"cluster_spec": "ack.huge"}, "InvalidParameter.ClusterSpec"),
        ({"kubernetes_version": "1.34.3-aliyun.1"}, "InvalidParameter.KubernetesVersion"),
        ({"addons": []}, "InvalidParameter.Addons"),
        ({"addons": [cs.Addon(name="flannel"), cs.Addon(name="terway-eniip")]}, "InvalidParameter.Addons"),
        ({"addons": [cs.Addon(name="flannel"), cs.Addon(name="flanell")]}, "InvalidParameter.Addons"),
        ({"vpcid": "vpc-none"}, "InvalidParameter.Vpcid"),
        ({"vpcid": None}, "MissingParameter.Vpcid"),
        ({"vswitch_ids": ["vsw-none"]}, "InvalidParameter.VswitchIds"),
        ({"container_cidr": None}, "MissingParameter.ContainerCidr"),
        ({"container_cidr": "10.5.0.0/16"}, "InvalidParameter.ContainerCidr"),
        ({"container_cidr": "8.0.0.0/16"}, "InvalidParameter.ContainerCidr"),
        ({"container_cidr": "172.21.0.0/16"}, "InvalidParameter.ContainerCidr"),
        ({"service_cidr": "172.21.0.0/25"}, "InvalidParameter.ServiceCidr"),
        ({"service_cidr": "10.0.0.0/20"}, "InvalidParameter.ServiceCidr"),
        ({"node_cidr_mask": "29"}, "InvalidParameter.NodeCidrMask"),
        ({"node_cidr_mask": 25}, "InvalidParameter"),
        ({"security_group_id": "sg-none"}, "InvalidParameter.SecurityGroupId"),
        ({"ip_stack": "ipv5"}, "InvalidParameter.IpStack"),
        ({"tags": [cs.Tag(key="acs:x", value="1")]}, "InvalidTagKey.Malformed"),
    ],
)
def test_what_cannot_be_is_refused_at_once(ack: Ack, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        ack.client.create_cluster(ack.request(**changes))
    assert code_of(failure) == code
    assert [one["type"] for one in ack.cloud.world() if one["type"] in ("cluster", "security_group", "ram_role")] == []


def test_ranges_of_clusters_in_a_vpc_stay_apart(ack: Ack) -> None:
    ack.client.create_cluster(ack.request())
    for changes in ({"service_cidr": "172.22.0.0/20"}, {"container_cidr": "172.23.0.0/16"}):
        with pytest.raises(DaraException) as failure:
            ack.client.create_cluster(ack.request(name="two", **changes))
        assert code_of(failure) in ("InvalidParameter.ContainerCidr", "InvalidParameter.ServiceCidr")
    apart = {"container_cidr": "172.23.0.0/16", "service_cidr": "172.22.0.0/20"}
    assert ack.client.create_cluster(ack.request(**apart)).body.cluster_id


def test_the_empty_lists_and_the_defaults_of_clients_are_taken(ack: Ack) -> None:
    changes = {"node_cidr_mask": None, "service_cidr": None, "kubernetes_version": None, "nodepools": [], "cluster_spec": ""}
    made = ack.client.create_cluster(ack.request(**changes)).body
    found = ack.detail(made.cluster_id)
    assert (found["node_cidr_mask"], found["service_cidr"]) == ("26", "172.19.0.0/20")
    assert (found["current_version"], found["cluster_spec"]) == ("1.36.2-aliyun.1", "ack.standard")


def test_terway_needs_no_range_of_pods(ack: Ack) -> None:
    changes = {"container_cidr": None, "node_cidr_mask": None, "pod_vswitch_ids": ack.vswitch_ids}
    cluster_id = ack.cluster(addons=[cs.Addon(name="terway-eniip")], **changes)
    found = ack.detail(cluster_id)
    assert (found["container_cidr"], found["node_cidr_mask"]) == ("", "")
    names = [one.name for one in ack.client.list_cluster_addon_instances(cluster_id).body.addons]
    assert {"terway-eniip", "terway-controlplane"} <= set(names)
    assert "kube-flannel-ds" not in names


def test_a_client_token_makes_one_cluster(ack: Ack) -> None:
    token = {"client_token": "abc"}
    first = ack.client.create_cluster(ack.request(**token)).body
    assert ack.client.create_cluster(ack.request(**token)).body.cluster_id == first.cluster_id
    with pytest.raises(DaraException) as failure:
        ack.client.create_cluster(ack.request(**token, timezone="UTC"))
    assert code_of(failure) == "IdempotentParameterMismatch"


def test_the_list_of_a_region_is_paged_and_filtered(ack: Ack) -> None:
    names = ("blue", "blues", "green")
    for number, name in enumerate(names):
        ranges = {"container_cidr": f"172.{20 + number}.0.0/16", "service_cidr": f"192.168.{16 * number}.0/20"}
        ack.client.create_cluster(ack.request(name=name, **ranges))

    def listed(**query: Any) -> tuple[list[str], int]:
        request = cs.DescribeClustersForRegionRequest(**query)
        body = ack.client.describe_clusters_for_region(REGION, request).body
        return [one.name for one in body.clusters], body.page_info.total_count

    assert listed() == (["blue", "blues", "green"], 3)
    assert listed(name="blu") == (["blue", "blues"], 2)
    assert listed(page_number=2, page_size=2) == (["green"], 3)
    assert listed(cluster_spec="ack.standard") == ([], 0)
    empty = ack.client.describe_clusters_for_region("cn-beijing", cs.DescribeClustersForRegionRequest()).body
    assert empty.clusters == []


def test_the_old_lists_are_switched_off(ack: Ack) -> None:
    for call in (
        lambda: ack.client.describe_clusters_v1(cs.DescribeClustersV1Request()),
        lambda: ack.client.describe_clusters(cs.DescribeClustersRequest()),
    ):
        with pytest.raises(DaraException) as failure:
            call()
        assert code_of(failure) == "InvalidApi.Offline"


def test_a_cluster_that_fails_stays_until_it_is_deleted(ack: Ack) -> None:
    ack.cloud.settings(failing_tasks={"cluster_create": 1})
    made = ack.client.create_cluster(ack.request()).body
    ack.pass_time(10)
    assert ack.detail(made.cluster_id)["state"] == "failed"
    task = ack.task(made.task_id)
    assert (task["state"], task["error"]["code"]) == ("fail", "TaskFailed")
    deleted = ack.client.delete_cluster(made.cluster_id, cs.DeleteClusterRequest()).body
    ack.finish(deleted.task_id)
    assert code_of_detail(ack, made.cluster_id) == "ErrorClusterNotFound"


def code_of_detail(ack: Ack, cluster_id: str) -> str:
    with pytest.raises(DaraException) as failure:
        ack.detail(cluster_id)
    return code_of(failure)


def test_modify_cluster(ack: Ack) -> None:
    cluster_id = ack.cluster()
    request = cs.ModifyClusterRequest(cluster_name="two", deletion_protection=True, timezone="UTC")
    made = ack.client.modify_cluster(cluster_id, request).body
    assert ack.detail(cluster_id)["state"] == "updating"
    assert ack.detail(cluster_id)["name"] == "one"
    with pytest.raises(DaraException) as failure:
        ack.client.modify_cluster(cluster_id, request)
    assert code_of(failure) == "ErrorClusterState"
    ack.pass_time(5)
    found = ack.detail(cluster_id)
    assert (found["state"], found["name"], found["timezone"], found["deletion_protection"]) == ("running", "two", "UTC", True)
    assert ack.task(made.task_id)["task_type"] == "cluster_modify"


def test_a_spec_beside_protection_leaves_protection_alone(ack: Ack) -> None:
    cluster_id = ack.cluster()
    request = cs.ModifyClusterRequest(cluster_spec="ack.pro.xlarge", deletion_protection=True)
    ack.finish(ack.client.modify_cluster(cluster_id, request).body.task_id)
    found = ack.detail(cluster_id)
    assert (found["cluster_spec"], found["deletion_protection"]) == ("ack.pro.xlarge", False)


def test_an_eip_of_the_api_server_needs_its_id(ack: Ack) -> None:
    cluster_id = ack.cluster()
    with pytest.raises(DaraException) as failure:
        ack.client.modify_cluster(cluster_id, cs.ModifyClusterRequest(api_server_eip=True))
    assert code_of(failure) == "InvalidParameter.ApiServerEipId"
    eip = ack.cloud.do("AllocateEipAddress")["AllocationId"]
    request = cs.ModifyClusterRequest(api_server_eip=True, api_server_eip_id=eip)
    ack.finish(ack.client.modify_cluster(cluster_id, request).body.task_id)
    assert json.loads(ack.detail(cluster_id)["master_url"])["api_server_endpoint"].startswith("https://")
    ack.finish(ack.client.modify_cluster(cluster_id, cs.ModifyClusterRequest(api_server_eip=False)).body.task_id)
    assert json.loads(ack.detail(cluster_id)["master_url"])["api_server_endpoint"] == ""
    assert [one["id"] for one in ack.cloud.world("eip")] == [eip]


def test_an_eip_that_came_with_the_cluster_goes_when_it_is_not_wanted(ack: Ack) -> None:
    cluster_id = ack.cluster(endpoint_public_access=True)
    assert len(ack.cloud.world("eip")) == 1
    ack.finish(ack.client.modify_cluster(cluster_id, cs.ModifyClusterRequest(api_server_eip=False)).body.task_id)
    ack.pass_time(5)
    assert ack.cloud.world("eip") == []


def test_a_cluster_that_is_deleted_while_it_is_made_leaves_nothing(ack: Ack) -> None:
    before = [one["id"] for one in ack.cloud.world()]
    made = ack.client.create_cluster(ack.request(endpoint_public_access=True, snat_entry=True)).body
    ack.pass_time(10)
    deleted = ack.client.delete_cluster(made.cluster_id, cs.DeleteClusterRequest()).body
    assert ack.task(made.task_id)["state"] == "canceled"
    ack.finish(deleted.task_id)
    ack.pass_time(60)
    assert [one["id"] for one in ack.cloud.world()] == before


def test_upgrades_go_one_version_at_a_time(ack: Ack) -> None:
    cluster_id = ack.cluster()
    with pytest.raises(DaraException) as failure:
        ack.client.upgrade_cluster(cluster_id, cs.UpgradeClusterRequest(next_version="1.37.0-aliyun.1"))
    assert code_of(failure) == "InvalidParameter.NextVersion"
    made = ack.client.upgrade_cluster(cluster_id, cs.UpgradeClusterRequest(next_version="1.36.2-aliyun.1")).body
    assert ack.detail(cluster_id)["state"] == "upgrading"
    ack.client.pause_task(made.task_id)
    ack.pass_time(700)
    assert ack.task(made.task_id)["state"] == "paused"
    ack.client.resume_task(made.task_id)
    ack.pass_time(600)
    found = ack.detail(cluster_id)
    assert (found["state"], found["current_version"]) == ("running", "1.36.2-aliyun.1")
    assert found["init_version"] == "1.35.7-aliyun.1"


def test_a_basic_cluster_becomes_a_pro_one(ack: Ack) -> None:
    cluster_id = ack.cluster(cluster_spec="ack.standard")
    made = ack.client.migrate_cluster(cluster_id, cs.MigrateClusterRequest()).body
    assert ack.detail(cluster_id)["state"] == "migrating"
    ack.finish(made.task_id)
    assert ack.detail(cluster_id)["cluster_spec"] == "ack.pro.small"


def test_protection_forbids_deletion(ack: Ack) -> None:
    cluster_id = ack.cluster(deletion_protection=True)
    with pytest.raises(DaraException) as failure:
        ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest())
    assert code_of(failure) == "ErrorClusterDeletionProtection"


def test_everything_goes_with_the_cluster(ack: Ack) -> None:
    before = [one for one in ack.cloud.world() if "cri-" not in one["id"]]
    cluster_id = ack.cluster(endpoint_public_access=True, snat_entry=True)
    kinds = {one["type"] for one in ack.cloud.world()}
    assert {"security_group", "load_balancer", "eip", "nat_gateway", "snat_entry", "network_interface", "ram_role"} <= kinds
    resources = ack.client.describe_cluster_resources(cluster_id, cs.DescribeClusterResourcesRequest()).body
    assert {"ALIYUN::ECS::SecurityGroup", "ALIYUN::SLB::LoadBalancer", "ALIYUN::SLS::Project"} <= {
        one.resource_type for one in resources
    }
    pool_id = ack.pool(cluster_id, size=2)
    assert len(ack.instances()) == 2
    plane = ack.world.planes.get(cluster_id)
    made = ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest()).body
    assert ack.detail(cluster_id)["state"] == "deleting"
    ack.finish(made.task_id)
    ack.pass_time(60)
    assert code_of_detail(ack, cluster_id) == "ErrorClusterNotFound"
    assert [one for one in ack.cloud.world() if "cri-" not in one["id"]] == before
    assert pool_id
    assert ack.world.planes.get(cluster_id) is None
    assert plane is not None
    for id_ in ack.vswitch_ids:
        assert ack.cloud.code("DeleteVSwitch", VSwitchId=id_) == ""
        ack.cloud.pass_time(10)
    assert ack.cloud.code("DeleteVpc", VpcId=ack.vpc_id) == ""


def test_what_a_cluster_makes_is_in_its_resource_group(ack: Ack) -> None:
    ack.cluster(resource_group_id="rg-one", endpoint_public_access=True)
    made = ("security_group", "load_balancer", "eip", "network_interface")
    groups = {one["type"]: one["attributes"]["ResourceGroupId"] for one in ack.cloud.world() if one["type"] in made}
    assert groups == dict.fromkeys(made, "rg-one")


def test_a_cluster_blocks_its_network(ack: Ack) -> None:
    ack.cluster()
    assert ack.cloud.code("DeleteVSwitch", VSwitchId=ack.vswitch_ids[0]).startswith("DependencyViolation")
    assert ack.cloud.code("DeleteVpc", VpcId=ack.vpc_id).startswith("DependencyViolation")


def test_what_is_to_be_retained_stays(ack: Ack) -> None:
    cluster_id = ack.cluster()
    balancer = ack.detail(cluster_id)["external_loadbalancer_id"]
    request = cs.DeleteClusterRequest(retain_resources=[balancer])
    ack.finish(ack.client.delete_cluster(cluster_id, request).body.task_id)
    assert [one["id"] for one in ack.cloud.world("load_balancer")] == [balancer]
    assert ack.cloud.world("security_group") == []


def test_a_security_group_of_ones_own_stays(ack: Ack) -> None:
    from alibabacloud_ecs20140526 import models as ecs

    made = ack.cloud.ecs.create_security_group(ecs.CreateSecurityGroupRequest(region_id=REGION, vpc_id=ack.vpc_id)).body
    cluster_id = ack.cluster(security_group_id=made.security_group_id)
    assert ack.detail(cluster_id)["security_group_id"] == made.security_group_id
    ack.finish(ack.client.delete_cluster(cluster_id, cs.DeleteClusterRequest()).body.task_id)
    assert [one["id"] for one in ack.cloud.world("security_group")] == [made.security_group_id]


def test_a_wrong_id_is_not_found(ack: Ack) -> None:
    assert code_of_detail(ack, "c0123") == "ErrorClusterNotFound"
