"""Kubeconfigs, quotas, versions, tags, and the wire of all that."""

import base64
from typing import Any

import pytest
import yaml
from alibabacloud_cs20151215 import models as cs
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, code_of
from tests.emulator.cs.ack import Ack, StillPlane
from tests.emulator.cs.wire import roa


@pytest.fixture
def cluster_id(ack: Ack) -> str:
    return ack.cluster()


def kubeconfig(ack: Ack, cluster_id: str, **query: Any) -> dict[str, Any]:
    request = cs.DescribeClusterUserKubeconfigRequest(**query)
    return dict(ack.client.describe_cluster_user_kubeconfig(cluster_id, request).body.to_map())


def plane(ack: Ack, cluster_id: str) -> StillPlane:
    found = ack.world.planes.get(cluster_id)
    assert isinstance(found, StillPlane)
    return found


def test_a_kubeconfig_has_the_shape_of_ack(ack: Ack, cluster_id: str) -> None:
    document = yaml.safe_load(kubeconfig(ack, cluster_id, temporary_duration_minutes=15)["config"])
    assert (document["kind"], document["current-context"]) == ("Config", f"1000200030004000-{cluster_id}")
    (cluster,), (user,), (context,) = document["clusters"], document["users"], document["contexts"]
    server = plane(ack, cluster_id)
    assert (cluster["name"], cluster["cluster"]["server"]) == ("kubernetes", server.server)
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode() == server.authority
    assert (user["name"], context["context"]) == ("1000200030004000", {"cluster": "kubernetes", "user": "1000200030004000"})
    assert base64.b64decode(user["user"]["client-certificate-data"]) == b"certificate 1"
    name, groups, seconds = server.issued[0]
    assert (name.split("-")[0], groups, seconds) == ("1000200030004000", ("system:users",), 900.0)


def test_each_fetch_gives_another_pair(ack: Ack, cluster_id: str) -> None:
    first, second = kubeconfig(ack, cluster_id)["config"], kubeconfig(ack, cluster_id, private_ip_address=True)["config"]
    assert first != second
    assert {seconds for _, _, seconds in plane(ack, cluster_id).issued} == {3 * 365 * 86400.0}
    states = ack.client.list_cluster_kubeconfig_states(cluster_id, cs.ListClusterKubeconfigStatesRequest()).body
    assert [(one.account_id, one.cert_state) for one in states.states] == [("1000200030004000", "Unexpired")]
    ack.client.revoke_k8s_cluster_kube_config(cluster_id)
    states = ack.client.list_cluster_kubeconfig_states(cluster_id, cs.ListClusterKubeconfigStatesRequest()).body
    assert states.states == []


def test_no_key_is_kept(ack: Ack, cluster_id: str) -> None:
    kubeconfig(ack, cluster_id)
    kept = str([(one.attributes, one.tags) for one in ack.world.store.everything()])
    assert "certificate 1" not in kept
    assert "key 1" not in kept


@pytest.mark.parametrize("minutes", [14, 4321])
def test_durations_have_limits(ack: Ack, cluster_id: str, minutes: int) -> None:
    with pytest.raises(DaraException) as failure:
        kubeconfig(ack, cluster_id, temporary_duration_minutes=minutes)
    assert code_of(failure) == "InvalidParameter.TemporaryDurationMinutes"


def test_a_cluster_that_does_not_run_has_none(ack: Ack) -> None:
    made = ack.client.create_cluster(ack.request()).body
    with pytest.raises(DaraException) as failure:
        kubeconfig(ack, made.cluster_id)
    assert code_of(failure) == "ErrorClusterState"


def test_users_are_admitted_to_the_cluster(ack: Ack, cluster_id: str) -> None:
    (binding,) = [body for method, path, body in plane(ack, cluster_id).requests if "clusterrolebindings" in path]
    assert (binding["roleRef"]["name"], binding["subjects"][0]["name"]) == ("cluster-admin", "system:users")


def test_quotas(ack: Ack) -> None:
    found = ack.client.describe_user_quota().body
    assert (found.cluster_quota, found.amk_cluster_quota, found.cluster_nodepool_quota, found.node_quota) == (50, 20, 20, 100)
    assert found.quotas["node_quota"].quota == "100"
    ack.cloud.settings(quotas={"cs.clusters": 0})
    with pytest.raises(DaraException) as failure:
        ack.client.create_cluster(ack.request())
    assert code_of(failure) == "QuotaExceeded.Cluster"


