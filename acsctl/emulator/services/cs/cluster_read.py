"""Reading clusters (sheets containers.md 1.3, ack-facts.md 2)."""

import json
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records, leftovers
from acsctl.emulator.services.cs.control_plane import endpoint
from acsctl.emulator.services.cs.types import CLUSTER
from acsctl.emulator.services.cs.wiring import china_time, known, nodes_of, require_cluster, rows, serves
from acsctl.emulator.services.paging import part

DEFAULT_PAGE, LARGEST_PAGE = 10, 100
# Sheet containers.md 0.
_OFFLINE = (
    "DescribeClusters",
    "DescribeClustersV1",
    "GetUpgradeStatus",
    "PauseClusterUpgrade",
    "CancelClusterUpgrade",
    "ResumeUpgradeCluster",
)
_PLAIN = {
    "name": "Name",
    "state": "State",
    "cluster_type": "ClusterType",
    "cluster_spec": "Spec",
    "profile": "Profile",
    "vpc_id": "VpcId",
    "vswitch_ids": "VSwitchIds",
    "security_group_id": "SecurityGroupId",
    "container_cidr": "ContainerCidr",
    "service_cidr": "ServiceCidr",
    "proxy_mode": "ProxyMode",
    "ip_stack": "IpStack",
    "current_version": "Version",
    "init_version": "InitVersion",
    "deletion_protection": "DeletionProtection",
    "resource_group_id": "ResourceGroupId",
    "timezone": "Timezone",
    "cluster_domain": "ClusterDomain",
}


@serves("DescribeClusterDetail")
def describe_cluster_detail(call: Call) -> dict[str, Any]:
    return _detail(require_cluster(call, listed=True), call=call)


@serves("DescribeClustersForRegion")
def describe_clusters_for_region(call: Call) -> dict[str, Any]:
    same = {"cluster_spec": "Spec", "cluster_type": "ClusterType", "profile": "Profile"}
    found = [
        one
        for one in call.listed(CLUSTER)
        if call.text("cluster_id") in ("", one.id)
        and call.text("name") in one["Name"]
        and all(call.text(name) in ("", one[field]) for name, field in same.items())
    ]
    page, info = pages(call, rows=found)
    return {"clusters": [_common(one, call=call) for one in page], "page_info": info}


def switched_off(call: Call) -> dict[str, Any]:
    message = f"{call.action.name} has been switched off; use DescribeClustersForRegion, or the calls for tasks."
    raise ApiError("InvalidApi.Offline", message=message, status=410)


for _name in _OFFLINE:
    serves(_name)(switched_off)


@serves("DescribeClusterResources")
def describe_cluster_resources(call: Call) -> list[dict[str, Any]]:
    cluster = require_cluster(call, listed=True)
    found = leftovers.resources(call.world, cluster=cluster)
    for node in nodes_of(call.world, cluster_id=cluster.id):
        found.append({**found[0], "resource_type": "ALIYUN::ECS::Instance", "instance_id": node.id})
    return found


@serves("DescribeClusterLogs")
def describe_cluster_logs(call: Call) -> list[dict[str, Any]]:
    cluster = require_cluster(call, listed=True)
    text = f"{cluster.id} | the cluster is {cluster['State']}"
    created, updated = china_time(cluster.created), china_time(cluster["Updated"])
    return [{"ID": 1, "cluster_id": cluster.id, "cluster_log": text, "created": created, "updated": updated}]


def pages(call: Call, *, rows: list[Any]) -> tuple[list[Any], dict[str, int]]:
    """page_number and page_size: the page, and page_info. Raises InvalidParameter.PageSize."""
    number, size = call.number("page_number", default=1), call.number("page_size", default=DEFAULT_PAGE)
    if number < 1 or not 1 <= size <= LARGEST_PAGE:
        message = f"page_number begins with 1, page_size is 1 to {LARGEST_PAGE}."
        raise ApiError("InvalidParameter.PageSize", message=message, status=400)
    page = part(call, rows=rows, start=(number - 1) * size, size=size)
    return page, {"page_number": number, "page_size": size, "total_count": len(rows)}


