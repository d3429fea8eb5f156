"""Nodes that are renewed in batches of 1, 2, 4, ... (sheet ack-facts.md 5; SDK comments of UpgradeClusterNodepool).

In place a node stays where it is: its kubelet is restarted, its pods stay. By replacement it is cordoned and drained, which
budgets may hold up for half an hour, gets a new system disk and begins anew with what its pool says. Work of a task that rolls:

Nodes: ids that wait. Hand: id -> place of those in hand, `drain`, `stop`, `boot`, `ready`, `restart`, `done`, `failed`.
Size, Most: of the next batch, and of any. Batch: number of the last one. Pause, Interval: what follows a batch.
MostFailed: how many nodes may fail. Failed: id -> why. Replace: whether by new system disks, of Image or the pool's.
Wait: cloud seconds that a batch takes in place. Changes: attributes of a node that is renewed.
"""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs import machines
from acsctl.emulator.services.cs.drain import WINDOW
from acsctl.emulator.services.cs.tasks import PAUSED, Job
from acsctl.emulator.services.cs.types import NODE, NODE_POOL
from acsctl.emulator.services.cs.wiring import ask, wrong
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING, STOPPED

MOST_PARALLEL = 10
PATIENCE = 1800.0  # cloud seconds that a node has to come back, own choice
OVER = ("done", "failed")
INTERVALS = (5, 120)  # minutes


def policy(given: Mapping[str, Any] | None, *, most: int = MOST_PARALLEL) -> dict[str, Any]:
    """The part of the work that rolling_policy tells. most: when it tells none. Raises InvalidParameter.RollingPolicy."""
    told: Mapping[str, Any] = given or {}
    parallel, minutes = told.get("max_parallelism") or most, told.get("batch_interval") or 0
    if not 1 <= parallel <= MOST_PARALLEL:
        raise wrong("RollingPolicy", f"max_parallelism is 1 to {MOST_PARALLEL}.")
    if minutes and not INTERVALS[0] <= minutes <= INTERVALS[1]:
        raise wrong("RollingPolicy", f"batch_interval is 0, or {INTERVALS[0]} to {INTERVALS[1]} minutes.")
    pause = told.get("pause_policy") or "NotPause"
    interval = minutes * 60.0 if pause == "NotPause" else 0.0
    return {"Most": parallel, "Pause": pause, "Interval": interval, "MostFailed": int(told.get("max_failed_nodes") or 0)}


def work(nodes: list[str], *, wait: float, **more: Any) -> dict[str, Any]:
    """The work of a task that renews these nodes."""
    plain = {"Hand": {}, "Size": 1, "Batch": 0, "Failed": {}, "Replace": False, "Changes": {}, "Image": ""}
    return {**plain, **policy(None), "Nodes": nodes, "Wait": wait, **more}


def begin(job: Job) -> None:
    job.task.set(Results=[{"data": id_, "status": "initial"} for id_ in job.work["Nodes"]])
    _next_batch(job)


def roll(job: Job) -> bool:
    """One look at the batch in hand; whether all batches are done. The task fails when more nodes failed than may."""
    hand: dict[str, str] = {id_: _moved(job, id=id_, place=place) for id_, place in job.work["Hand"].items()}
    if hand != job.work["Hand"]:
        job.keep(Hand=hand)
        _tell(job)
    if job.step == "DrainNodes" and hand and "drain" not in hand.values():
        job.go("UpgradeNodes", message=f"The nodes of batch {job.work['Batch']} are being upgraded.")
    if any(place not in OVER for place in hand.values()):
        return False
    if hand:
        job.keep(Hand={})
    failed: Mapping[str, str] = job.work["Failed"]
    if len(failed) > job.work["MostFailed"]:
        job.fail("NodeUpgradeFailed", message="; ".join(f"{id_}: {why}" for id_, why in failed.items()))
        return False
    if not job.work["Nodes"]:
        return True
    if not job.rests():
        _go_on(job, after_batch=bool(hand))
    return False


def _go_on(job: Job, *, after_batch: bool) -> None:
    """Pauses or waits after a batch, as the policy says, then begins the next."""
    pause, batch = job.work["Pause"], job.work["Batch"]
    if after_batch and (pause == "EveryBatch" or (pause == "FirstBatch" and batch == 1)):
        job.task.set(State=PAUSED, Updated=job.now)
        job.note("Paused", message=f"The task is paused after batch {batch}, as its policy says.")
    elif after_batch and job.work["Interval"]:
        job.wait(job.work["Interval"])
    else:
        _next_batch(job)


