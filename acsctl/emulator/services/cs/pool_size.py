"""How a node pool gets to its size, and back to it: tasks that add and remove nodes (sheets containers.md 1.4, ack-facts.md 2).

Steps: `scale` buys what is missing and takes out what is too many, `DrainNodes` waits until those are no nodes any more and
releases their instances, `JoinNodes` waits until the new ones are.
"""

from collections import Counter
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines, rolling, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import CLUSTER, NODE, NODE_POOL
from acsctl.emulator.services.cs.wiring import SETTLERS, nodes_of, scope_of
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.world import World

BEGINNING = 5.0  # cloud seconds
SHRINKING = 60.0  # cloud seconds between the release of instances and the end; 107 s for one node, sheet ack-facts.md 2
PATIENCE = 1800.0  # cloud seconds that an instance has to become a node, own choice
RETRY = 300.0  # cloud seconds until a pool that could not be filled tries again, own choice
TYPES = ("nodepool_create", "nodepool_update", "nodepool_scaleout", "nodepool_scalein")


def pool_of(job: Job) -> Resource | None:
    return job.world.store.find(NODE_POOL, scope=job.scope, id=job.task["Target"]["id"])


@runs(*TYPES)
def move(job: Job) -> None:
    pool, cluster = pool_of(job), job.cluster
    if pool is None or cluster is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    step = job.step
    if step == "start":
        return job.go("scale", message="The node pool is being brought to its size.")
    if step == "scale":
        return _scale(job, pool=pool, cluster=cluster)
    if step == "DrainNodes":
        if not gone(job, cluster=cluster, ids=job.work["Leaving"], release=True):
            return None
        return job.go("JoinNodes", message="The nodes are joining.", after=SHRINKING)
    return _await_nodes(job, pool=pool)


def _scale(job: Job, *, pool: Resource, cluster: Resource) -> None:
    present, desired = machines.members(job.world, pool=pool), pool["Desired"]
    missing = 0 if desired is None else desired - len(present)
    made: list[str] = []
    if missing > 0:
        made, error = machines.launch(job.world, cluster=cluster, pool=pool, amount=missing)
        if error is not None:
            job.note("ScaleOutFailed", message=error.message, level="error")
            job.keep(Refused={"code": error.code, "message": error.message})
    leaving = present[missing:] if missing < 0 else []
    for node in leaving:
        machines.take_out(node, drain=True)
    job.keep(Joining=made, Leaving=[one.id for one in leaving])
    if leaving:
        job.go("DrainNodes", message="The nodes are being drained.")
    else:
        job.go("JoinNodes", message="The nodes are joining.")


def gone(job: Job, *, cluster: Resource, ids: list[str], release: bool) -> bool:
    """Whether these are no nodes any more, and released where that is asked."""
    left = [one for id_ in ids if (one := job.world.store.find(NODE, scope=job.scope, id=id_)) is not None]
    for node in left:
        rolling.note_blocked(job, node=node)
    if left:
        return False
    if not release:
        return True
    waiting = [id_ for id_ in ids if not machines.release(job.world, cluster=cluster, instance_id=id_)]
    return not waiting


def _await_nodes(job: Job, *, pool: Resource) -> None:
    """Success when all have joined; else the task fails, telling each instance's fate."""
    results = [_fate(job, id=id_) for id_ in job.work.get("Joining", ())]
    if any(one["status"] == "initial" for one in results):
        if results != job.task["Results"]:
            job.task.set(Results=results)
        return
    job.task.set(Results=results)
    refused = job.work.get("Refused")
    if refused:
        job.fail(refused["code"], message=refused["message"])
    elif any(one["status"] == "failed" for one in results):
        job.fail("NodesNotReady", message="Some instances have not become nodes.")
    else:
        pool.set(State="active", Updated=job.now)
        job.succeed()


def _fate(job: Job, *, id: str) -> dict[str, str]:
    node = job.world.store.find(NODE, scope=job.scope, id=id)
    late = job.now > job.task.created + PATIENCE
    if node is None or node["State"] in ("removing", "failed"):
        return {"data": id, "status": "failed"}
    if node["State"] == "initial" and late:
        node.set(State="failed")
        return {"data": id, "status": "failed"}
    return {"data": id, "status": "success" if node["State"] == "running" else "initial"}


@fails(*TYPES)
def leave_active(job: Job) -> None:
    pool = pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now, RetryAt=job.now + RETRY)


def resize(world: World, *, cluster: Resource, pool: Resource, type: str = "") -> Resource:
    """The task that brings a pool to its size. type: of the task, else scaling out or in, whichever it is."""
    fewer = len(machines.members(world, pool=pool)) > (pool["Desired"] or 0)
    chosen = type or ("nodepool_scalein" if fewer else "nodepool_scaleout")
    pool.set(State="updating" if chosen == "nodepool_update" else "scaling", Updated=world.store.now)
    return tasks.start(world, order=Order(chosen, cluster, pool_id=pool.id, first=BEGINNING))


def keep_size(world: World) -> None:
    """A pool with a desired size refills itself, whatever happened to its nodes."""
    for pool in world.store.of(NODE_POOL):
        if pool["State"] != "active" or pool["Desired"] is None or pool["RetryAt"] > world.store.now:
            continue
        cluster = world.store.find(CLUSTER, scope=scope_of(pool), id=pool["ClusterId"])
        if cluster is None or cluster["State"] != "running":
            continue
        if len(machines.members(world, pool=pool)) != pool["Desired"]:
            resize(world, cluster=cluster, pool=pool)


def lose_nodes(world: World) -> None:
    """Whose instance was released is no node any more: its record is taken out."""
    for node in world.store.of(NODE):
        if node["State"] != "removing" and _is_released(world, node=node):
            machines.take_out(node, drain=False)


def _is_released(world: World, *, node: Resource) -> bool:
    found = world.store.find(INSTANCE, scope=scope_of(node), id=node.id)
    return found is None or bool(found["Releasing"])


def counts(world: World, *, pool: Resource) -> dict[str, Any]:
    """The status of a pool. The counters are not exclusive: healthy ones are those that Auto Scaling thinks well of."""
    nodes = nodes_of(world, pool_id=pool.id)
    by_state = Counter(str(one["State"]) for one in nodes)
    healthy = [one for one in nodes if _is_up(world, node=one)]
    offline = [one for one in nodes if one["State"] == "running" and one not in healthy]
    return {
        "state": pool["State"],
        "total_nodes": len(nodes),
        "healthy_nodes": len(healthy),
        "serving_nodes": by_state["running"] - len(offline),
        "initial_nodes": by_state["initial"],
        "removing_nodes": by_state["removing"],
        "failed_nodes": by_state["failed"],
        "offline_nodes": len(offline),
    }


def _is_up(world: World, *, node: Resource) -> bool:
    found = world.store.find(INSTANCE, scope=scope_of(node), id=node.id)
    return found is not None and found["Status"] == RUNNING


def require_known(world: World, *, pool: Resource, ids: list[str]) -> list[Resource]:
    """The node records of these instances. Raises InvalidParameter.InstanceIds for one that is no node of the pool."""
    nodes = {one.id: one for one in nodes_of(world, pool_id=pool.id)}
    unknown = [one for one in ids if one not in nodes]
    if unknown or not ids:
        message = f"{unknown[0]} is no node of {pool.id}." if unknown else "Name nodes."
        raise ApiError("InvalidParameter.InstanceIds", message=message, status=400)
    return [nodes[one] for one in ids]


SETTLERS.extend([lose_nodes, keep_size])
