"""What waits for the cloud: which ids, until what, and when to ask next. Asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.errors import AcsctlError, WaitedError
from acsctl.kinds.contract import Readiness, Wait
from acsctl.plan.steps import Verb
from acsctl.run.observe import World
from acsctl.run.step import Task

HASTE = 3.0
"""Wall seconds that every wait has in a cloud that runs faster than the wall."""

OUTAGE = 600.0  # cloud seconds for which a kind may give no answer while something waits for it

CLAIM = 300.0  # cloud seconds for which an id that was answered, or seen, and that no list shows is pending


@dataclass(frozen=True)
class News:
    """What a poll said of one waiting step: it can go on (`ready`), it failed, or how far it is.

    `dead` are ids that were answered or seen, and that no list has shown for so long that there is no such thing.
    """

    ready: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: AcsctlError | None = None
    message: str = ""
    done: int = 0
    dead: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the step waits no more."""
        return bool(self.ready or self.error or self.dead)


class Waits:
    """All steps that wait, by kind. Times are the clock's wall seconds; polls and limits are cloud seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: dict[str, list[tuple[Task, Wait]]] = {}
        self._due: dict[str, float] = {}
        self._asked: set[str] = set()
        self._answered: dict[str, float] = {}
        self._said: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, task: Task, wait: Wait, *, now: float) -> None:
        """A step begins to wait."""
        kind = wait.kind or task.step.address.kind
        task.since = now
        first = now if wait.soon else now + self._world.kinds[kind].poll.first / self._world.cloud.speed
        self._due[kind] = min(first, self._due[kind]) if kind in self._waiting else first
        self._answered.setdefault(kind, now)
        self._waiting.setdefault(kind, []).append((task, wait))

    def next_due(self) -> float:
        """When to ask next; a kind whose answer is awaited is not due."""
        return min((due for kind, due in self._due.items() if kind not in self._asked), default=float("inf"))

    def due(self, now: float) -> Iterator[tuple[str, list[str]]]:
        """Kinds to ask now, with all their ids."""
        for kind, due in list(self._due.items()):
            if due <= now and kind not in self._asked:
                self._asked.add(kind)
                yield kind, list(dict.fromkeys(id for _, wait in self._waiting[kind] for id in wait.ids))

    def polled(self, kind: str, found: Mapping[str, Readiness], *, now: float) -> list[tuple[Task, News]]:
        """Sort what a poll found; steps that go on or failed wait no more."""
        self._asked.discard(kind)
        self._answered[kind] = now
        news: list[tuple[Task, News]] = []
        left: list[tuple[Task, Wait]] = []
        for task, wait in self._waiting.pop(kind, []):
            if not all(id in found for id in wait.ids):
                left.append((task, wait))  # it joined while the answer was under way
                continue
            item = self._news(task, wait, {id: found[id] for id in wait.ids}, now)
            news.append((task, item))
            if not item.over:
                left.append((task, wait))
        if left:
            self._waiting[kind] = left
            self._due[kind] = now + self._world.kinds[kind].poll.every / self._world.cloud.speed
        else:
            self._due.pop(kind, None)
            self._answered.pop(kind, None)
        return news

    def unanswered(self, kind: str, *, now: float) -> bool:
        """A poll brought nothing: whether it is worth asking again, which a cloud that is away for minutes is.

        Nothing waits any more for one that was under way when the run was stopped.
        """
        if kind not in self._waiting:
            self._asked.discard(kind)
            return True
        if (now - self._answered[kind]) * self._world.cloud.speed > OUTAGE:
            return False
        self._asked.discard(kind)
        self._due[kind] = now + self._world.kinds[kind].poll.every / self._world.cloud.speed
        return True

    def drop(self, kind: str) -> list[Task]:
        """Give up all waits of a kind."""
        self._asked.discard(kind)
        self._due.pop(kind, None)
        self._answered.pop(kind, None)
        return [task for task, _ in self._waiting.pop(kind, [])]

    def drop_all(self) -> list[Task]:
        """Give up every wait."""
        return [task for kind in list(self._waiting) for task in self.drop(kind)]

    def _news(self, task: Task, wait: Wait, found: Mapping[str, Readiness], now: float) -> News:
        waited = (now - task.since) * self._world.cloud.speed
        if wait.until == "gone":
            ready = [id for id, item in found.items() if item.absent]
        else:
            bad = ((id, item) for id, item in found.items() if item.state == "failed")
            failed = next((item.message or f"{id} failed: {item.reason}" for id, item in bad), "")
            if failed:
                return News(error=AcsctlError(failed))
            ready = [id for id, item in found.items() if _reached(item, wait.until)]
        if len(ready) == len(found):
            return News(ready=True, outputs={id: item.outputs for id, item in found.items()})
        return self._overdue(task, wait, found, waited) or self._progress(task, wait, found, len(ready))

    def _overdue(self, task: Task, wait: Wait, found: Mapping[str, Readiness], waited: float) -> News | None:
        desired = task.step.change.desired
        kind = self._world.kinds[wait.kind or task.step.address.kind]
        # A cloud that is faster than the wall still takes the wall's time for its own work.
        limit = desired.timeout if desired else None
        longer = max(kind.poll.moving, kind.poll.going if wait.until == "gone" else 0.0)
        haste = max(HASTE, longer) if not limit else HASTE
        if self._world.cloud.speed > 1.0 and waited < haste * self._world.cloud.speed:
            return None
        # What a list showed that lagged may have been destroyed by a run that was cut off.
        claimed = {*task.made, *(live.id for live in task.step.lives)}
        absent = tuple(id for id, item in found.items() if item.absent and id in claimed)
        if wait.until != "gone" and absent and waited > CLAIM:
            return News(dead=absent)
        limit = limit or kind.poll.limit
        if waited > limit:
            said = next((item.message for item in found.values() if item.message), "")
            text = said or f"{', '.join(found)} to be {wait.words}; it goes on in the cloud"
            text = f"waited {limit:.0f} s{': ' if said else ' for '}{text}"
            return News(error=WaitedError(text, remedy="Run the same command again to go on, or set a longer  timeout."))
        return None

    def _progress(self, task: Task, wait: Wait, found: Mapping[str, Readiness], ready: int) -> News:
        reason = next((item.reason for item in found.values() if item.reason), "")
        said = next((item.message for item in found.values() if item.message), "")
        going = said or ("going" if task.step.verb is Verb.DELETE else reason.lower() or "pending")
        message = f"{ready} of {len(found)} {wait.words}" if len(found) > 1 else going
        if self._said.get(task.step.id) == message:
            return News()
        self._said[task.step.id] = message
        return News(message=message, done=ready)


def _reached(item: Readiness, until: str) -> bool:
    return item.state == "ready" if until == "ready" else item.at in until.split("|")
