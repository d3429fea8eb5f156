"""The coordinator: one thread owns the graph; workers take a step, do one stretch of it and return an outcome.

No locks and no level barriers. A step is ready when all that it needs is done and the queues that it names are free; the one
with the longest path after its own end goes first, which is best where several want one queue. What waits holds no worker:
all waits of a kind are asked for together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.cloud import Retry, class_of, classify
from acsctl.errors import AcsctlError, CloudError, UnknownOutcomeError
from acsctl.kinds.contract import Made, Wait
from acsctl.model.address import Address
from acsctl.model.event import (
    Cause,
    Event,
    RunStarted,
    StepDone,
    StepFailed,
    StepProgress,
    StepStarted,
    StepWaiting,
    Stopping,
    Throttled,
)
from acsctl.model.plan import Plan
from acsctl.plan import graph
from acsctl.plan.steps import Step, Verb, costs, expand
from acsctl.run.books import Books
from acsctl.run.observe import World
from acsctl.run.step import Task, Try, begin, describe
from acsctl.run.token import random_salt
from acsctl.run.verdict import Situation, Verdict, is_passing, judge
from acsctl.run.waits import HASTE, Waits
from acsctl.run.workers import Delayed, News, Polled, Raised, Workers

CAUSES = {Retry.THROTTLED: Cause.THROTTLED, Retry.SAME_TOKEN: Cause.IN_WORK}
TICK = 0.25  # wall seconds: how long a signal may go unnoticed
PAUSE = (2.0, 3.0, 5.0, 8.0, 10.0)  # cloud seconds between tries of one step
STEP_LIMIT = 600.0  # cloud seconds of trying


@dataclass(frozen=True)
class Round:
    """How a round is run. `settled`: nothing that an earlier run did can be unseen. `random`: addresses whose creates take
    random tokens. `began`: the clock's second at which the run began. `first`: it announces the steps. `last`: no other round
    follows, so that what would be looked at again has failed."""

    settled: bool
    random: frozenset[Address] = frozenset()
    began: float = 0.0
    first: bool = True
    last: bool = False


@dataclass
class Result:
    """What came of a round: addresses that must be looked at `again` (after settling: `unsettled`), failures, the rest.

    `lost` are those of a write whose answer did not come.
    """

    done: list[Step] = field(default_factory=list[Step])
    failed: list[tuple[Step, AcsctlError]] = field(default_factory=list[tuple[Step, AcsctlError]])
    again: set[Address] = field(default_factory=set[Address])
    unsettled: set[Address] = field(default_factory=set[Address])
    lost: set[Address] = field(default_factory=set[Address])
    not_started: list[Step] = field(default_factory=list[Step])
    under_way: list[Step] = field(default_factory=list[Step])


@dataclass(frozen=True)
class _Nap:
    """A step that is tried again once the clock shows `due`; `cause` in words, as it is counted."""

    due: float
    step: Step
    how: Try
    cause: str


class Coordinator:
    """Carries out one plan. `events` may be iterated once; `result` is complete when it ends."""

    def __init__(self, world: World, plan: Plan, *, books: Books, how: Round) -> None:
        schemas = {name: kind.schema for name, kind in world.kinds.items()}
        self._world = world
        self._books = books
        self._how = how
        self._clock = world.cloud.clock
        steps = expand(plan, schemas)
        self._todo = {step.id: step for step in steps}
        self._needs = {step.id: step.needs for step in steps}
        cost = costs(steps, schemas)
        weight = graph.weights(self._needs, cost)
        self._rank = {id: (-(weight[id] - cost[id]), -weight[id]) for id in weight}
        self._finished: set[str] = set()
        self._workers = Workers(world)
        self._waits = Waits(world)
        self._naps: list[_Nap] = []
        self._tries: dict[str, tuple[float, Try]] = {}
        self._held: dict[str, Task] = {}
        self._queued: set[str] = set()
        self._told_stop = False
        self.result = Result()

    def events(self) -> Iterator[Event]:
        """Do it all, telling what happens. Failures are events and `result`, never exceptions."""
        if self._how.first:
            yield RunStarted(self._at(), tuple(describe(self._world, step) for step in self._todo.values()))
        with self._workers.open():
            while True:
                if self._clock.stopped:
                    yield from self._stopping()
                else:
                    yield from self._start()
                    self._poll()
                if not (self._workers.flying or self._waits or self._naps):
                    break
                news = self._next()
                if news:
                    yield from self._take(news)
        self.result.not_started += self._todo.values()

    def _at(self) -> float:
        return self._clock.now() - self._how.began

    def _start(self) -> Iterator[Event]:
        """Give the workers every step that is ready, heaviest first."""
        self._wake(self._clock.now())
        ready = [step for step in self._todo.values() if step.needs <= self._finished]
        for step in sorted(ready, key=lambda step: self._rank[step.id]):
            if not self._workers.free:
                return
            yield from self._begin(step)

    def _wake(self, now: float) -> None:
        for nap in [nap for nap in self._naps if nap.due <= now]:
            self._naps.remove(nap)
            self._world.cloud.tally.end(nap.cause)
            self._todo[nap.step.id] = nap.step

    def _begin(self, step: Step) -> Iterator[Event]:
        how = self._tries[step.id][1] if step.id in self._tries else self._first_try(step)
        if how is None:
            del self._todo[step.id]
            self.result.unsettled.add(step.address)
            return
        try:
            task = begin(self._world, step, known=self._books.known, how=how, now=self._clock.now())
        except ValueError:
            # Something it reads was not told by the step before it: looking at the cloud again will.
            del self._todo[step.id]
            self.result.again.add(step.address)
            return
        if taken := sorted(task.keys & self._held.keys()):
            if step.id not in self._queued:
                self._queued.add(step.id)
                yield StepWaiting(self._at(), task.info, Cause.QUEUE, taken[0].partition(":")[0])
            return
        del self._todo[step.id]
        self._held |= dict.fromkeys(task.keys, task)
        self._books.doing(step)
        if step.id not in self._tries:
            self._tries[step.id] = (self._clock.now(), how)
            yield StepStarted(self._at(), task.info)
        self._go_on(task, {})

    def _first_try(self, step: Step) -> Try | None:
        """The token of a slot serves while none of its members is seen; a part-filled one must be settled first.

        So must what takes long and has no token: an earlier run may have sent it, and lists not show it yet.
        """
        kind = self._world.kinds[step.address.kind]
        blind = step.verb is Verb.CREATE and kind.schema.waits and not kind.token_proven
        part_filled = self._books.part_filled(step)
        if (part_filled or blind) and not self._how.settled:
            return None
        random = part_filled or step.address in self._how.random
        return Try(salt=random_salt() if random else "", gone=self._books.gone(step))

    def _go_on(self, task: Task, value: Mapping[str, Any]) -> None:
        """One stretch. Of what came after a wait the time is its own; tries of one step share theirs."""
        since = self._clock.now() if task.started else self._tries[task.step.id][0]
        self._workers.go_on(task, value, until=since + self._limit(task.step))

    def _limit(self, step: Step) -> float:
        """Wall seconds of trying one step."""
        desired = step.change.desired
        return self._wall(desired.timeout if desired and desired.timeout else STEP_LIMIT)

    def _wall(self, seconds: float) -> float:
        """Wall seconds of so many cloud seconds, in which a cloud that is fast still has to do its own work."""
        speed = self._world.cloud.speed
        return max(seconds / speed, HASTE if speed > 1.0 else 0.0)

    def _poll(self) -> None:
        for kind, ids in self._waits.due(self._clock.now()):
            self._workers.ask(kind, ids)

    def _next(self) -> News | None:
        """The next outcome, or None when it is time to look at the clock again."""
        moments = [nap.due for nap in self._naps]
        moments += [self._waits.next_due()] if self._waits else []
        left = min(moments, default=self._clock.now() + TICK) - self._clock.now()
        return self._workers.next(min(max(left, 0.001), TICK))

    def _delayed(self, delayed: Delayed) -> Iterator[Event]:
        """A call waits in the door, or goes on; it keeps no place meanwhile."""
        event = delayed.event
        name, retry = f"{event.product}.{event.action}", classify(event.cause)
        if retry is Retry.THROTTLED and delayed.over:
            tally = self._world.cloud.tally
            yield Throttled(self._at(), name, tally.throttled[name].seconds, tally.throttled_in_all)
        if delayed.task and delayed.over:
            yield StepWaiting(self._at(), delayed.task.info, Cause.NONE)
        elif delayed.task:
            cause = CAUSES.get(retry, Cause.UNANSWERED)
            yield StepWaiting(self._at(), delayed.task.info, cause, name, event.cause, event.seconds)

    def _take(self, outcome: News) -> Iterator[Event]:
        if isinstance(outcome, Delayed):
            yield from self._delayed(outcome)
        elif isinstance(outcome, Polled):
            yield from self._polled(outcome)
        elif isinstance(outcome, Raised):
            yield from self._raised(outcome.task, outcome.error)
        elif isinstance(outcome.value, Made):
            yield from self._made(outcome.task, outcome.value)
        elif isinstance(outcome.value, Wait):
            if outcome.value.said:
                yield StepProgress(self._at(), outcome.task.info, outcome.value.said)
            self._waits.add(outcome.task, outcome.value, now=self._clock.now())
        else:
            yield from self._done(outcome.task)

    def _made(self, task: Task, made: Made) -> Iterator[Event]:
        """An answered id is a claim: one that is known to be destroyed means that the token is spent."""
        if self._books.spent(task.step, made.ids):
            task.generator.close()
            if self._how.settled and not self._tries[task.step.id][1].salt:
                self._later(task, Try(salt=random_salt(), attempt=task.attempt + 1), pause=0.0, cause="")
            else:
                self._look_again(task, self.result.unsettled)
            return
        task.made += made.ids
        self._books.made(task.step, made.ids)
        self._go_on(task, {})
        yield from ()

    def _polled(self, polled: Polled) -> Iterator[Event]:
        now = self._clock.now()
        if polled.error:
            if not (is_passing(polled.error) and self._waits.unanswered(polled.kind, now=now)):
                for task in self._waits.drop(polled.kind):
                    yield from self._raised(task, polled.error, read=True)
            return
        for task, news in self._waits.polled(polled.kind, polled.found, now=now):
            if news.error:
                yield from self._raised(task, news.error)
            elif news.dead:
                # The token was spent in an earlier life of the stack: what it made then is gone.
                task.generator.close()
                self._books.dead(task.step, news.dead)
                self._look_again(task, self.result.unsettled)
            elif news.ready:
                task.outputs.update({id: dict(outputs) for id, outputs in news.outputs.items()})
                self._go_on(task, news.outputs)
            elif news.message:
                yield StepProgress(self._at(), task.info, news.message, news.done)

    def _done(self, task: Task) -> Iterator[Event]:
        self._release(task)
        self._finished.add(task.step.id)
        self.result.done.append(task.step)
        ids = self._books.done(task)
        yield StepDone(self._at(), task.info, ids, self._clock.now() - self._tries[task.step.id][0])

    def _raised(self, task: Task, error: AcsctlError, *, read: bool = False) -> Iterator[Event]:
        """A step failed, in a call of its own or where it was only `read` how far it is."""
        task.generator.close()
        since, how = self._tries[task.step.id]
        situation = Situation(
            verb=task.step.verb,
            made=bool(task.made),
            settled=self._how.settled,
            fresh_parents=self._books.fresh(task.spec),
            late=self._clock.now() - since >= self._wall(self._world.settle),
            random=bool(how.salt),
        )
        verdict = judge(error, situation)
        if isinstance(error, UnknownOutcomeError) and not read:
            self.result.lost.add(task.step.address)
        if verdict is Verdict.RETRY and isinstance(error, CloudError) and self._clock.now() - since < self._limit(task.step):
            pause = PAUSE[min(how.attempt + how.throttled, len(PAUSE) - 1)]
            yield StepWaiting(self._at(), task.info, Cause.BUSY, error.action, error.code, pause / self._world.cloud.speed)
            self._later(task, how.after(error, settled=self._how.settled), pause=pause, cause=f"{error.code} {error.action}")
        elif verdict is Verdict.STOPPED:
            self._stopped(task)
        elif self._clock.stopped and verdict in (Verdict.AGAIN, Verdict.SETTLE):
            self._release(task)
            self.result.under_way.append(task.step)
        elif self._how.last or verdict in (Verdict.FAIL, Verdict.RETRY):
            if self._is_others(task, error):
                self._books.refused(task.step)
            yield from self._failed(task, error)
        elif verdict is Verdict.AGAIN:
            self._look_again(task, self.result.again)
        else:
            self._look_again(task, self.result.unsettled)

    def _is_others(self, task: Task, error: AcsctlError) -> bool:
        """Whether what a create of something markless has found is certainly none of an earlier run, nor of a lost answer."""
        markless = self._world.kinds[task.step.address.kind].schema.markless
        unsent = task.step.verb is Verb.CREATE and not task.made and task.step.address not in self.result.lost
        exists = isinstance(error, CloudError) and class_of(error) is Retry.EXISTS
        return bool(markless and unsent and exists and self._world.history.clean)

    def _later(self, task: Task, how: Try, *, pause: float, cause: str) -> None:
        self._release(task)
        self._tries[task.step.id] = (self._tries[task.step.id][0], how)
        self._world.cloud.tally.begin(cause)
        self._naps.append(_Nap(self._clock.now() + pause / self._world.cloud.speed, task.step, how, cause))

    def _stopped(self, task: Task) -> None:
        """A create that made nothing was not sent, or was refused: what may have been sent is in doubt, not stopped."""
        task.generator.close()
        self._release(task)
        began = task.made or task.step.verb is not Verb.CREATE
        (self.result.under_way if began else self.result.not_started).append(task.step)

    def _look_again(self, task: Task, where: set[Address]) -> None:
        self._release(task)
        where.add(task.step.address)

    def _failed(self, task: Task, error: AcsctlError) -> Iterator[Event]:
        self._release(task)
        self.result.failed.append((task.step, error))
        blocked = [step for step in self._todo.values() if task.step.id in graph.reach(self._needs, step.id)]
        skipped = tuple(describe(self._world, step) for step in blocked)
        yield StepFailed(self._at(), task.info, error, skipped, self._clock.now() - self._tries[task.step.id][0])

    def _release(self, task: Task) -> None:
        self._held = {key: holder for key, holder in self._held.items() if holder is not task}

    def _stopping(self) -> Iterator[Event]:
        """Nothing new is started, waits are let go; what is in flight returns."""
        for task in self._waits.drop_all():
            self._stopped(task)
        self._wake(float("inf"))
        if not self._told_stop:
            self._told_stop = True
            why = "the credentials have expired" if self._world.cloud.expired else ""
            yield Stopping(self._at(), self._workers.flying, why)
