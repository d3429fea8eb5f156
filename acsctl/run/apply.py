"""apply: rounds of execute and observe until the cloud shows what was wanted.

A run ends clean only when its own last listing shows every id that it made and none that it deleted, the diff of what it
touched is empty and, after an unclean or unknown start, V (`Kind.settle`) has passed since the lock was taken. So the
plan after an apply is empty although lists lag, and nothing that a killed run had sent is overlooked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from acsctl.cloud import Stopped
from acsctl.errors import AcsctlError, PartialError, WaitedError
from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.event import Event, RunEnded, Settling
from acsctl.model.plan import Observation, Plan
from acsctl.model.schema import Schemas
from acsctl.plan.diff import diff
from acsctl.plan.guard import errors, guard
from acsctl.plan.hints import hints
from acsctl.plan.selection import select, units
from acsctl.plan.steps import Step, Verb
from acsctl.plan.values import unresolved
from acsctl.plan.work import Asked
from acsctl.record import Record
from acsctl.run.books import Books
from acsctl.run.execute import Coordinator, Result, Round
from acsctl.run.observe import World, observe
from acsctl.run.prepare import prepare

ROUNDS = 4
SETTLE_POLL = (1.0, 2.0, 4.0, 8.0)  # cloud seconds between looks while lists settle
VISIBLE = 120.0  # cloud seconds after which a run gives up waiting for the cloud to show what was done


@dataclass(frozen=True)
class Approved:
    """A plan that may be applied, with what it was made from. `locked` is the clock's second at which the lock was taken.

    `exact`: just what stands in it was consented to, before the run: what an earlier one may have left is not cleared away.
    """

    plan: Plan
    seen: Observation
    asked: Asked
    locked: float
    began: float
    exact: bool = False


@dataclass
class Outcome:
    """How the run ended; complete after the last event.

    `clean`: the cloud shows what was asked for. `unfinished` is what an earlier run had begun and this one was to leave out.
    """

    clean: bool = False
    unfinished: frozenset[Address] = frozenset()
    error: AcsctlError | None = None
    counts: Counter[Action] = field(default_factory=Counter[Action])
    interrupted: bool = False


def read(world: World, asked: Asked) -> tuple[Plan, Observation]:
    """observe, diff, prepare and guard: a plan with all its findings. Takes no lock and writes nothing."""
    seen = observe(world, ahead=not asked.destroy)
    return complete(world, plan_of(world, seen, asked), seen, asked), seen


def unsettled(world: World, plan: Plan, seen: Observation, *, locked: float) -> float | None:
    """How many cloud seconds to wait before looking again, None where a refusal is to be believed.

    It is where it is not for what an earlier run may have made, or where that had to show when looking began. `locked` is the
    clock's second at which the lock was taken.
    """
    refused = any(finding.passing and finding.severity == "error" for finding in plan.findings)
    if not refused or world.history.clean or settled(world, seen, locked=locked):
        return None
    return max(0.0, world.settle - since(world, locked))


def settled(world: World, seen: Observation, *, locked: float) -> bool:
    """Whether looking began so long after the lock was taken that all that was sent before has to show."""
    return (seen.at - locked) * world.cloud.speed >= world.settle


def since(world: World, moment: float) -> float:
    """Cloud seconds since a moment of the clock."""
    return (world.cloud.clock.now() - moment) * world.cloud.speed


def plan_of(world: World, seen: Observation, asked: Asked) -> Plan:
    """The bare diff, as far as it is asked for."""
    plan = diff(world.stack, seen=seen, history=world.history, schemas=schemas(world), asked=asked)
    return select(plan, asked.selection, schemas(world))


def complete(world: World, plan: Plan, seen: Observation, asked: Asked) -> Plan:
    """The plan with the catalogue's choices, hints, and the guards' findings. To name a thing in `--replace` allows it."""
    plan = prepare(world, plan, seen)
    notes = hints(plan, history=world.history, schemas=schemas(world))
    return replace(plan, findings=(*plan.findings, *notes, *guard(plan, asked.allow | asked.replace)))


def schemas(world: World) -> Schemas:
    """The schemas of all kinds."""
    return {name: kind.schema for name, kind in world.kinds.items()}


REMEDY = "The run ended part-way: the same command, run again, shows the plan as it is now, and what can be done."
EARLIER = "what an earlier run may have left"
NO_RECORD = "without a record nothing tells what ran before"


def remember(world: World, plan: Plan, record: Record) -> None:
    """Note what everything is that is as wanted, where the record does not say so yet: a file that follows the cloud, too."""
    for address, applied in plan.applied.items():
        if applied.ids and world.history.applied.get(address) != applied:
            record.applied(address, applied)


class Apply:
    """One apply of an approved plan. Iterate `events` once; `outcome` is complete when it ends."""

    def __init__(self, world: World, approved: Approved, record: Record) -> None:
        self._world = world
        self._approved = approved
        self._record = record
        self._books = Books(world, record)
        self._clock = world.cloud.clock
        self._plan = approved.plan
        self._seen = approved.seen
        self._touched = {change.address for change in approved.plan.changes if change.action is not Action.READ}
        self.outcome = Outcome()

    def events(self) -> Iterator[Event]:
        """Do it, telling what happens; the last event is `RunEnded`."""
        result = Result()
        random: set[Address] = set()
        for number in range(ROUNDS):
            self._books.open(self._plan)
            first, last = number == 0, number == ROUNDS - 1
            how = Round(self._settled(), frozenset(random), self._approved.began, first=first, last=last)
            coordinator = Coordinator(self._world, self._plan, books=self._books, how=how)
            yield from coordinator.events()
            result = coordinator.result
            self._count(result)
            if self._clock.stopped or result.failed:
                break
            random |= result.unsettled
            try:
                yield from self._look(result)
            except Stopped:
                break
            except AcsctlError as error:
                self.outcome.error = error
                break
            if not self._visible() or self._plan.empty:
                self.outcome.clean = self._visible() and self._plan.empty
                break
        yield self._end(result)

    def _settled(self) -> bool:
        """Whether no earlier run can have left anything unseen: a person may have thought long about what was seen early."""
        return bool(self._world.history.clean) or settled(self._world, self._seen, locked=self._approved.locked)

    def _since_lock(self) -> float:
        return since(self._world, self._approved.locked)

    def _look(self, result: Result) -> Iterator[Event]:
        """Look at the cloud until it shows what was done; what is left to do becomes the next round's plan."""
        if result.unsettled or not self._world.history.clean:
            yield from self._settle(result)
        began = self._clock.now()
        for tries in range(1000):
            ahead = not self._approved.asked.destroy
            self._seen = observe(self._remembered(), only=self._kinds(), base=self._seen, ahead=ahead)
            self._plan = self._restricted(plan_of(self._brought(), self._seen, self._after()))
            spent = since(self._world, began)
            if (self._visible() and (self._plan.empty or result.unsettled or result.again)) or spent > VISIBLE:
                break
            yield Settling(self._at(), "the cloud does not show yet what was done", VISIBLE - spent)
            self._world.cloud.pause(SETTLE_POLL[min(tries, len(SETTLE_POLL) - 1)], cause="lists that lag")
        if not self._plan.empty:
            self._plan = complete(self._world, self._plan, self._seen, self._approved.asked)
            self._refuse()

    def _refuse(self) -> None:
        """Raises PartialError where what is left to do would have been refused before the run: nobody has consented to it."""
        changed = {change.address for change in self._plan.changes}
        found = [one for one in errors(self._plan.findings) if one.address is None or one.address.whole in changed]
        if found:
            raise PartialError("; ".join(one.message for one in found), remedy=f"Nothing is lost. {REMEDY}")

    def _remembered(self) -> World:
        """The world with a record that vouches for what can bear no mark, and no longer for what this run has let go of."""
        history = self._world.history
        markless = {kind for kind, schema in schemas(self._world).items() if schema.markless}
        held = {**history.made, **{id: address for id, address in self._books.held().items() if address.kind in markless}}
        made = {id: address for id, address in held.items() if id not in self._books.forgotten_ids}
        back = self._books.made_ids.keys()  # ids that are names
        before = {id: address for id, address in history.destroyed.items() if id not in back}
        destroyed = {**before, **self._books.destroyed_ids}
        return replace(self._world, history=replace(history, made=made, destroyed=destroyed))

    def _brought(self) -> World:
        """The world with a record that knows how this run has changed what was there; ids are those from before.

        What is to be replaced counts as replaced where this run did it, or an unclean one before that was told the same.
        """
        history = self._world.history
        asked = self._approved.asked.replace
        goes_on = asked <= history.replacing
        now = {
            at: replace(past, spec=self._books.brought[at].spec)
            for at, past in history.applied.items()
            if at in self._books.brought
        }
        known = replace(
            history,
            applied={**history.applied, **now},
            gone={**(history.gone if goes_on else {}), **self._books.begun},
            fresh=frozenset(self._books.made_ids) | (history.fresh if goes_on else frozenset()),
            replacing=asked,
        )
        return replace(self._world, history=known)

    def _settle(self, result: Result) -> Iterator[Event]:
        """Wait until nothing that an earlier run had sent can still be unseen, nor what this one sent without an answer.

        Sending that again, with another token or none, would make it twice, however long ago the lock was taken.
        """
        own = max((self._world.kinds[address.kind].settle for address in result.lost), default=0.0)
        wait = max(self._world.settle - self._since_lock(), own)
        if wait > 0:
            before = "an earlier run may have left something" if self._world.history.clean is False else NO_RECORD
            why = "an answer was lost" if own else before
            yield Settling(self._at(), f"{why}: lists are trusted again soon", wait)
            self._world.cloud.pause(wait, cause="a lost answer" if own else EARLIER)

    def _after(self) -> Asked:
        """What is asked of later rounds: what came along with a target still does."""
        asked = self._approved.asked
        selection = asked.selection
        if selection.target:
            along = {str(address) for change in self._approved.plan.changes for address in units(change)}
            selection = replace(selection, target=selection.target | along)
        return replace(asked, selection=selection)

    def _kinds(self) -> frozenset[str]:
        """The kinds to list again: those touched; where an earlier run may have left something, all that it may have left."""
        kinds = {address.kind for address in self._touched}
        if not self._world.history.clean:
            history = self._world.history
            kinds |= {address.kind for address in (*self._world.stack.resources, *history.made.values(), *history.unfinished)}
        return frozenset(kinds)

    def _restricted(self, plan: Plan) -> Plan:
        """Only what was approved, and what an earlier run had left; other changes are for the next plan."""
        refused = {finding.address for finding in guard(plan, self._approved.asked.allow)}
        kept: list[Change] = []
        out = list(plan.left_out)
        for change in plan.changes:
            if change.action is Action.READ or change.address in self._touched:
                kept.append(change)
            elif self._is_left(change):
                unasked = change.address in refused and change.action is not Action.DELETE
                (out if self._approved.exact or unasked else kept).append(change)
        return replace(plan, changes=tuple(kept), left_out=tuple(out))

    def _is_left(self, change: Change) -> bool:
        """Whether an earlier run may have left it so, where lists that lag showed it as wanted when the plan was approved.

        Without a record that may be anything.
        """
        history = self._world.history
        begun = change.action is Action.DELETE or history.clean is None or change.address in history.unfinished
        return begun and not history.clean

    def _visible(self) -> bool:
        ids = {live.id for live in self._seen.everything()}
        made = set(self._books.made_ids) - set(self._books.destroyed_ids)
        return made <= ids and not ids & set(self._books.destroyed_ids)

    def _count(self, result: Result) -> None:
        for step in result.done:
            action = step.change.action
            half = action.replaces and step.verb is Verb.DELETE
            if not half and step.verb not in (Verb.LINK, Verb.UNLINK, Verb.CLEAR, Verb.TRIM):
                self.outcome.counts[Action.REPLACE if action.replaces else action] += max(1, len(step.numbers), len(step.lives))

    def _end(self, result: Result) -> RunEnded:
        self.outcome.interrupted = self._clock.stopped
        self.outcome.unfinished = frozenset(change.address for change in self._plan.left_out) & self._world.history.unfinished
        if self.outcome.clean:
            remember(self._world, self._plan, self._record)
        elif not self.outcome.interrupted and not self.outcome.error:
            self.outcome.error = _error(result)
        return RunEnded(
            self._at(),
            done=sum(self.outcome.counts.values()),
            failed=len(result.failed),
            not_started=len(_distinct(result.not_started)),
            clean=self.outcome.clean,
            counts=dict(self.outcome.counts),
            outputs={name: value for name, value in self._plan.outputs.items() if not unresolved(value)},
            calls=self._world.cloud.tally.total,
            interrupted=self.outcome.interrupted,
            under_way=tuple(step.address for step in result.under_way),
            waited=self._world.cloud.tally.waited,
            waited_in_all=self._world.cloud.tally.waited_in_all,
        )

    def _at(self) -> float:
        return self._clock.now() - self._approved.began


def _error(result: Result) -> AcsctlError:
    """Exit 6 where something failed, 9 where the cloud only needs more time."""
    failures = [error for _, error in result.failed]
    if not failures:
        return WaitedError("the cloud does not show yet what was done", remedy="Run the same command again.")
    if all(isinstance(error, WaitedError) for error in failures):
        return failures[0]
    return PartialError("ended part-way", remedy="Nothing is lost: run the same command again to go on.")


def _distinct(steps: list[Step]) -> set[Address]:
    return {step.address for step in steps}
