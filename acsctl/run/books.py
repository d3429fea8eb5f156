"""The books of a run: what is known of every resource by now, and what goes into the record as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action
from acsctl.model.history import Applied
from acsctl.model.plan import Plan
from acsctl.model.resource import Live, Spec
from acsctl.plan import fleet, members, values
from acsctl.plan.steps import Step, Verb
from acsctl.record import Record
from acsctl.run.observe import World
from acsctl.run.step import Task


class Books:
    """Owned by the coordinator's thread. The ids that this run made, destroyed and forgot are kept by address.

    `begun` has by address what this run's creates took to be gone.
    """

    def __init__(self, world: World, record: Record) -> None:
        self._world = world
        self._record = record
        self._wanted: Mapping[Address, Applied] = {}
        self._ids: dict[Address, set[str]] = {}
        self._there: dict[Address, frozenset[str]] = {}
        self._members: dict[Address, dict[int | None, Mapping[str, Any]]] = {}
        self._seen: dict[Address, frozenset[int | None]] = {}
        self._partly: frozenset[Address] = frozenset()
        self._staying: frozenset[Address] = frozenset()
        self.known: dict[Address, Mapping[str, Any]] = {}
        self.made_ids: dict[str, Address] = {}
        self.destroyed_ids: dict[str, Address] = {}
        self.forgotten_ids: dict[str, Address] = {}
        self.touched: set[Address] = set()
        self.brought: dict[Address, Applied] = {}
        self.begun: dict[Address, tuple[str, ...]] = {}

    def open(self, plan: Plan) -> None:
        """Take over what a plan knows, at the beginning of each round."""
        self.known.update(plan.known)
        self._wanted = plan.wanted
        self._ids = {address: set(past.ids) for address, past in plan.wanted.items()}
        self._there = {address: frozenset(past.ids) for address, past in plan.wanted.items()}
        self._members.clear()
        for live in _staying(plan):
            self._members.setdefault(live.address.whole, {})[live.address.number] = live.known
        self._seen = {address: frozenset(group) for address, group in self._members.items()}
        self._partly = frozenset(change.address for change in plan.left_out)
        self._staying = frozenset(change.address for change in plan.left_out if change.live)

    def held(self) -> dict[str, Address]:
        """What each address has by now, by id."""
        return {id: address for address, ids in self._ids.items() for id in ids}

    def gone(self, step: Step) -> tuple[str, ...]:
        """Of a create: the ids that its address has had, what it replaces among them. They make its token new."""
        if step.verb is not Verb.CREATE:
            return ()
        before = self._world.history.before(step.address, self._there.get(step.address, frozenset()))
        return tuple(sorted({*before, *(live.id for live in step.change.live)}))

    def part_filled(self, step: Step) -> bool:
        """Whether members of the slot that a step would fill are there already."""
        if step.verb is not Verb.CREATE or not step.numbers:
            return False
        slot = fleet.slot(step.numbers[0])
        return any(number is not None and fleet.slot(number) == slot for number in self._seen.get(step.address, ()))

    def spent(self, step: Step, ids: tuple[str, ...]) -> bool:
        """Whether a create was answered with something that is known to be destroyed.

        Without a token nothing is answered twice: there an id that comes back is a name.
        """
        proven = self._world.kinds[step.address.kind].token_proven
        return proven and any(id in self._world.history.destroyed or id in self.destroyed_ids for id in ids)

    def fresh(self, spec: Spec) -> bool:
        """Whether a spec refers to something that was made in this run."""
        return any(str(value) in self.made_ids for value in _flat(spec))

    def doing(self, step: Step) -> None:
        """A step begins: until a clean end its address counts as unfinished.

        What is let go of leaves the record first: after a kill an untagged thing that stands there would be taken for ours.
        """
        if step.address not in self.touched or step.verb is Verb.CREATE:
            self.touched.add(step.address)
            gone = self.gone(step)
            self.begun[step.address] = gone or self.begun.get(step.address, ())
            self._record.write("doing", address=step.address.tag, gone=list(gone))
        if step.verb is Verb.FORGET:
            self._gone("forgot", step, tuple(live.id for live in step.lives))

    def refused(self, step: Step) -> None:
        """A create has made nothing for certain: what stands in its way is not ours, and bears no mark to tell."""
        self._record.write("refused", address=step.address.tag)

    def made(self, step: Step, ids: tuple[str, ...]) -> None:
        """A create was answered."""
        self.made_ids.update(dict.fromkeys(ids, step.address))
        for id in ids:  # one that is a name can come back
            self.destroyed_ids.pop(id, None)
        self._ids.setdefault(step.address, set()).update(ids)
        self._record.write("made", address=step.address.tag, ids=list(ids))

    def dead(self, step: Step, ids: tuple[str, ...]) -> None:
        """A create was answered with something that is not there."""
        for id in ids:
            self.made_ids.pop(id, None)
        self._ids.get(step.address, set()).difference_update(ids)
        self._record.write("destroyed", address=step.address.tag, ids=list(ids))

    def done(self, task: Task) -> tuple[str, ...]:
        """A step ended well. Returns the ids that it was about."""
        step = task.step
        ids = task.made or tuple(live.id for live in step.lives) or self._linked(step)
        if step.verb is Verb.DELETE:
            self._gone("destroyed", step, ids)
        elif step.verb not in (Verb.FORGET, Verb.UNLINK, Verb.CLEAR, Verb.TRIM):
            self._learn(task, ids)
            now = self._ids.setdefault(step.address, set())
            now.update(ids)
            self._applied(step, values.recorded(task.spec, task.tags, tuple(sorted(now)), past=self._wanted.get(step.address)))
        return ids

    def _applied(self, step: Step, now: Applied) -> None:
        """Of a fleet whose other members are left out, what was applied to all of them stays so: they still differ from it."""
        past = self._world.history.applied.get(step.address)
        if step.address not in self._partly:
            self._record.applied(step.address, now)
            self.brought[step.address] = now
        elif past or step.address not in self._staying:
            self._record.applied(step.address, replace(past, ids=now.ids) if past else now)

    def _linked(self, step: Step) -> tuple[str, ...]:
        """The id of what a step before made, where this one only writes its late references."""
        return (str(self.known[step.address]["id"]),) if step.verb is Verb.LINK else ()

    def _gone(self, what: str, step: Step, ids: tuple[str, ...]) -> None:
        (self.destroyed_ids if what == "destroyed" else self.forgotten_ids).update(dict.fromkeys(ids, step.address))
        self._ids.get(step.address, set()).difference_update(ids)
        self._record.write(what, address=step.address.tag, ids=list(ids))

    def _learn(self, task: Task, ids: tuple[str, ...]) -> None:
        """What later steps may read: the fields, what can be derived, and the outputs that came with the last wait."""
        schema = self._world.kinds[task.step.address.kind].schema
        address = task.step.address
        base = {**task.spec, **schema.derive(task.spec)}
        if not schema.fleet:
            (id,) = ids
            had = task.step.lives[0].known if task.step.lives else self.known.get(address, {})
            self.known[address] = {**had, **base, **task.outputs.get(id, {}), "id": id}
            return
        group = self._members.setdefault(address, {})
        before = {live.id: live.known for live in task.step.lives}
        for id in ids:
            outputs = {**before.get(id, {}), **base, **task.outputs.get(id, {}), "id": id}
            number = fleet.number_of(str(outputs.get("name", ""))) if task.step.numbers else None
            group[number] = outputs
            self.known[address if number is None else address.member(number)] = outputs
        desired = task.step.change.desired
        if desired and len(group) >= (desired.count if desired.count is not None else 1):
            self.known[address] = {**self.known.get(address, base), **members.known_of(group, schema.aggregate)}


def _staying(plan: Plan) -> list[Live]:
    changed = [
        live
        for change in plan.changes
        if not (change.action.replaces or change.action is Action.DELETE)
        for live in change.live
    ]
    return [*plan.unchanged, *changed, *(live for change in plan.left_out for live in change.live)]


def _flat(spec: Any) -> list[Any]:
    if isinstance(spec, Mapping):
        return [leaf for value in spec.values() for leaf in _flat(value)]
    if isinstance(spec, (list, tuple)):
        return [leaf for value in spec for leaf in _flat(value)]
    return [spec]
