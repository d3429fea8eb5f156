"""Attaching existing ECS instances (sheet containers.md 1.5): the system disk is replaced by the pool's image, then they join.

Each instance goes its own way through Work["Places"]: `stop`, `disk`, `start`, `join`, `done` or `failed`.
"""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines, pool_create, pool_size, tasks
from acsctl.emulator.services.cs.tasks import Job, Order, fails, runs
from acsctl.emulator.services.cs.types import NODE
from acsctl.emulator.services.cs.wiring import ask, body, pools_of, require_active, require_running, serves
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING, STOPPED

BEGINNING = 5.0  # cloud seconds
MOST_INSTANCES = 200
TYPES = ("nodepool_node_attach", "cluster_attach")


@serves("AttachInstancesToNodePool")
def attach_instances_to_node_pool(call: Call) -> dict[str, Any]:
    """What becomes of each instance is told by the task only."""
    cluster, pool, given = require_running(call), require_active(call), body(call)
    keep = given.get("keep_instance_name") is not False
    return {"task_id": _start(call, cluster=cluster, pool=pool, given={**given, "keep": keep}).id}


@serves("AttachInstances")
def attach_instances(call: Call) -> dict[str, Any]:
    """The old call: without nodepool_id into the default pool, and names are not kept by default."""
    cluster, given = require_running(call), body(call)
    pools = pools_of(call.world, cluster_id=cluster.id)
    wanted = given.get("nodepool_id")
    pool = next((one for one in pools if one.id == wanted or (not wanted and one["IsDefault"])), None)
    if pool is None and not wanted:
        pool = _default_pool(call, cluster=cluster, ids=given["instances"])
    if pool is None:
        raise ApiError("ErrorNodePoolNotFound", message=f"The node pool {wanted} does not exist.", status=404)
    task = _start(call, cluster=cluster, pool=pool, given={**given, "keep": bool(given.get("keep_instance_name"))})
    rows = [{"instanceId": str(id_), "code": "200", "message": "successful"} for id_ in given["instances"]]
    return {"list": rows, "task_id": task.id}


def _default_pool(call: Call, *, cluster: Resource, ids: list[str]) -> Resource | None:
    """Made when it is first needed, like the first instance."""
    first = call.find(INSTANCE, id=str(ids[0]))
    if first is None:
        return None
    group = {"vswitch_ids": [first["VSwitchId"]], "instance_types": [first["InstanceType"]], "instance_charge_type": "PostPaid"}
    given = {"nodepool_info": {"name": "default-nodepool"}, "scaling_group": {**group, "desired_size": 0}}
    pool, task = pool_create.make(call.world, cluster=cluster, given=given)
    tasks.cancel(call.world, task=task)
    pool.set(IsDefault=True, State="active")
    return pool


def _start(call: Call, *, cluster: Resource, pool: Resource, given: dict[str, Any]) -> Resource:
    ids = list(dict.fromkeys(str(one) for one in given.get("instances") or ()))
    if not 1 <= len(ids) <= MOST_INSTANCES:
        message = f"instances are 1 to {MOST_INSTANCES} ids."
        raise ApiError("InvalidParameter.Instances", message=message, status=400)
    pool_create.check_room(call, cluster=cluster, more=len(ids))
    pool.set(State="updating", Updated=call.now)
    type_ = "nodepool_node_attach" if call.action.name == "AttachInstancesToNodePool" else "cluster_attach"
    work = {"Places": dict.fromkeys(ids, "stop"), "Reasons": {}, "KeepName": given["keep"]}
    return tasks.start(call.world, order=Order(type_, cluster, pool_id=pool.id, first=BEGINNING, work=work))


