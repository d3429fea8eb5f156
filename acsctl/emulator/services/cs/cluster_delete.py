"""DeleteCluster (sheets containers.md 1.3, ack-facts.md 2, 7): nodes first, then what the cluster left in the account."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import addon_records, leftovers, machines, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import CERTIFICATE, CHECK, INSPECTION
from acsctl.emulator.services.cs.wiring import nodes_of, pools_of, require_cluster, serves

# Cloud seconds; 3 minutes for an empty cluster, 347 s with nodes, sheet ack-facts.md 2.
BEGINNING, UNBINDING, LINGERING, REST = 5.0, 10.0, 15.0, 180.0
DELETABLE = ("running", "failed", "delete_failed", "unavailable", "inactive", "initial")
LOAD_BALANCER_TYPES = ("SLB", "ALIYUN::SLB::LoadBalancer")


@serves("DeleteCluster")
def delete_cluster(call: Call) -> dict[str, Any]:
    cluster = require_cluster(call)
    if cluster["DeletionProtection"]:
        message = f"{cluster.id} is protected against deletion."
        raise ApiError("ErrorClusterDeletionProtection", message=message, status=400)
    if cluster["State"] not in DELETABLE:
        raise ApiError("ErrorClusterState", message=f"The cluster is {cluster['State']}.", status=400)
    busy = [one.id for one in pools_of(call.world, cluster_id=cluster.id) if one["State"] not in ("active", "delete_failed")]
    if busy:
        raise ApiError("DependencyViolation.Resource", message=f"The node pool {busy[0]} is busy.", status=400)
    for task in tasks.running(call.world, cluster_id=cluster.id):
        tasks.cancel(call.world, task=task)
    cluster.set(State="deleting", Updated=call.now)
    order = Order("cluster_delete", cluster, first=BEGINNING, work={"Kept": _kept(call, cluster=cluster)})
    return {"cluster_id": cluster.id, "task_id": tasks.start(call.world, order=order).id}


def _kept(call: Call, *, cluster: Resource) -> list[str]:
    """Ids of what is retained: named ones, all, or all load balancers."""
    kept = [str(one) for one in call.items("retain_resources")]
    rows = leftovers.resources(call.world, cluster=cluster)
    if call.flag("retain_all_resources"):
        kept += [str(one["instance_id"]) for one in rows]
        kept += [one.id for one in nodes_of(call.world, cluster_id=cluster.id)]
    modes = {one.get("resource_type"): one.get("delete_mode") for one in call.items("delete_options")}
    if any(modes.get(name) == "retain" for name in LOAD_BALANCER_TYPES):
        kept += [one.id for one in leftovers.service_load_balancers(call.world, cluster=cluster)]
    return kept


@runs("cluster_delete")
def move_deletion(job: Job) -> None:
    cluster = job.cluster
    if cluster is None:
        return job.succeed()
    return _STEPS[job.step](job, cluster)


def _start(job: Job, cluster: Resource) -> None:
    """The instances that pools made go, attached ones stay (metadata/ack.json)."""
    nodes = nodes_of(job.world, cluster_id=cluster.id)
    kept: list[str] = job.work["Kept"]
    made = [one.id for one in nodes if not one["Attached"] and one.id not in kept]
    for node in nodes:
        machines.drop_routes(job.world, cluster=cluster, instance_id=node.id)
        if node.id not in made:
            machines.leave(job.world, cluster=cluster, instance_id=node.id)
        node.remove()
    job.keep(Leaving=made)
    job.go("DeleteNodes", message="The nodes are being deleted.")


def _nodes(job: Job, cluster: Resource) -> None:
    waiting = [id_ for id_ in job.work["Leaving"] if not machines.release(job.world, cluster=cluster, instance_id=id_)]
    if waiting:
        return
    for pool in pools_of(job.world, cluster_id=cluster.id):
        pool.remove()
    for one in addon_records.of(job.world, cluster_id=cluster.id):
        one.remove()
    job.go("DeleteServices", message="The load balancers of the cluster are being deleted.")


def _services(job: Job, cluster: Resource) -> None:
    kept: list[str] = job.work["Kept"]
    if leftovers.is_moving(job.world, cluster=cluster):
        return
    for one in leftovers.service_load_balancers(job.world, cluster=cluster):
        if one.id not in kept:
            leftovers.release_load_balancer(job.world, scope=job.scope, id=one.id)
    if cluster["EipId"]:
        leftovers.unbind(job.world, scope=job.scope, eip_id=cluster["EipId"])
    leftovers.release_interfaces(job.world, cluster=cluster)
    if cluster["NatId"] and cluster["NatId"] not in kept:
        leftovers.release_nat(job.world, cluster=cluster)
    job.go("DeleteNetwork", message="The network resources are being deleted.", after=UNBINDING)


def _network(job: Job, cluster: Resource) -> None:
    """What is still used, by others or for a moment by what is going, is tried once more at the end."""
    if leftovers.is_moving(job.world, cluster=cluster):
        return
    leftovers.release_rest(job.world, cluster=cluster, kept=tuple(job.work["Kept"]))
    job.go("DeleteControlPlane", message="The control plane is being deleted.")
    job.task.set(Due=max(job.task.created + REST, job.now + LINGERING))


def _rest(job: Job, cluster: Resource) -> None:
    leftovers.release_rest(job.world, cluster=cluster, kept=tuple(job.work["Kept"]))
    for one in (each for kind in (CERTIFICATE, CHECK, INSPECTION) for each in job.world.store.of(kind)):
        if one["ClusterId"] == cluster.id:
            one.remove()
    cluster.set(State="deleted", Updated=job.now)
    cluster.remove()
    job.succeed()


@fails("cluster_delete")
def leave_delete_failed(job: Job) -> None:
    cluster = job.cluster
    if cluster is not None:
        cluster.set(State="delete_failed", Updated=job.now)


_STEPS = {
    "start": _start,
    "DeleteNodes": _nodes,
    "DeleteServices": _services,
    "DeleteNetwork": _network,
    "DeleteControlPlane": _rest,
}
