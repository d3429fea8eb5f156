"""Renewing the nodes of a pool: upgrades, node configuration, repair (sheets containers.md 1.4, ack-facts.md 1, 5).

Steps of an upgrade: `start` checks, `AddNodes` waits for extra nodes when management.upgrade_config asks for them (surge),
`DrainNodes` and `UpgradeNodes` renew batch after batch (rolling.py), `RemoveNodes` takes the extra nodes away again.
"""

from math import ceil
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import checks, machines, pool_checks, pool_size, rolling, tasks
from acsctl.emulator.services.cs.pool_change import check_state
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import NODE
from acsctl.emulator.services.cs.wiring import body, known, nodes_of, require_active, require_cluster, serves, wrong

ROLLING = 30.0  # cloud seconds until a batch of nodes has a new configuration, own choice
UPGRADING = 120.0  # cloud seconds for one batch of nodes in place, own choice
OPERATIONS = ("restart.kubelet", "restart.docker", "restart.containerd", "restart.ntp")
ROLLOUTS = (
    "nodepool_node_kubelet_config_rollout",
    "nodepool_node_containerd_config_rollout",
    "nodepool_node_os_config_rollout",
    "nodepool_repair",
)


@serves("UpgradeClusterNodepool")
def upgrade_cluster_nodepool(call: Call) -> dict[str, Any]:
    """To the version of the control plane at most, in batches of 1, 2, 4, ... nodes. Another image needs new system disks."""
    pool = require_active(call)
    cluster, given = require_cluster(call), body(call)
    check_state(cluster)
    version = str(given.get("kubernetes_version") or cluster["Version"])
    if version not in (pool["Version"], cluster["Version"]):
        raise wrong("KubernetesVersion", f"The nodes can be upgraded to {cluster['Version']} only.")
    image = str(given.get("image_id") or "")
    pool_checks.check_image(image)
    runtime = given.get("runtime_version") or runtime_of(version) or pool["KubernetesConfig"]["runtime_version"]
    changes = {"Version": version, "Runtime": f"{pool['KubernetesConfig']['runtime']}://{runtime}"}
    config: dict[str, Any] = pool["Management"].get("upgrade_config") or {}
    most = min(int(config.get("max_unavailable") or rolling.MOST_PARALLEL), rolling.MOST_PARALLEL)
    work = rolling.work(
        _nodes(call, pool=pool, names=given.get("node_names")),
        wait=UPGRADING,
        **rolling.policy(given.get("rolling_policy"), most=most),
        Replace=bool(given.get("use_replace")) or image not in ("", pool["ScalingGroup"]["image_id"]),
        Changes=changes,
        Image=image,
        RuntimeVersion=runtime,
        Warned=bool(given.get("ignore_warning_check")),
        Extra=[],
    )
    return {"task_id": _start(call, pool=pool, type="nodepool_upgrade", work=work).id}


@serves("ModifyNodePoolNodeConfig")
def modify_node_pool_node_config(call: Call) -> dict[str, Any]:
    """A rolling change of the kubelets; the configuration of containerd is replaced as a whole, and is not read back."""
    pool = require_active(call)
    given = body(call)
    config = dict(pool["NodeConfig"])
    if given.get("kubelet_config"):
        config["kubelet_configuration"] = {**config.get("kubelet_configuration", {}), **given["kubelet_config"]}
    if given.get("os_config"):
        config["node_os_config"] = {**config.get("node_os_config", {}), **given["os_config"]}
    what = "kubelet" if given.get("kubelet_config") else "containerd" if given.get("containerd_config") else "os"
    nodes = _nodes(call, pool=pool, names=given.get("node_names"))
    work = rolling.work(nodes, wait=ROLLING, **rolling.policy(given.get("rolling_policy")), Config=config)
    task = _start(call, pool=pool, type=f"nodepool_node_{what}_config_rollout", work=work)
    return {"nodepool_id": pool.id, "task_id": task.id}


@serves("RepairClusterNodePool")
def repair_cluster_node_pool(call: Call) -> dict[str, Any]:
    """Nothing is broken here: each node has its programs restarted. nodes: their names; none is all."""
    pool, given = require_active(call), body(call)
    for one in given.get("operations") or ():
        if not str(one.get("operation_id") or "").startswith((*OPERATIONS, "remove.")):
            raise wrong("Operations", f"There is no operation {one.get('operation_id')}.")
    work = rolling.work(_nodes(call, pool=pool, names=given.get("nodes")), wait=ROLLING)
    return {"task_id": _start(call, pool=pool, type="nodepool_repair", work=work).id}


