"""Deleting node pools, and taking single nodes out (sheets containers.md 1.4, ack-facts.md 2, 6, 7)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines, pool_size, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import NODE, NODE_POOL
from acsctl.emulator.services.cs.wiring import body, nodes_of, require_active, require_cluster, require_pool, serves, wrong

DELETING, REMOVING = 5.0, 5.0  # cloud seconds before the first node goes
NOT_EMPTY = "ScalingGroup's instances not empty"


@serves("DeleteClusterNodepool")
def delete_cluster_nodepool(call: Call) -> dict[str, Any]:
    """Without force it fails when there are nodes, and then a second attempt works once it is empty."""
    pool = require_pool(call)
    if pool["State"] not in ("active", "delete_failed", "initial"):
        message = f"The node pool is {pool['State']}."
        raise ApiError("InvalidNodePoolStatus.Forbidden", message=message, status=400)
    pool.set(State="deleting", Updated=call.now)
    work = {"Force": call.flag("force")}
    order = Order("nodepool_delete", require_cluster(call), pool_id=pool.id, first=DELETING, work=work)
    return {"task_id": tasks.start(call.world, order=order).id}


@serves("RemoveNodePoolNodes")
def remove_node_pool_nodes(call: Call) -> dict[str, Any]:
    """By instance id or by node name. Without release_node the instances stay. Without concurrency one goes after another."""
    pool = require_active(call)
    by_name = {one["NodeName"]: one.id for one in nodes_of(call.world, pool_id=pool.id)}
    ids = [str(one) for one in call.items("instance_ids")]
    ids += [by_name.get(str(one), str(one)) for one in call.items("nodes")]
    flags = {"Drain": call.flag("drain_node"), "Release": call.flag("release_node"), "AtOnce": call.flag("concurrency")}
    order = _removal(call, pool=pool, ids=ids, flags=flags)
    return {"task_id": tasks.start(call.world, order=order).id}


@serves("DeleteClusterNodes")
def delete_cluster_nodes(call: Call) -> dict[str, Any]:
    """By node name only; all of one pool."""
    cluster, given = require_cluster(call), body(call)
    named = [one for one in nodes_of(call.world, cluster_id=cluster.id) if one["NodeName"] in given["nodes"]]
    pools = {one["NodePoolId"] for one in named}
    if len(named) < len(set(given["nodes"])) or len(pools) != 1:
        raise wrong("Nodes", "nodes are names of nodes of one node pool.")
    pool = call.find(NODE_POOL, id=pools.pop())
    if pool is None or pool["State"] != "active":
        raise ApiError("InvalidNodePoolStatus.Forbidden", message="The node pool is busy.", status=400)
    flags = {"Drain": bool(given.get("drain_node")), "Release": bool(given.get("release_node")), "AtOnce": True}
    order = _removal(call, pool=pool, ids=[one.id for one in named], flags=flags)
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


@serves("RemoveClusterNodes")
def remove_cluster_nodes(call: Call) -> dict[str, Any]:
    delete_cluster_nodes(call)
    return {}


def _removal(call: Call, *, pool: Resource, ids: list[str], flags: dict[str, bool]) -> Order:
    pool_size.require_known(call.world, pool=pool, ids=ids)
    pool.set(State="removing_nodes", Updated=call.now)
    cluster = require_cluster(call)
    work = {"Leaving": list(dict.fromkeys(ids)), **flags}
    return Order("nodepool_node_remove", cluster, pool_id=pool.id, first=REMOVING, work=work)


@runs("nodepool_node_remove")
def move_removal(job: Job) -> None:
    pool, cluster = pool_size.pool_of(job), job.cluster
    if pool is None or cluster is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    ids: list[str] = job.work["Leaving"]
    _take_some_out(job, ids=ids)
    if job.step == "start":
        return job.go("DrainNodes", message="The nodes are being removed.")
    if not pool_size.gone(job, cluster=cluster, ids=ids, release=job.work["Release"]):
        return None
    for id_ in ids:
        machines.drop_routes(job.world, cluster=cluster, instance_id=id_)
        machines.leave(job.world, cluster=cluster, instance_id=id_)
    job.task.set(Results=[{"data": id_, "status": "success"} for id_ in ids])
    pool.set(State="active", Updated=job.now)
    return job.succeed()


def _take_some_out(job: Job, *, ids: list[str]) -> None:
    """All at once, or the first that is still there; who has gone is told."""
    left = [one for id_ in ids if (one := job.world.store.find(NODE, scope=job.scope, id=id_)) is not None]
    for node in left if job.work["AtOnce"] else left[:1]:
        machines.take_out(node, drain=job.work["Drain"])
    there = {one.id for one in left}
    rows = [{"data": id_, "status": "initial" if id_ in there else "success"} for id_ in ids]
    if rows != job.task["Results"]:
        job.task.set(Results=rows, Updated=job.now)


@runs("nodepool_delete")
def move_deletion(job: Job) -> None:
    pool, cluster = pool_size.pool_of(job), job.cluster
    if pool is None or cluster is None:
        return job.succeed()
    if job.step == "start":
        return _begin_deletion(job, pool=pool)
    made, attached = job.work["Leaving"], job.work["Attached"]
    if not pool_size.gone(job, cluster=cluster, ids=[*made, *attached], release=False):
        return None
    if not pool_size.gone(job, cluster=cluster, ids=made, release=True):
        return None
    for id_ in attached:
        machines.drop_routes(job.world, cluster=cluster, instance_id=id_)
        machines.leave(job.world, cluster=cluster, instance_id=id_)
    pool.remove()
    return job.succeed()


def _begin_deletion(job: Job, *, pool: Resource) -> None:
    """force drains all the same (sheet ack-facts.md 7)."""
    nodes = nodes_of(job.world, pool_id=pool.id)
    if nodes and not job.work["Force"]:
        raise ApiError("NodePoolNotEmpty", message=NOT_EMPTY)
    for node in nodes:
        machines.take_out(node, drain=True)
    attached = [one.id for one in nodes if one["Attached"]]
    job.keep(Leaving=[one.id for one in nodes if not one["Attached"]], Attached=attached)
    job.go("DrainNodes", message="The nodes are being drained.")


@fails("nodepool_delete")
def leave_delete_failed(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="delete_failed", Updated=job.now)


@fails("nodepool_node_remove")
def leave_active(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now)
