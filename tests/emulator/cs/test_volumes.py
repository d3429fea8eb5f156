"""Dynamic volumes: disks of the cloud behind PersistentVolumes, on a whole built-in control plane."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_cs20151215 import models as cs
from alibabacloud_ecs20140526 import models as ecs

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.cs.test_tending import BALANCED, Cluster
from tests.emulator.slb.test_load_balancer import Balancers

CORE = "/api/v1/namespaces/default"
VOLUMES = "/api/v1/persistentvolumes"
INTRANET = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


@pytest.fixture
def cluster(cloud: LocalCloud) -> Cluster:
    made = Cluster(cloud)
    made.make()
    made.make_pool(size=1)
    return made


def claim(cluster: Cluster, name: str = "data", *, of: str = "alicloud-disk-topology-alltype", size: str = "20Gi") -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": of, "resources": {"requests": {"storage": size}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
    assert cluster.plane.request("POST", f"{CORE}/persistentvolumeclaims", body=body).status == 201


def pod(cluster: Cluster, name: str = "db", *, uses: str = "data") -> None:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": uses}}]
    spec = {"containers": [{"name": "c", "image": "nginx"}], "volumes": volumes}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    assert cluster.plane.request("POST", f"{CORE}/pods", body=body).status == 201


def drop(cluster: Cluster, path: str) -> None:
    assert cluster.plane.request("DELETE", path).ok


def phase(cluster: Cluster, name: str = "data") -> str:
    return str(cluster.get(f"{CORE}/persistentvolumeclaims/{name}").get("status", {}).get("phase", "none"))


def disks(cluster: Cluster) -> list[dict[str, Any]]:
    """Those that the driver made."""
    tags = [ecs.DescribeDisksRequestTag(key="createdby", value="alibabacloud-csi-plugin")]
    request = ecs.DescribeDisksRequest(region_id=REGION, tag=tags)
    return [one.to_map() for one in cluster.cloud.ecs.describe_disks(request).body.disks.disk]


def events(cluster: Cluster, reason: str) -> list[str]:
    return [one["message"] for one in cluster.list("/api/v1/events") if one["reason"] == reason]


def pass_time(cluster: Cluster, seconds: int) -> None:
    end = cluster.cloud.server.world.clock.now() + seconds
    cluster.until(lambda: cluster.cloud.server.world.clock.now() >= end)


def is_in_use(cluster: Cluster) -> Callable[[], bool]:
    return lambda: [one["Status"] for one in disks(cluster)] == ["In_use"]


def test_a_pod_gets_a_disk_of_the_cloud(cluster: Cluster) -> None:
    claim(cluster)
    cluster.until(lambda: phase(cluster) == "Pending")
    assert disks(cluster) == []
    pod(cluster)
    cluster.until(lambda: phase(cluster) == "Bound")
    [disk] = disks(cluster)
    [volume] = cluster.list(VOLUMES)
    tags = {one["TagKey"]: one["TagValue"] for one in disk["Tags"]["Tag"]}
    assert tags["ack.aliyun.com"] == cluster.id
    assert tags["kubernetes.io/created-for/pvc/name"] == "data"
    assert (disk["Category"], disk["Size"], disk["DiskName"]) == ("cloud_essd", 20, volume["metadata"]["name"])
    spec = volume["spec"]
    assert (spec["csi"]["driver"], spec["csi"]["volumeHandle"]) == ("diskplugin.csi.alibabacloud.com", disk["DiskId"])
    (term,) = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [disk["ZoneId"]]
    cluster.until(is_in_use(cluster))
    node = cluster.get(f"{CORE}/pods/db")["spec"]["nodeName"]
    assert cluster.get(f"/api/v1/nodes/{node}")["spec"]["providerID"] == f"{REGION}.{disks(cluster)[0]['InstanceId']}"
    drop(cluster, f"{CORE}/pods/db")
    cluster.until(lambda: [one["Status"] for one in disks(cluster)] == ["Available"])
    drop(cluster, f"{CORE}/persistentvolumeclaims/data")
    cluster.until(lambda: disks(cluster) == [])
    cluster.until(lambda: cluster.list(VOLUMES) == [])


def test_a_claim_that_goes_with_its_pod_waits_for_the_disk(cluster: Cluster) -> None:
    """The disk is taken off the machine before it is deleted."""
    claim(cluster)
    pod(cluster)
    cluster.until(is_in_use(cluster))
    drop(cluster, f"{CORE}/persistentvolumeclaims/data")
    drop(cluster, f"{CORE}/pods/db")
    cluster.until(lambda: disks(cluster) == [])
    cluster.until(lambda: (cluster.list(VOLUMES), phase(cluster)) == ([], "none"))


def test_what_is_to_be_kept_outlives_its_claim(cluster: Cluster) -> None:
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "kept"},
        "provisioner": "diskplugin.csi.alibabacloud.com",
        "parameters": {"type": "cloud_essd", "performanceLevel": "PL0", "diskTags": "team:db,stage:test"},
        "reclaimPolicy": "Retain",
    }
    assert cluster.plane.request("POST", CLASSES, body=body).status == 201
    claim(cluster, of="kept", size="5Gi")
    cluster.until(lambda: phase(cluster) == "Bound")
    [disk] = disks(cluster)
    tags = {one["TagKey"]: one["TagValue"] for one in disk["Tags"]["Tag"]}
    assert (disk["PerformanceLevel"], tags["team"], tags["stage"]) == ("PL0", "db", "test")
    drop(cluster, f"{CORE}/persistentvolumeclaims/data")
    cluster.until(lambda: [one["status"]["phase"] for one in cluster.list(VOLUMES)] == ["Released"])
    pass_time(cluster, 60)
    drop(cluster, f"{VOLUMES}/{disk['DiskName']}")
    cluster.until(lambda: cluster.list(VOLUMES) == [])
    assert [one["DiskId"] for one in disks(cluster)] == [disk["DiskId"]]


def test_a_larger_request_lets_the_disk_grow(cluster: Cluster) -> None:
    claim(cluster, of="alicloud-disk-essd")
    cluster.until(lambda: phase(cluster) == "Bound")
    cluster.until(lambda: [one["Status"] for one in disks(cluster)] == ["Available"])
    more = {"spec": {"resources": {"requests": {"storage": "30Gi"}}}}
    path = f"{CORE}/persistentvolumeclaims/data"
    assert cluster.plane.request("PATCH", path, body=more, content_type="application/merge-patch+json").ok
    cluster.until(lambda: cluster.get(path)["status"]["capacity"] == {"storage": "30Gi"})
    assert [one["Size"] for one in disks(cluster)] == [30]
    assert [one["spec"]["capacity"] for one in cluster.list(VOLUMES)] == [{"storage": "30Gi"}]


def test_why_there_is_no_disk_is_told(cluster: Cluster) -> None:
    claim(cluster, of="alicloud-disk-essd", size="5Gi")
    cluster.until(lambda: bool(events(cluster, "ProvisioningFailed")))
    assert "cloud_essd: requested size 5GiB is less than minimum 20GiB" in events(cluster, "ProvisioningFailed")[0]
    assert (phase(cluster), disks(cluster)) == ("Pending", [])
    cluster.cloud.settings(quotas={"ecs.disks": 1})
    claim(cluster, "more", of="alicloud-disk-essd")
    cluster.until(lambda: any("QuotaExceed" in one for one in events(cluster, "ProvisioningFailed")))
    cluster.cloud.settings(quotas={})
    cluster.until(lambda: phase(cluster, "more") == "Bound")


def test_without_a_provisioner_nothing_is_made(cluster: Cluster) -> None:
    request = cs.UnInstallClusterAddonsRequest(addons=[cs.UnInstallClusterAddonsRequestAddons(name="csi-provisioner")])
    task_id = cluster.client.un_install_cluster_addons(cluster.id, request).body.task_id
    cluster.until(lambda: cluster.client.describe_task_info(task_id).body.state == "success")
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "mine"},
        "provisioner": "diskplugin.csi.alibabacloud.com",
        "parameters": {"type": "cloud_essd"},
    }
    assert cluster.plane.request("POST", CLASSES, body=body).status == 201
    claim(cluster, of="mine")
    cluster.until(lambda: bool(events(cluster, "ExternalProvisioning")))
    pass_time(cluster, 60)
    assert phase(cluster) == "Pending"
    assert disks(cluster) == []


def test_what_a_deleted_cluster_leaves(cluster: Cluster) -> None:
    """Disks always, load balancers of Services when that is asked for; those then hold the network."""
    claim(cluster)
    pod(cluster)
    service = {**BALANCED, "metadata": {"name": "web", "annotations": {INTRANET: "intranet"}}}
    assert cluster.plane.request("POST", f"{CORE}/services", body=service).status == 201
    cluster.until(is_in_use(cluster))
    cluster.until(lambda: bool(cluster.get(f"{CORE}/services/web")["status"]["loadBalancer"]))
    request = cs.DescribeClusterResourcesRequest(with_addon_resources=True)
    rows = cluster.client.describe_cluster_resources(cluster.id, request).body
    [row] = [one for one in rows if one.creator_type == "addon"]
    about = row.associated_object
    assert (row.resource_type, about.kind, about.namespace, about.name) == (
        "ALIYUN::SLB::LoadBalancer",
        "Service",
        "default",
        "web",
    )
    option = cs.DeleteClusterRequestDeleteOptions(resource_type="SLB", delete_mode="retain")
    task_id = cluster.client.delete_cluster(cluster.id, cs.DeleteClusterRequest(delete_options=[option])).body.task_id
    cluster.until(lambda: cluster.client.describe_task_info(task_id).body.state == "success")
    assert [(one["Status"], one["InstanceId"]) for one in disks(cluster)] == [("Available", "")]
    slb = Balancers(cluster.cloud)
    assert slb.ids() == [row.instance_id]
    assert cluster.cloud.code("DeleteVSwitch", VSwitchId=cluster.vswitch_id).startswith("DependencyViolation")
    which = {"load_balancer_id": row.instance_id}
    slb("set_load_balancer_delete_protection", **which, delete_protection="off")
    slb("delete_load_balancer", **which)
    assert cluster.cloud.code("DeleteVSwitch", VSwitchId=cluster.vswitch_id) == ""