def _start(call: Call, *, pool: Resource, type: str, work: dict[str, Any]) -> Resource:
    pool.set(State="updating", Updated=call.now)
    order = Order(type, require_cluster(call), pool_id=pool.id, first=pool_size.BEGINNING, work=work)
    return tasks.start(call.world, order=order)


def _nodes(call: Call, *, pool: Resource, names: list[str] | None) -> list[str]:
    """Ids of the nodes that run, or of those named. Raises InvalidParameter.NodeNames."""
    running = {str(one["NodeName"]): one.id for one in nodes_of(call.world, pool_id=pool.id) if one["State"] == "running"}
    unknown = [one for one in names or () if one not in running]
    if unknown:
        raise wrong("NodeNames", f"{unknown[0]} is no running node of {pool.id}.")
    return [running[one] for one in dict.fromkeys(names)] if names else list(running.values())


@runs(*ROLLOUTS)
def move_rollout(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    if job.step == "start":
        return rolling.begin(job)
    if rolling.roll(job):
        pool.set(State="active", Updated=job.now, NodeConfig=job.work.get("Config", pool["NodeConfig"]))
        job.succeed()
    return None


@runs("nodepool_upgrade")
def move_upgrade(job: Job) -> None:
    pool, cluster = pool_size.pool_of(job), job.cluster
    if pool is None or cluster is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    return _STEPS[job.step](job, pool, cluster)


def _check(job: Job, pool: Resource, cluster: Resource) -> None:
    check = checks.Check("NodePoolUpgrade", target=pool.id)
    problem = checks.problem(job.world, cluster=cluster, check=check, ignore_warnings=job.work["Warned"])
    if problem:
        return job.fail("PreCheckFailed", message=problem)
    amount = _surge(pool, nodes=len(job.work["Nodes"]))
    made, error = machines.launch(job.world, cluster=cluster, pool=pool, amount=amount)
    job.keep(Extra=made)
    if error is not None:
        job.note("ScaleOutFailed", message=error.message, level="warning")
    if made:
        return job.go("AddNodes", message=f"{len(made)} extra nodes are being added.")
    return rolling.begin(job)


def _surge(pool: Resource, *, nodes: int) -> int:
    """How many extra nodes the pool asks for: as many as it has at most (SDK comment of upgrade_config)."""
    config: dict[str, Any] = pool["Management"].get("upgrade_config") or {}
    share = ceil(nodes * int(config.get("surge_percentage") or 0) / 100)
    return min(int(config.get("surge") or share), nodes)


def _await_extra(job: Job, pool: Resource, cluster: Resource) -> None:
    """One that does not become a node holds up nothing for ever."""
    found = [job.world.store.find(NODE, scope=job.scope, id=id_) for id_ in job.work["Extra"]]
    waiting = any(one is not None and one["State"] == "initial" for one in found)
    if not waiting or job.now > job.task.created + pool_size.PATIENCE:
        rolling.begin(job)


def _roll(job: Job, pool: Resource, cluster: Resource) -> None:
    if not rolling.roll(job):
        return
    for node in nodes_of(job.world, pool_id=pool.id):
        if node.id in job.work["Extra"]:
            machines.take_out(node, drain=True)
    job.go("RemoveNodes", message="The extra nodes are being removed." if job.work["Extra"] else "")


def _await_gone(job: Job, pool: Resource, cluster: Resource) -> None:
    if not pool_size.gone(job, cluster=cluster, ids=job.work["Extra"], release=True):
        return
    group = {**pool["ScalingGroup"], **({"image_id": job.work["Image"]} if job.work["Image"] else {})}
    config = {**pool["KubernetesConfig"], "runtime_version": job.work["RuntimeVersion"]}
    version = job.work["Changes"]["Version"]
    pool.set(State="active", Updated=job.now, Version=version, ScalingGroup=group, KubernetesConfig=config)
    job.succeed()


_STEPS = {"start": _check, "AddNodes": _await_extra, "DrainNodes": _roll, "UpgradeNodes": _roll, "RemoveNodes": _await_gone}


@fails("nodepool_upgrade", *ROLLOUTS)
def leave_active(job: Job) -> None:
    """Extra nodes go: the pool is brought to its size."""
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now)


def runtime_of(version: str) -> str:
    """The containerd that comes with a Kubernetes version."""
    return next((str(one["runtime"]) for one in known()["versions"] if one["version"] == version), "")