def next_version(cluster: Resource) -> str:
    found = [one["upgradable_versions"] for one in known()["versions"] if one["version"] == cluster["Version"]]
    return str(found[0][0]) if found and found[0] else ""


def _common(cluster: Resource, *, call: Call) -> dict[str, Any]:
    tags = {**cluster.seen_tags, leftovers.SYSTEM_TAG: cluster.id}
    return {
        "cluster_id": cluster.id,
        "region_id": cluster.region,
        "created": china_time(cluster.created),
        "updated": china_time(cluster["Updated"]),
        "next_version": next_version(cluster),
        "size": len([one for one in nodes_of(call.world, cluster_id=cluster.id) if one["State"] == "running"]),
        "tags": rows(tags),
        **{name: cluster[field] for name, field in _PLAIN.items()},
    }


def _detail(cluster: Resource, *, call: Call) -> dict[str, Any]:
    return {
        **_common(cluster, call=call),
        "size": 0,  # although its pools have nodes, sheet ack-facts.md 2
        "auto_mode": {"enable": cluster["AutoMode"]},
        "node_cidr_mask": str(cluster["NodeCidrMask"] or ""),
        "subnet_cidr": cluster["ContainerCidr"],
        "network_mode": "vpc",
        "docker_version": "",
        "external_loadbalancer_id": cluster["LoadBalancerId"],
        "extra_sans": cluster["ExtraSans"],
        "maintenance_window": cluster["MaintenanceWindow"],
        "operation_policy": cluster["OperationPolicy"],
        "master_url": _master_url(cluster),
        "meta_data": _meta_data(cluster, call=call),
        "parameters": _parameters(cluster),
        "private_zone": False,
        "rrsa_config": _rrsa(cluster),
        "vswitch_id": ",".join(cluster["VSwitchIds"]),
        "worker_ram_role_name": cluster["RoleName"],
        "zone_id": cluster["Zones"][0],
        "control_plane_endpoints_config": {"internal_dns_config": {"bind_vpcs": [cluster["VpcId"]], "enabled": True}},
    }


def _master_url(cluster: Resource) -> str:
    server = endpoint(cluster)
    public = server if cluster["EipId"] else ""
    return json.dumps({"api_server_endpoint": public, "intranet_api_server_endpoint": server})


def _meta_data(cluster: Resource, *, call: Call) -> str:
    addons = addon_records.of(call.world, cluster_id=cluster.id)
    listed = [{"name": one["Name"], "version": one["Version"], "config": one["Config"]} for one in addons]
    network = "Flannel" if cluster["Network"] == "flannel" else "TerwayENIMultiIP"
    return json.dumps({"Addons": listed, "Capabilities": {"Network": network}, "KubernetesVersion": cluster["Version"]})


def _parameters(cluster: Resource) -> dict[str, str]:
    """What is left of the ROS stack's; clients should not depend on it."""
    return {
        "ALIYUN::StackId": cluster["StackId"],
        "ALIYUN::StackName": f"k8s-for-cs-{cluster.id}",
        "ServiceCIDR": cluster["ServiceCidr"],
        "ContainerCIDR": cluster["ContainerCidr"],
        "NatGatewayId": cluster["NatId"],
        "VpcId": cluster["VpcId"],
    }


def _rrsa(cluster: Resource) -> dict[str, Any]:
    if not cluster["Rrsa"]:
        return {"enabled": False}
    issuer = f"https://oidc-ack-{cluster.region}.oss-{cluster.region}.aliyuncs.com/{cluster.id}"
    name = f"ack-rrsa-{cluster.id}"
    arn = f"acs:ram::{cluster.account}:oidc-provider/{name}"
    return {"enabled": True, "issuer": issuer, "oidc_name": name, "oidc_arn": arn, "audience": "sts.aliyuncs.com"}
