"""CreateClusterNodePool: the pool as a record, with the defaults that read back (sheets containers.md 1.4, ack-facts.md 2)."""

import secrets
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import pool_checks, tasks
from acsctl.emulator.services.cs.tasks import Order
from acsctl.emulator.services.cs.types import NODE_POOL, new_pool_id
from acsctl.emulator.services.cs.wiring import (
    body,
    known,
    nodes_of,
    pairs,
    pools_of,
    require_running,
    scope_of,
    serves,
)
from acsctl.emulator.world import World

CREATING = 10.0  # cloud seconds until an empty pool is active; 88 s with two nodes, sheet ack-facts.md 2
_GROUP_DEFAULTS: dict[str, Any] = {
    "multi_az_policy": "BALANCE",
    "scaling_policy": "release",
    "spot_strategy": "NoSpot",
    "platform": "AliyunLinux",
    "image_type": "AliyunLinux3ContainerOptimized",
    "system_disk_category": "cloud_essd",
    "system_disk_size": 120,
    "system_disk_encrypted": False,
    "internet_max_bandwidth_out": 0,
    "key_pair": "",
    "login_as_non_root": False,
    "data_disks": [],
    "tags": [],
    "soc_enabled": False,
    "security_hardening_os": False,
    "deploymentset_id": "",
}
_CONFIG_DEFAULTS: dict[str, Any] = {
    "cms_enabled": False,
    "cpu_policy": "none",
    "labels": [],
    "taints": [],
    "node_name_mode": "nodeip",
    "runtime": "containerd",
    "unschedulable": False,
    "user_data": "",
    "pre_user_data": "",
}


@serves("CreateClusterNodePool")
def create_cluster_node_pool(call: Call) -> dict[str, Any]:
    cluster = require_running(call)
    given = checked(call, given=body(call), vpc_id=cluster["VpcId"])
    pool_checks.check_management(call, given=given, cluster=cluster)
    used = len(pools_of(call.world, cluster_id=cluster.id))
    call.within_quota("cs.node-pools-per-cluster", used=used, code="QuotaExceeded.Nodepool")
    check_room(call, cluster=cluster, more=int(given["scaling_group"].get("desired_size") or 0))
    pool, task = make(call.world, cluster=cluster, given=given)
    return {"nodepool_id": pool.id, "task_id": task.id}


def checked(call: Call, *, given: dict[str, Any], vpc_id: str) -> dict[str, Any]:
    """What CreateClusterNodePool, or an inline pool of CreateCluster, says. Without the password, which nobody needs here."""
    pool_checks.check_new(given)
    pool_checks.check(call, given=given, vpc_id=vpc_id)
    pool_checks.check_desired(given, auto=bool((given.get("auto_scaling") or {}).get("enable")))
    group = {name: value for name, value in given["scaling_group"].items() if name != "login_password"}
    return {**given, "scaling_group": group}


def check_room(call: Call, *, cluster: Resource, more: int) -> None:
    """Raises QuotaExceeded.Node when so many more nodes do not fit."""
    used = len(nodes_of(call.world, cluster_id=cluster.id)) + more - 1
    if more > 0:
        call.within_quota("cs.nodes-per-cluster", used=used, code="QuotaExceeded.Node")


def make(world: World, *, cluster: Resource, given: dict[str, Any]) -> tuple[Resource, Resource]:
    """The pool, being made, and its task."""
    info, config = given["nodepool_info"], given.get("kubernetes_config") or {}
    auto = given.get("auto_scaling") or {}
    group = _group(given["scaling_group"], cluster=cluster)
    desired = auto.get("min_instances", 0) if auto.get("enable") else given["scaling_group"].get("desired_size")
    if desired is None and given.get("count") is not None:
        desired = given["count"]
    pool = world.store.create(
        NODE_POOL,
        scope=scope_of(cluster),
        id=new_pool_id(),
        attributes={
            "ClusterId": cluster.id,
            "Name": info["name"],
            "State": "initial",
            "Updated": world.store.now,
            "IsDefault": False,
            "ResourceGroupId": info.get("resource_group_id") or cluster["ResourceGroupId"],
            "ScalingGroup": group,
            "KubernetesConfig": {**_CONFIG_DEFAULTS, "runtime_version": _runtime(cluster), **config},
            "AutoScaling": {"enable": False, "min_instances": 0, "max_instances": 0, "type": "cpu", **auto},
            "Management": {"enable": False, **(given.get("management") or {})},
            "NodeConfig": given.get("node_config") or {},
            "TeeConfig": {"tee_enable": bool((given.get("tee_config") or {}).get("tee_enable"))},
            "Labels": pairs(config.get("labels")),
            "Taints": list(config.get("taints") or ()),
            "Unschedulable": bool(config.get("unschedulable")),
            "Desired": desired,
            "Version": cluster["Version"],
            "RetryAt": 0.0,
        },
    )
    order = Order("nodepool_create", cluster, pool_id=pool.id, first=CREATING)
    return pool, tasks.start(world, order=order)


def _group(given: dict[str, Any], *, cluster: Resource) -> dict[str, Any]:
    ids = list(given.get("security_group_ids") or ()) or [given.get("security_group_id") or cluster["SecurityGroupId"]]
    image_type = str(given.get("image_type") or "")
    image = given.get("image_id") or pool_checks.image_for(given["instance_types"][0], image_type=image_type)
    return {
        **_GROUP_DEFAULTS,
        "ram_role_name": cluster["RoleName"],
        "ram_policy": given.get("ram_role_name") or cluster["RoleName"],
        "scaling_group_id": f"asg-{secrets.token_hex(10)}",
        **given,
        "image_id": image,
        "security_group_ids": ids,
        "security_group_id": ids[0],
    }


def _runtime(cluster: Resource) -> str:
    found = [one["runtime"] for one in known()["versions"] if one["version"] == cluster["Version"]]
    return str(found[0]) if found else ""