@runs(*TYPES)
def move(job: Job) -> None:
    pool, cluster = pool_size.pool_of(job), job.cluster
    if pool is None or cluster is None:
        return job.fail("ErrorNodePoolNotFound", message="The node pool is gone.")
    if job.step == "start":
        return job.go("AttachNodes", message="The instances are being attached.")
    places: dict[str, str] = dict(job.work["Places"])
    reasons: dict[str, str] = dict(job.work["Reasons"])
    for id_, place in places.items():
        try:
            places[id_] = _next(job, pool=pool, id=id_, place=place)
        except ApiError as error:
            places[id_], reasons[id_] = "failed", f"{error.code}: {error.message}"
    if places != job.work["Places"]:
        job.keep(Places=places, Reasons=reasons)
        job.task.set(Results=[_result(id_, place=place) for id_, place in places.items()])
    if any(one not in ("done", "failed") for one in places.values()):
        return None
    pool.set(State="active", Updated=job.now)
    if "failed" in places.values():
        return job.fail("AttachInstancesFailed", message="; ".join(f"{id_}: {text}" for id_, text in reasons.items()))
    return job.succeed()


def _next(job: Job, *, pool: Resource, id: str, place: str) -> str:
    """The place after the next step, or the same while there is something to wait for. Raises ApiError when it cannot go on."""
    instance = job.world.store.find(INSTANCE, scope=job.scope, id=id)
    if place in ("done", "failed"):
        return place
    if instance is None or instance["Releasing"]:
        raise ApiError("InvalidInstanceId.NotFound", message="The instance does not exist.")
    if place == "join":
        return _joined(job, id=id)
    return _STEPS[place](job, pool, instance)


def _stop(job: Job, pool: Resource, instance: Resource) -> str:
    cluster = job.cluster
    if cluster is None or instance.region != cluster.region or instance["VpcId"] != cluster["VpcId"]:
        raise ApiError("InvalidInstance.VpcMismatch", message="The instance is in another VPC than the cluster.")
    if job.world.store.find(NODE, scope=job.scope, id=instance.id) is not None:
        raise ApiError("InvalidInstance.InUse", message="The instance is a node already.")
    if instance["Status"] != RUNNING:
        raise ApiError("IncorrectInstanceStatus", message=f"The instance is {instance['Status']}.")
    ask(job.world, "ecs.StopInstance", scope=job.scope, InstanceId=instance.id, ForceStop=True)
    return "disk"


def _disk(job: Job, pool: Resource, instance: Resource) -> str:
    """The old contents are lost; disk id and image are others from then on."""
    if instance["Status"] != STOPPED:
        return "disk"
    image = machines.image_of(pool, type=instance["InstanceType"])
    ask(job.world, "ecs.ReplaceSystemDisk", scope=job.scope, InstanceId=instance.id, ImageId=image)
    cluster = job.cluster
    if cluster is not None:
        instance.set(UserData=machines.user_data(cluster, pool=pool))
        if not job.work["KeepName"]:
            instance.set(InstanceName=f"worker-k8s-for-cs-{cluster.id}")
    ask(job.world, "ecs.StartInstance", scope=job.scope, InstanceId=instance.id)
    return "start"


def _boot(job: Job, pool: Resource, instance: Resource) -> str:
    cluster = job.cluster
    if instance["Status"] != RUNNING or cluster is None:
        return "start"
    machines.join(job.world, cluster=cluster, pool=pool, instance_id=instance.id, attached=True)
    return "join"


_STEPS = {"stop": _stop, "disk": _disk, "start": _boot}


def _joined(job: Job, *, id: str) -> str:
    node = job.world.store.find(NODE, scope=job.scope, id=id)
    late = job.now > job.task.created + pool_size.PATIENCE
    if node is None or node["State"] in ("failed", "removing") or (late and node["State"] == "initial"):
        raise ApiError("NodeNotReady", message="The instance has not become a node.")
    return "done" if node["State"] == "running" else "join"


def _result(id: str, *, place: str) -> dict[str, str]:
    return {"data": id, "status": {"done": "success", "failed": "failed"}.get(place, "initial")}


@fails(*TYPES)
def leave_active(job: Job) -> None:
    pool = pool_size.pool_of(job)
    if pool is not None:
        pool.set(State="active", Updated=job.now)
