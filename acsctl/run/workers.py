"""Threads that do one stretch of a step each, up to its next yield, and put what came of it into one inbox.

A call that only waits (for its turn, or after a throttle) gives its place back for as long as it sleeps: the thread stays, the
place goes to the next step. So backing off holds no worker, and what is not throttled goes on. Whoever wakes goes on at once:
to wait for a place again could wait for one who waits for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import CallDelayed, CallEvent, CallResumed
from acsctl.errors import AcsctlError
from acsctl.kinds.contract import Made, Readiness, Wait
from acsctl.model.unknown import hidden
from acsctl.run.observe import World
from acsctl.run.step import Task

WORKERS = 10
THREADS = 32  # of them at most 22 sleep while ten work; as many as there are connections


@dataclass(frozen=True)
class Yielded:
    """A stretch ended at a yield, or with None at the end of the step."""

    task: Task
    value: Made | Wait | None


@dataclass(frozen=True)
class Raised:
    """A stretch ended with an error."""

    task: Task
    error: AcsctlError


@dataclass(frozen=True)
class Polled:
    """What a kind said of the ids that are waited for."""

    kind: str
    found: Mapping[str, Readiness]
    error: AcsctlError | None = None


@dataclass(frozen=True)
class Delayed:
    """A call waits in the door, of a step if it is one's; or that is `over`."""

    task: Task | None
    event: CallDelayed
    over: bool = False


Outcome = Yielded | Raised | Polled
News = Outcome | Delayed


class Workers:
    """The pool and its inbox. All methods are for the coordinator's thread; `flying` are the stretches and polls under way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._inbox: queue.Queue[News] = queue.Queue()
        self._here = threading.local()
        self._pool = ThreadPoolExecutor(THREADS)
        self._lock = threading.Lock()
        self._asleep = 0
        self.flying = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """While it is open steps can be taken up; its end waits for what is under way."""
        with self._world.cloud.watched(self._watch), self._pool:
            yield

    @property
    def free(self) -> bool:
        """Whether one more may be taken up."""
        return self.flying < THREADS and self.flying - self._asleep < WORKERS

    def go_on(self, task: Task, value: Mapping[str, Any], *, until: float) -> None:
        """One stretch of a step. Its calls are not repeated after the second `until` of the clock."""
        self.flying += 1
        self._pool.submit(self._stretch, task, dict(value), until)

    def ask(self, kind: str, ids: Sequence[str]) -> None:
        """One poll."""
        self.flying += 1
        self._pool.submit(self._poll, kind, ids)

    def next(self, timeout: float) -> News | None:
        """What came next, or None if nothing does in so many wall seconds."""
        try:
            news = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None
        if not isinstance(news, Delayed):
            self.flying -= 1
        return news

    def _stretch(self, task: Task, value: dict[str, Any], until: float) -> None:
        self._here.task = task
        try:
            with self._world.cloud.until(until):
                started, task.started = task.started, True
                self._inbox.put(Yielded(task, task.generator.send(value) if started else next(task.generator)))
        except StopIteration:
            self._inbox.put(Yielded(task, None))
        except AcsctlError as error:
            self._inbox.put(Raised(task, error))
        except Exception as error:  # a bug in a kind must not hang the run; it is reported like any failure
            bug = AcsctlError(
                hidden(f"{task.step.id}: {type(error).__name__}: {error}"), remedy="This is a bug in acsctl: please report it."
            )
            bug.__cause__ = error
            self._inbox.put(Raised(task, bug))

    def _poll(self, kind: str, ids: Sequence[str]) -> None:
        self._here.task = None
        try:
            self._inbox.put(Polled(kind, self._world.kinds[kind].ready(self._world.cloud, ids)))
        except AcsctlError as error:
            self._inbox.put(Polled(kind, {}, error))
        except Exception as error:
            self._inbox.put(Polled(kind, {}, AcsctlError(hidden(f"{kind}: {type(error).__name__}: {error}"))))

    def _watch(self, event: CallEvent) -> None:
        """Called by whichever thread calls; those that a worker has helping it sleep for themselves."""
        here = vars(self._here)
        if "task" not in here:
            return
        if isinstance(event, CallDelayed):
            here["delay"] = event
            self._fall_asleep(1)
            self._inbox.put(Delayed(here["task"], event))
        elif isinstance(event, CallResumed):
            self._fall_asleep(-1)
            self._inbox.put(Delayed(here["task"], here["delay"], over=True))

    def _fall_asleep(self, number: int) -> None:
        with self._lock:
            self._asleep += number
