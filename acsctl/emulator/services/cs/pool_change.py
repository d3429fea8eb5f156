"""Changing node pools: ModifyClusterNodePool and scaling (sheet containers.md 1.4)."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines, pool_checks, pool_create, pool_size
from acsctl.emulator.services.cs.wiring import body, nodes_of, pairs, require_active, require_cluster, serves, wrong

MOST_COUNT = 500
# What cannot be changed, of the scaling group (sheet containers.md 1.4).
_FIXED = ("deploymentset_id", "ram_role_name", "login_as_non_root", "soc_enabled", "security_hardening_os", "scaling_group_id")


@serves("ModifyClusterNodePool")
def modify_cluster_node_pool(call: Call) -> dict[str, Any]:
    pool = require_active(call)
    cluster, given = require_cluster(call), _told(body(call))
    check_state(cluster)
    pool_checks.check(call, given=given, vpc_id=cluster["VpcId"])
    pool_checks.check_management(call, given=given, cluster=cluster)
    auto = {**pool["AutoScaling"], **(given.get("auto_scaling") or {})}
    pool_checks.check_desired(given, auto=bool(auto["enable"]))
    desired = _desired(pool, given=given, auto=auto)
    if desired is not None:
        more = desired - len(machines.members(call.world, pool=pool))
        pool_create.check_room(call, cluster=cluster, more=more)
    grown = desired != pool["Desired"]
    _apply(call, pool=pool, given=given, auto=auto)
    pool.set(Desired=desired)
    only_size = set(given) <= {"scaling_group"} and set(given.get("scaling_group") or {}) <= {"desired_size"}
    type_ = "" if grown and only_size else "nodepool_update"
    task = pool_size.resize(call.world, cluster=cluster, pool=pool, type=type_)
    return {"nodepool_id": pool.id, "task_id": task.id}


def _told(given: dict[str, Any]) -> dict[str, Any]:
    """Without the empty lists of scaling_group, which the SDK sends for whatever is not set: they change nothing."""
    group: Mapping[str, Any] = given.get("scaling_group") or {}
    told = {name: value for name, value in group.items() if value != []}
    return (
        {**given, "scaling_group": told} if told else {name: value for name, value in given.items() if name != "scaling_group"}
    )


def _desired(pool: Resource, *, given: Mapping[str, Any], auto: Mapping[str, Any]) -> int | None:
    asked = (given.get("scaling_group") or {}).get("desired_size")
    now: int | None = pool["Desired"] if asked is None else asked
    if not auto["enable"]:
        return now
    return min(max(now or 0, int(auto["min_instances"])), int(auto["max_instances"]))


def _apply(call: Call, *, pool: Resource, given: Mapping[str, Any], auto: Mapping[str, Any]) -> None:
    """New nodes get it all; existing ones the labels and taints, when update_nodes says so."""
    group: dict[str, Any] = dict(given.get("scaling_group") or {})
    for name in ("login_password", "desired_size"):
        group.pop(name, None)
    fixed = [name for name in _FIXED if name in group and group[name] != pool["ScalingGroup"].get(name)]
    if fixed:
        raise wrong("ScalingGroup", f"{fixed[0]} cannot be changed.")
    if group.get("image_type") and not group.get("image_id"):
        types = group.get("instance_types") or pool["ScalingGroup"]["instance_types"]
        group["image_id"] = pool_checks.image_for(str(types[0]), image_type=str(group["image_type"]))
    if group.get("security_group_ids"):
        group["security_group_id"] = group["security_group_ids"][0]
    config = {**pool["KubernetesConfig"], **(given.get("kubernetes_config") or {})}
    if config["node_name_mode"] != pool["KubernetesConfig"]["node_name_mode"]:
        raise wrong("NodeNameMode", "node_name_mode cannot be changed.")
    info: Mapping[str, Any] = given.get("nodepool_info") or {}
    pool.set(
        Name=info.get("name") or pool["Name"],
        ResourceGroupId=info.get("resource_group_id") or pool["ResourceGroupId"],
        ScalingGroup={**pool["ScalingGroup"], **group},
        KubernetesConfig=config,
        AutoScaling=dict(auto),
        Management={**pool["Management"], **(given.get("management") or {})},
        Labels=pairs(config["labels"]),
        Taints=list(config["taints"]),
        Unschedulable=bool(config["unschedulable"]),
        Updated=call.now,
        RetryAt=0.0,
    )
    if given.get("update_nodes"):
        for node in nodes_of(call.world, pool_id=pool.id):
            node.set(Labels=pool["Labels"], Taints=pool["Taints"])


@serves("ScaleClusterNodePool")
def scale_cluster_node_pool(call: Call) -> dict[str, Any]:
    """count is added."""
    pool = require_active(call)
    cluster, count = require_cluster(call), int(body(call).get("count") or 0)
    check_state(cluster)
    if not 1 <= count <= MOST_COUNT:
        raise wrong("Count", f"count is 1 to {MOST_COUNT}.")
    if pool["AutoScaling"]["enable"]:
        pool_checks.check_desired({"scaling_group": {"desired_size": count}}, auto=True)
    pool_create.check_room(call, cluster=cluster, more=count)
    pool.set(Desired=len(machines.members(call.world, pool=pool)) + count, RetryAt=0.0)
    return {"task_id": pool_size.resize(call.world, cluster=cluster, pool=pool).id}


@serves("SyncClusterNodePool")
def sync_cluster_node_pool(call: Call) -> dict[str, Any]:
    require_cluster(call)
    return {}


def check_state(cluster: Resource) -> None:
    """Raises ErrorClusterState for a cluster whose pools cannot be changed."""
    if cluster["State"] not in ("running", "updating", "upgrading"):
        raise ApiError("ErrorClusterState", message=f"The cluster is {cluster['State']}.", status=400)
