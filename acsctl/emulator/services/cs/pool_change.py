"""Changing node pools: ModifyClusterNodePool, scaling, node configuration, upgrades, deletion (sheet containers.md 1.4)."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines, pool_checks, pool_create, pool_size, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.wiring import body, known, nodes_of, pairs, require_active, require_cluster, serves, wrong

ROLLING = 30.0  # cloud seconds until a configuration has been rolled out, own choice
UPGRADING = 120.0  # cloud seconds for one batch of nodes, own choice
MOST_COUNT = 500
# What cannot be changed, of the scaling group (sheet containers.md 1.4).
_FIXED = ("deploymentset_id", "ram_role_name", "login_as_non_root", "soc_enabled", "security_hardening_os", "scaling_group_id")


@serves("ModifyClusterNodePool")
def modify_cluster_node_pool(call: Call) -> dict[str, Any]:
    pool = require_active(call)
    cluster, given = require_cluster(call), _told(body(call))
    _check_state(cluster)
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
    _check_state(cluster)
    if not 1 <= count <= MOST_COUNT:
        raise wrong("Count", f"count is 1 to {MOST_COUNT}.")
    if pool["AutoScaling"]["enable"]:
        pool_checks.check_desired({"scaling_group": {"desired_size": count}}, auto=True)
    pool_create.check_room(call, cluster=cluster, more=count)
    pool.set(Desired=len(machines.members(call.world, pool=pool)) + count, RetryAt=0.0)
    return {"task_id": pool_size.resize(call.world, cluster=cluster, pool=pool).id}


@serves("ModifyNodePoolNodeConfig")
def modify_node_pool_node_config(call: Call) -> dict[str, Any]:
    """A rolling change of the kubelets; the configuration of containerd is replaced as a whole, and is not read back."""
    pool = require_active(call)
    given, cluster = body(call), require_cluster(call)
    config = dict(pool["NodeConfig"])
    if given.get("kubelet_config"):
        config["kubelet_configuration"] = {**config.get("kubelet_configuration", {}), **given["kubelet_config"]}
    if given.get("os_config"):
        config["node_os_config"] = {**config.get("node_os_config", {}), **given["os_config"]}
    what = "kubelet" if given.get("kubelet_config") else "containerd" if given.get("containerd_config") else "os"
    pool.set(State="updating", Updated=call.now)
    order = Order(f"nodepool_node_{what}_config_rollout", cluster, pool_id=pool.id, first=ROLLING, work={"Config": config})
    return {"nodepool_id": pool.id, "task_id": tasks.start(call.world, order=order).id}


@serves("UpgradeClusterNodepool")
def upgrade_cluster_nodepool(call: Call) -> dict[str, Any]:
    """To the version of the control plane at most, in batches of 1, 2, 4, ... nodes."""
    pool = require_active(call)
    cluster, given = require_cluster(call), body(call)
    _check_state(cluster)
    version = str(given.get("kubernetes_version") or cluster["Version"])
    if version not in (pool["Version"], cluster["Version"]):
        raise wrong("KubernetesVersion", f"The nodes can be upgraded to {cluster['Version']} only.")
    nodes = [one.id for one in nodes_of(call.world, pool_id=pool.id) if one["State"] == "running"]
    named = given.get("node_names")
    if named:
        nodes = [one.id for one in nodes_of(call.world, pool_id=pool.id) if one["NodeName"] in named]
    runtime = given.get("runtime_version") or _runtime(version) or pool["KubernetesConfig"]["runtime_version"]
    work = {"Nodes": nodes, "Batch": 1, "Version": version, "Runtime": runtime, "Image": given.get("image_id") or ""}
    pool.set(State="updating", Updated=call.now)
    order = Order("nodepool_upgrade", cluster, pool_id=pool.id, first=pool_size.BEGINNING, work=work)
    return {"task_id": tasks.start(call.world, order=order).id}


@serves("RepairClusterNodePool")
def repair_cluster_node_pool(call: Call) -> dict[str, Any]:
    """Nothing is broken here: it takes its time and succeeds."""
    pool = require_active(call)
    pool.set(State="updating", Updated=call.now)
    order = Order("nodepool_repair", require_cluster(call), pool_id=pool.id, first=ROLLING)
    return {"task_id": tasks.start(call.world, order=order).id}


@serves("SyncClusterNodePool")
def sync_cluster_node_pool(call: Call) -> dict[str, Any]:
    require_cluster(call)
    return {}


_ROLLOUTS = (
    "nodepool_node_kubelet_config_rollout",
    "nodepool_node_containerd_config_rollout",
    "nodepool_node_os_config_rollout",
    "nodepool_repair",
)


@runs(*_ROLLOUTS)
def move_rollout(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now, NodeConfig=job.work.get("Config", pool["NodeConfig"]))
    job.succeed()


@runs("nodepool_upgrade")
def move_upgrade(job: Job) -> None:
    """A batch at each step."""
    pool, waiting = pool_size.pool_of(job), list(job.work["Nodes"])
    if pool is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    batch, rest = waiting[: job.work["Batch"]], waiting[job.work["Batch"] :]
    runtime = f"{pool['KubernetesConfig']['runtime']}://{job.work['Runtime']}"
    if batch:
        for node in nodes_of(job.world, pool_id=pool.id):
            if node.id in batch:
                node.set(Version=job.work["Version"], Runtime=runtime)
        job.keep(Nodes=rest, Batch=job.work["Batch"] * 2)
        return job.go("UpgradeNodes", message=f"{len(batch)} nodes are being upgraded.", after=UPGRADING)
    group = {**pool["ScalingGroup"], **({"image_id": job.work["Image"]} if job.work["Image"] else {})}
    config = {**pool["KubernetesConfig"], "runtime_version": job.work["Runtime"]}
    pool.set(State="active", Updated=job.now, Version=job.work["Version"], ScalingGroup=group, KubernetesConfig=config)
    return job.succeed()


@fails("nodepool_upgrade", *_ROLLOUTS)
def leave_active(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now)


def _runtime(version: str) -> str:
    return next((str(one["runtime"]) for one in known()["versions"] if one["version"] == version), "")


def _check_state(cluster: Resource) -> None:
    if cluster["State"] not in ("running", "updating", "upgrading"):
        raise ApiError("ErrorClusterState", message=f"The cluster is {cluster['State']}.", status=400)
