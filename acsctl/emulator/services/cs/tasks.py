"""Tasks: what every change of a cluster is, and how they move (sheet ack-facts.md 1).

A task is a record in the store; `@runs("cluster_create")` declares what moves tasks of a type. It is called with a Job at each
turn while the task runs and its time has come, does one step and returns: so it survives a restart at any point. Attributes:
ClusterId, TaskType, State, Target {id, type}, Parameters, Stages, Events, Results, Error {code, message}, Updated, Due (cloud
time of the next step), Step (name of it), Work (what the steps hand on), Doomed (it will fail, as the setting asked).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults.oddities import FailedTask
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cs.types import CLUSTER, TASK, new_task_id
from acsctl.emulator.services.cs.wiring import SETTLERS, attempt, scope_of, stage_time
from acsctl.emulator.world import World

RUNNING, SUCCESS, FAIL, PAUSED, CANCELED = "running", "success", "fail", "paused", "canceled"
PAUSING, CANCELLING = "pausing", "cancelling"
MOVING = (RUNNING, PAUSING, CANCELLING)  # the last two finish what they have in hand, sheet ack-facts.md 1
REMEMBERED = 7 * 86400.0  # cloud seconds, own choice


@dataclass(frozen=True)
class Job:
    """A task on its way, as its runner sees it."""

    world: World
    task: Resource

    @property
    def scope(self) -> Scope:
        return scope_of(self.task)

    @property
    def now(self) -> float:
        return self.world.store.now

    @property
    def step(self) -> str:
        return str(self.task["Step"])

    @property
    def work(self) -> Mapping[str, Any]:
        work: Mapping[str, Any] = self.task["Work"]
        return work

    @property
    def cluster(self) -> Resource | None:
        return self.world.store.find(CLUSTER, scope=self.scope, id=self.task["ClusterId"])

    def keep(self, **changes: Any) -> None:
        """Changes Work."""
        self.task.set(Work={**self.work, **changes})

    def wait(self, seconds: float) -> None:
        """The next step comes after so many cloud seconds, counted from when this one was due: clock jumps lose nothing."""
        self.task.set(Due=min(self.task["Due"], self.now) + seconds)

    def go(self, step: str, *, message: str = "", after: float = 0.0) -> None:
        """On to another step, which is a stage of its own when it has a message."""
        if message:
            self.task.set(Stages=[*_ended(self.task["Stages"], now=self.now), _stage(message, now=self.now)])
            self.note(step, message=message)
        self.task.set(Step=step, Updated=self.now)
        self.wait(after)

    def note(self, reason: str, *, message: str, level: str = "info") -> None:
        """An event of the task and of its cluster."""
        event = {
            "action": self.task["TaskType"],
            "level": level,
            "message": message,
            "reason": reason,
            "source": "task",
            "timestamp": str(int(self.now * 1000)),
        }
        self.task.set(Events=[*self.task["Events"], event])

    def rests(self) -> bool:
        """Whether it goes no further for now: asked to stop, and nothing is in hand any more."""
        if self.task["State"] == PAUSING:
            self.task.set(State=PAUSED, Updated=self.now)
        elif self.task["State"] == CANCELLING:
            abandon(self.world, task=self.task)
        return self.task["State"] not in MOVING

    def succeed(self) -> None:
        self._end(SUCCESS, state="success")
        self.note("Succeeded", message="The task has succeeded.")

    def fail(self, code: str, *, message: str) -> None:
        self.task.set(Error={"code": code, "message": message})
        self._end(FAIL, state="fail")
        self.note("Failed", message=message, level="error")

    def _end(self, result: str, *, state: str) -> None:
        self.task.set(State=result, Step="", Updated=self.now, Stages=_ended(self.task["Stages"], now=self.now, state=state))
        self.task.remove(after=REMEMBERED)


Runner = Callable[[Job], None]
"""Does the next step. ApiError that it raises undoes the step and fails the task."""

Failer = Callable[[Job], None]
"""What a failed task leaves behind."""

_RUNNERS: dict[str, Runner] = {}
_FAILERS: dict[str, Failer] = {}


def runs(*types: str) -> Callable[[Runner], Runner]:
    """Declares what moves tasks of these types."""

    def declare(runner: Runner) -> Runner:
        _RUNNERS.update(dict.fromkeys(types, runner))
        return runner

    return declare


def fails(*types: str) -> Callable[[Failer], Failer]:
    """Declares what a failed task of these types leaves behind."""

    def declare(failer: Failer) -> Failer:
        _FAILERS.update(dict.fromkeys(types, failer))
        return failer

    return declare


@dataclass(frozen=True)
class Order:
    """What a task is about. pool_id: when its target is a node pool. first: how long its first step takes, cloud seconds."""

    type: str
    cluster: Resource
    pool_id: str = ""
    first: float = 0.0
    work: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] | None = None


def start(world: World, *, order: Order) -> Resource:
    """A new task, running from now on."""
    target = {"id": order.pool_id or order.cluster.id, "type": "nodepool" if order.pool_id else "cluster"}
    task = world.store.create(
        TASK,
        scope=scope_of(order.cluster),
        id=new_task_id(),
        attributes={
            "ClusterId": order.cluster.id,
            "TaskType": order.type,
            "State": RUNNING,
            "Target": target,
            "Parameters": dict(order.parameters or {}),
            "Stages": [_stage("The task has started.", now=world.store.now)],
            "Events": [],
            "Results": [],
            "Error": {},
            "Updated": world.store.now,
            "Due": world.store.now + order.first,
            "Step": "start",
            "Work": dict(order.work or {}),
            "Doomed": _doomed(world, type=order.type),
        },
    )
    Job(world, task).note("Started", message=f"The task {order.type} has started.")
    return task


def running(world: World, *, cluster_id: str = "", pool_id: str = "") -> list[Resource]:
    """The tasks that are not over, of a cluster or of a pool."""
    return [
        one
        for one in world.store.of(TASK)
        if one["State"] in (*MOVING, PAUSED)
        and (not cluster_id or one["ClusterId"] == cluster_id)
        and (not pool_id or one["Target"]["id"] == pool_id)
    ]


def cancel(world: World, *, task: Resource) -> None:
    """Ends a task before its time."""
    Job(world, task).note("Canceled", message="The task was canceled.", level="warning")
    task.set(State=CANCELED, Step="", Updated=world.store.now)
    task.remove(after=REMEMBERED)


def abandon(world: World, *, task: Resource) -> None:
    """The same on request: what it belongs to is left as a failed one leaves it."""
    cancel(world, task=task)
    failer = _FAILERS.get(task["TaskType"])
    if failer is not None:
        failer(Job(world, task))


def advance(world: World) -> None:
    """Moves every task whose time has come; several steps at once when much time has passed."""
    for task in world.store.of(TASK):
        for _ in range(_STEPS_PER_TURN):
            before = (task["Step"], task["Due"])
            if task.gone or task["State"] not in MOVING or task["Due"] > world.store.now:
                break
            _step(Job(world, task))
            if (task["Step"], task["Due"]) == before:
                break


_STEPS_PER_TURN = 20


def _step(job: Job) -> None:
    def work() -> None:
        if job.task["Doomed"]:
            raise ApiError("TaskFailed", message="The task was asked to fail.")
        _RUNNERS[job.task["TaskType"]](job)

    error = attempt(job.world, work)
    if error is not None:
        job.fail(error.code, message=error.message)
    if job.task["State"] == FAIL:
        failer = _FAILERS.get(job.task["TaskType"])
        if failer is not None:
            failer(job)


def _doomed(world: World, *, type: str) -> bool:
    """Whether a fault asks this one to fail, or the setting failing_tasks, which counts down."""
    if world.faults.odd(FailedTask) is not None:
        return True
    left = world.settings.failing_tasks.get(type, 0)
    if left > 0:
        world.change_settings({"failing_tasks": {**world.settings.failing_tasks, type: left - 1}})
    return left > 0


def _stage(message: str, *, now: float) -> dict[str, Any]:
    return {"state": "running", "start_time": stage_time(now), "end_time": "", "message": message, "outputs": {}}


def _ended(stages: list[dict[str, Any]], *, now: float, state: str = "success") -> list[dict[str, Any]]:
    return [*stages[:-1], {**stages[-1], "state": state, "end_time": stage_time(now)}] if stages else []


SETTLERS.append(advance)