def _next_batch(job: Job) -> None:
    waiting, size = list(job.work["Nodes"]), min(job.work["Size"], job.work["Most"])
    batch, number = waiting[:size], job.work["Batch"] + 1
    place = "drain" if job.work["Replace"] else "restart"
    job.keep(Nodes=waiting[size:], Size=size * 2, Batch=number, Hand=dict.fromkeys(batch, place))
    if not batch:
        job.go("UpgradeNodes")
        return
    for id_ in batch:
        _change(job, id=id_, **({"Renew": "drain", "DrainedSince": None} if job.work["Replace"] else job.work["Changes"]))
    if job.work["Replace"]:
        job.go("DrainNodes", message=f"The {len(batch)} nodes of batch {number} are being drained.")
    else:
        message = f"The {len(batch)} nodes of batch {number} are being upgraded."
        job.go("UpgradeNodes", message=message, after=job.work["Wait"])


def _moved(job: Job, *, id: str, place: str) -> str:
    """The place after the next step; the same while there is something to wait for."""
    if place in OVER:
        return place
    node, machine = (job.world.store.find(kind, scope=job.scope, id=id) for kind in (NODE, INSTANCE))
    if node is None or machine is None or node["State"] == "removing":
        return _failed(job, id=id, why="the node is gone")
    try:
        return _PLACES[place](job, node, machine)
    except ApiError as error:
        return _failed(job, id=id, why=f"{error.code}: {error.message}")


def _failed(job: Job, *, id: str, why: str) -> str:
    """A node that is not renewed takes pods again."""
    job.keep(Failed={**job.work["Failed"], id: why})
    job.note("NodeUpgradeFailed", message=f"{id}: {why}", level="error")
    _change(job, id=id, Renew="back")
    return "failed"


def _restart(job: Job, node: Resource, machine: Resource) -> str:
    return "done"


def _drain(job: Job, node: Resource, machine: Resource) -> str:
    """Waits for the controller that evicts; what holds it up is told once, and fails the node when it has taken too long."""
    why = str(node.get("DrainWhy") or "")
    note_blocked(job, node=node)
    if node["Renew"] == "stuck":
        return _failed(job, id=node.id, why=f"the node could not be drained within {WINDOW:.0f} s. {why}".rstrip())
    if node["Renew"] != "drained":
        return "drain"
    ask(job.world, "ecs.StopInstance", scope=job.scope, InstanceId=node.id, ForceStop=True)
    return "stop"


def note_blocked(job: Job, *, node: Resource) -> None:
    """An event when budgets hold up a drain, once for each reason."""
    why = str(node.get("DrainWhy") or "")
    if why and why not in job.work.get("Told", ()):
        job.keep(Told=[*job.work.get("Told", ()), why])
        job.note("DrainBlocked", message=f"{node['NodeName']}: {why}", level="warning")


def _stop(job: Job, node: Resource, machine: Resource) -> str:
    """The old contents are lost."""
    pool = job.world.store.find(NODE_POOL, scope=job.scope, id=node["NodePoolId"])
    cluster = job.cluster
    if machine["Status"] != STOPPED or pool is None or cluster is None:
        return "stop"
    image = job.work["Image"] or machines.image_of(pool, type=machine["InstanceType"])
    ask(job.world, "ecs.ReplaceSystemDisk", scope=job.scope, InstanceId=node.id, ImageId=image)
    machine.set(UserData=machines.user_data(cluster, pool=pool))
    wanted = {"Labels": pool["Labels"], "Taints": pool["Taints"], "Unschedulable": pool["Unschedulable"]}
    node.set(**job.work["Changes"], **wanted, BackBy=job.now + PATIENCE)
    ask(job.world, "ecs.StartInstance", scope=job.scope, InstanceId=node.id)
    return "boot"


def _boot(job: Job, node: Resource, machine: Resource) -> str:
    if machine["Status"] != RUNNING:
        return _late(job, node=node, place="boot")
    node.set(Renew="boot")
    return "ready"


def _ready(job: Job, node: Resource, machine: Resource) -> str:
    return "done" if not node["Renew"] else _late(job, node=node, place="ready")


def _late(job: Job, *, node: Resource, place: str) -> str:
    return place if job.now < node["BackBy"] else _failed(job, id=node.id, why="the node has not become ready again")


_PLACES = {"restart": _restart, "drain": _drain, "stop": _stop, "boot": _boot, "ready": _ready}


def _change(job: Job, *, id: str, **changes: Any) -> None:
    node = job.world.store.find(NODE, scope=job.scope, id=id)
    if node is not None:
        node.set(**changes)


def _tell(job: Job) -> None:
    """How far each node is."""
    hand: Mapping[str, str] = job.work["Hand"]
    now = {id_: {"done": "success", "failed": "failed"}.get(place) for id_, place in hand.items()}
    rows = [{**one, "status": now.get(one["data"]) or one["status"]} for one in job.task["Results"]]
    job.task.set(Results=rows, Updated=job.now)
