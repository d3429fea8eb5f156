"""What `execute` tells while it works. Views, tallies, exit codes and JSON lines are consumers of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from acsctl.errors import AcsctlError
from acsctl.model.address import Address
from acsctl.model.change import Action


class Cause(Enum):
    """What a step waits for that cannot go on: the value is the word for programs."""

    NONE = "none"
    THROTTLED = "throttled"  # the cloud asked to slow down
    IN_WORK = "in_work"  # an earlier attempt of the same call still runs
    UNANSWERED = "unanswered"  # no answer, or one of no use
    BUSY = "busy"  # the thing, or what it hangs on, is in transition: `code` says how
    QUEUE = "queue"  # another write that the cloud does not take at the same time


@dataclass(frozen=True)
class StepInfo:
    """One step of the execution: a create, update or delete of one resource or of some members of a fleet.

    `id` is unique in the run ("create vpc.network"), `waits_for` the ids of steps that come before it,
    `expected` the usual duration in seconds, `count` how many things it makes or changes.
    """

    id: str
    address: Address
    action: Action
    waits_for: tuple[str, ...] = ()
    expected: float = 0.0
    count: int = 1

    @property
    def label(self) -> str:
        """What a person calls it: the address, with the members of a fleet that it is about ("instance.node 1-2")."""
        return self.id.partition(" ")[2]


@dataclass(frozen=True)
class Event:
    """The root. `at` is seconds since the run began, on the run's clock."""

    at: float


@dataclass(frozen=True)
class RunStarted(Event):
    """All steps of the run, announced before the first begins."""

    steps: tuple[StepInfo, ...]


@dataclass(frozen=True)
class StepStarted(Event):
    """A worker has taken the step."""

    step: StepInfo


@dataclass(frozen=True)
class StepProgress(Event):
    """The step waits for the cloud: `done` of `count` ready; `message` in words ("2 of 3 running")."""

    step: StepInfo
    message: str = ""
    done: int = 0


@dataclass(frozen=True)
class StepWaiting(Event):
    """The step cannot go on yet, for a cause that is not its own work; NONE: it waits no more.

    Told of a step under way, and of one that is ready but waits in a queue. `what` is the action ("ecs.RunInstances") or the
    queue ("vpc"), `code` the cloud's, `seconds` how long as far as it is known.
    """

    step: StepInfo
    cause: Cause
    what: str = ""
    code: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class StepDone(Event):
    """The step ended well; `ids` are the things that it made, changed or destroyed."""

    step: StepInfo
    ids: tuple[str, ...] = ()
    took: float = 0.0


@dataclass(frozen=True)
class StepFailed(Event):
    """The step failed; `skipped` are the steps that are not started because of it."""

    step: StepInfo
    error: AcsctlError
    skipped: tuple[StepInfo, ...] = ()
    took: float = 0.0


@dataclass(frozen=True)
class Settling(Event):
    """The run waits until lists can be trusted (design: settle, clean end); `message` says why, `left` seconds at most."""

    message: str
    left: float = 0.0


@dataclass(frozen=True)
class Throttled(Event):
    """The cloud asked to slow down: `seconds` in which something waited so far for `action` ("ecs.RunInstances").

    `in_all`: the same for whatever action, no moment counted twice.
    """

    action: str
    seconds: float
    in_all: float


@dataclass(frozen=True)
class Stopping(Event):
    """A signal came, or something else that is named in `why`: nothing new is started, `in_flight` calls are awaited."""

    in_flight: int
    why: str = ""


@dataclass(frozen=True)
class RunEnded(Event):
    """The last event. `clean`: the cloud shows what was wanted; `outputs` are final, unknown ones left out.

    `waited`: seconds by cause ("throttling ecs.RunInstances", "lists that lag"), `waited_in_all` without counting any twice.
    """

    done: int
    failed: int
    not_started: int
    clean: bool
    counts: Mapping[Action, int]
    outputs: Mapping[str, Any]
    calls: int = 0
    interrupted: bool = False
    under_way: tuple[Address, ...] = ()
    waited: Mapping[str, float] = field(default_factory=dict[str, float])
    waited_in_all: float = 0.0