def test_versions_are_a_bare_list(ack: Ack) -> None:
    request = cs.DescribeKubernetesVersionMetadataRequest(region=REGION, cluster_type="ManagedKubernetes")
    found = ack.client.describe_kubernetes_version_metadata(request).body
    assert [one.version for one in found] == ["1.36.2-aliyun.1", "1.35.7-aliyun.1"]
    assert {image.architecture for image in found[0].images} == {"x86_64", "arm64"}
    query = {"ClusterType": "ManagedKubernetes"}
    assert roa(ack.cloud, "GET", "/api/v1/metadata/versions", query=query).json["code"] == "MissingRegion"
    query |= {"Region": REGION, "KubernetesVersion": "1.35.7-aliyun.1"}
    (one,) = roa(ack.cloud, "GET", "/api/v1/metadata/versions", query=query).json
    assert one["upgradable_versions"] == ["1.36.2-aliyun.1"]


def test_the_small_calls_of_an_account(ack: Ack, cluster_id: str) -> None:
    assert ack.client.open_ack_service(cs.OpenAckServiceRequest(type="propayasgo")).body.order_id
    roles = [cs.CheckServiceRoleRequestRoles(name="AliyunCSManagedKubernetesRole")]
    assert ack.client.check_service_role(cs.CheckServiceRoleRequest(roles=roles)).body.roles[0].granted
    assert [one.resource_id for one in ack.client.describe_user_permission("1000200030004000").body] == [cluster_id]
    assert REGION in [one.region_id for one in ack.client.describe_regions(cs.DescribeRegionsRequest()).body.regions]
    assert ack.client.check_control_plane_log_enable(cluster_id).body.log_ttl == "30"


def test_tags(ack: Ack, cluster_id: str) -> None:
    named: dict[str, Any] = {"region_id": REGION, "resource_type": "CLUSTER", "resource_ids": [cluster_id]}
    ack.client.tag_resources(cs.TagResourcesRequest(**named, tags=[cs.Tag(key="b", value="2"), cs.Tag(key="c", value="3")]))
    ack.client.untag_resources(cs.UntagResourcesRequest(**named, tag_keys=["c"]))
    listed = ack.client.list_tag_resources(cs.ListTagResourcesRequest(**named)).body.tag_resources.tag_resource
    assert [(one.tag_key, one.tag_value) for one in listed] == [("acsctl:stack", "s"), ("b", "2")]
    some = cs.ListTagResourcesRequest(**named, tags=[cs.Tag(key="b", value="9")])
    assert ack.client.list_tag_resources(some).body.tag_resources.tag_resource == []
    ack.client.modify_cluster_tags(cluster_id, cs.ModifyClusterTagsRequest(body=[cs.Tag(key="d", value="4")]))
    assert {one["key"] for one in ack.detail(cluster_id)["tags"]} == {"d", "ack.aliyun.com"}


def test_tags_need_ids_of_clusters(ack: Ack, cluster_id: str) -> None:
    query = {"region_id": REGION, "resource_type": "CLUSTER"}
    assert roa(ack.cloud, "GET", "/tags", query=query).status == 400
    body = {**query, "resource_ids": ["c0"], "tags": [{"key": "a", "value": "1"}]}
    assert roa(ack.cloud, "PUT", "/tags", body=body).json["code"] == "ErrorClusterNotFound"
    body = {**query, "resource_type": "NODEPOOL", "resource_ids": [cluster_id], "tags": [{"key": "a", "value": "1"}]}
    assert roa(ack.cloud, "PUT", "/tags", body=body).json["code"] == "InvalidParameter.ResourceType"


def test_the_region_is_found_from_the_id(ack: Ack, cluster_id: str) -> None:
    assert roa(ack.cloud, "GET", f"/clusters/{cluster_id}").json["region_id"] == REGION
    answer = roa(ack.cloud, "GET", "/clusters/c0")
    assert (answer.status, answer.json["code"]) == (404, "ErrorClusterNotFound")


def test_bodies_are_typed_strictly(ack: Ack, cluster_id: str) -> None:
    path = f"/clusters/{cluster_id}/nodepools"
    group = {"vswitch_ids": ack.vswitch_ids, "instance_types": ["ecs.g7.xlarge"], "instance_charge_type": "PostPaid"}
    disk = {"category": "cloud_essd", "size": 40, "encrypted": True}
    body = {"nodepool_info": {"name": "w"}, "scaling_group": {**group, "data_disks": [disk]}}
    answer = roa(ack.cloud, "POST", path, body=body).json
    assert (answer["code"], "data_disks[0].encrypted" in answer["message"]) == ("InvalidParameter", True)
    body = {
        "nodepool_info": {"name": "w"},
        "scaling_group": {**group, "data_disks": [{**disk, "encrypted": "false"}]},
        "odd": 1,
    }
    assert roa(ack.cloud, "POST", path, body=body).status == 200
    assert "odd" in [one["text"] for one in ack.cloud.findings("unknown-parameter")]
