"""A world without a cloud: it carries out the steps of a plan as they are meant, and refuses what a cloud would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action
from acsctl.model.history import History
from acsctl.model.ownership import Mark
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import MISSING, Field, references
from acsctl.plan import fleet, values
from acsctl.plan.diff import diff
from acsctl.plan.difference import wanted_mark
from acsctl.plan.members import known_of
from acsctl.plan.steps import Step, Verb, expand
from acsctl.plan.work import Asked
from tests.plan.kinds import SCHEMAS


class Refused(AssertionError):
    """A step did what no cloud allows: a thing goes that others name, or one is made that names what is not there."""


@dataclass
class World:
    """Things by id. `hidden` are fields that no list gives back."""

    things: dict[str, Live] = field(default_factory=dict[str, Live])
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __repr__(self) -> str:
        things = self.things.values()
        return "\n".join(f"{item.id} {item.mark and item.mark.address} {item.name} {item.spec} {item.tags}" for item in things)

    def fresh_id(self, kind: str) -> str:
        return f"{kind}-{next(self.numbers)}"

    def put(self, thing: Live) -> None:
        missing = set(self.names(thing)) - self.things.keys() - {thing.id}
        if missing:
            raise Refused(f"{thing.id} names {missing}")
        self.things[thing.id] = thing

    def remove(self, id: str) -> None:
        users = [other.id for other in self.things.values() if other.id != id and id in self.names(other)]
        if users:
            raise Refused(f"{id} goes and is named by {users}")
        del self.things[id]

    def names(self, thing: Live) -> list[str]:
        """The ids that a thing holds."""
        found = references(SCHEMAS[thing.address.kind].fields, thing.spec)
        return [value for item, value in found if isinstance(value, str) and not _foreign(item, value)]

    def seen(self, stack: Stack) -> Observation:
        """What a list by tag gives; of `existing` and `adopt` there is nothing here."""
        lives: dict[Address, tuple[Live, ...]] = {}
        for thing in self.things.values():
            if thing.mark and thing.mark.stack == stack.name:
                number = fleet.number_of(thing.name) if SCHEMAS[thing.address.kind].fleet else None
                address = replace(thing.mark.address, number=number)
                lives[address.whole] = (*lives.get(address.whole, ()), replace(thing, address=address))
        return Observation(lives)


def _foreign(item: Field, value: str) -> bool:
    return bool(item.meta.reference and item.meta.reference.also and item.meta.reference.also(value))


def plan_of(world: World, stack: Stack, history: History, asked: Asked | None = None) -> Plan:
    """The diff of a stack and a world."""
    return diff(stack, seen=world.seen(stack), history=history, schemas=SCHEMAS, asked=asked or Asked())


def carry_out(world: World, plan: Plan, random: Random) -> None:
    """Do all steps, in any order that their needs allow."""
    run = _Run(world, plan)
    todo = {step.id: step for step in expand(plan, SCHEMAS)}
    while todo:
        step = random.choice([step for step in todo.values() if not step.needs & todo.keys()])
        run.do(step)
        del todo[step.id]


def recorded(plan: Plan) -> History:
    """What the record has once `plan`, which found nothing to do, ended clean."""
    made = {id: address for address, applied in plan.wanted.items() for id in applied.ids}
    return History(dict(plan.wanted), made, clean=True)


class _Run:
    def __init__(self, world: World, plan: Plan) -> None:
        self.world = world
        self.plan = plan
        self.known: dict[Address, Mapping[str, Any]] = dict(plan.known)

    def do(self, step: Step) -> None:
        if step.verb is Verb.CREATE:
            self._create(step)
        elif step.verb is Verb.DELETE:
            for live in step.lives:
                self.world.remove(live.id)
        elif step.verb is Verb.FORGET:
            for live in step.lives:
                self.world.things[live.id] = replace(live, mark=None)
        elif step.verb is Verb.UNLINK:
            self._unlink(step)
        else:
            self._update(step)
        self._learn(step)

    def _desired(self, step: Step) -> Desired:
        assert step.change.desired
        return step.change.desired

    def _spec(self, step: Step, **place: Any) -> dict[str, Any]:
        """The wanted spec. Late references to what is not there yet are left out."""
        schema = SCHEMAS[step.address.kind]
        spec = dict(schema.normalise(values.resolve({**self._desired(step).spec, **place}, self.known)))
        for name, item in spec.items():
            if isinstance(item, list) and schema.fields[name].meta.as_set and schema.fields[name].fields:
                spec[name] = [entry for entry in item if not (values.unresolved(entry) and _is_late(schema.fields[name]))]
        assert not values.unresolved(spec), f"{step.id}: {spec}"
        return dict(values.revealed(spec))

    def _mark(self, step: Step, spec: Mapping[str, Any]) -> Mark:
        return wanted_mark(self.plan.stack.name, self._desired(step), SCHEMAS[step.address.kind], spec)

    def _create(self, step: Step) -> None:
        schema = SCHEMAS[step.address.kind]
        place = {schema.spread: [step.place]} if step.place is not None else {}
        spec = self._spec(step, **place)
        visible = {
            name: item[0] if schema.fields[name].meta.choice else item
            for name, item in spec.items()
            if schema.fields[name].meta.read == "bulk"
        }
        defaults = {name: item.meta.reset for name, item in schema.fields.items() if item.meta.reset is not MISSING}
        defaults = {name: item for name, item in defaults.items() if schema.fields[name].meta.read == "bulk"}
        mark = replace(self._mark(step, spec), replaces=step.change.live[0].id if step.change.action.replaces else "")
        for number in step.numbers or (None,):
            id = self.world.fresh_id(step.address.kind)
            address = step.address if number is None else step.address.member(number)
            outputs = {"ip": f"10.9.9.{id}"} if "ip" in schema.outputs else {}
            tags = values.resolve(self._desired(step).tags, self.known)
            self.world.put(
                Live(address, id, {**defaults, **visible}, outputs, tags, mark, created=id, name=self._name(step, number))
            )

    def _name(self, step: Step, number: int | None) -> str:
        desired = self._desired(step)
        return fleet.member_name(str(desired.spec.get("name") or desired.address.default_name(self.plan.stack.name)), number)

    def _update(self, step: Step) -> None:
        spec = {**self._spec(step), **self._resets(step)}
        for index, live in enumerate(step.lives or self._made(step)):
            thing = self.world.things[live.id]
            renamed = any(change.path == "name" for change in step.change.fields) and SCHEMAS[step.address.kind].fleet
            name = self._name(step, step.numbers[index] if step.numbers else None) if renamed else thing.name
            tags = {**thing.tags, **values.resolve(self._desired(step).tags, self.known)}
            for change in step.change.fields:
                if change.path.startswith("tags.") and change.after is None:
                    tags.pop(change.path.removeprefix("tags."), None)
            merged = self._merged(step, thing, spec)
            self.world.put(replace(thing, spec=merged, tags=tags, mark=self._mark(step, self._spec(step)), name=name))

    def _made(self, step: Step) -> list[Live]:
        """What a link writes to: the thing that was just made."""
        id = self.known[step.address]["id"]
        return [self.world.things[id]]

    def _resets(self, step: Step) -> dict[str, Any]:
        desired = self._desired(step)
        return {name: value for name, value in step.change.spec.items() if name not in desired.spec}

    def _merged(self, step: Step, thing: Live, spec: Mapping[str, Any]) -> dict[str, Any]:
        fields = SCHEMAS[step.address.kind].fields
        result = dict(thing.spec)
        for name, item in spec.items():
            if any(name == path or path.startswith(f"{name}.") for path in self._desired(step).ignore):
                continue
            if fields[name].meta.read == "bulk":
                result[name] = _put(fields[name], item, thing.spec.get(name))
        return result

    def _unlink(self, step: Step) -> None:
        for live in step.lives:
            thing = self.world.things[live.id]
            fields = SCHEMAS[step.address.kind].fields
            spec = {name: _without(fields[name], item, step.frees) for name, item in thing.spec.items()}
            self.world.put(replace(thing, spec=spec))

    def _learn(self, step: Step) -> None:
        """What later steps may read."""
        if step.verb in (Verb.DELETE, Verb.FORGET, Verb.UNLINK):
            return
        schema = SCHEMAS[step.address.kind]
        gone = {live.id for live in step.change.live} if step.change.action.replaces else set()
        lives = [live for live in self.world.seen(self.plan.stack).live.get(step.address, ()) if live.id not in gone]
        if not schema.fleet:
            newest = max(lives, key=lambda live: int(live.id.split("-")[1])) if step.verb is Verb.CREATE else None
            chosen = newest or next(live for live in lives if live.id in {item.id for item in step.lives or lives})
            spec = self._spec(step)
            self.known[step.address] = {**spec, **schema.derive(spec), **chosen.known}
            return
        members = {live.address.number: live.known for live in lives}
        for number, outputs in members.items():
            self.known[step.address if number is None else step.address.member(number)] = outputs
        count = self._desired(step).count
        if len(members) >= (1 if count is None else count):
            self.known[step.address] = {**self.known.get(step.address, {}), **known_of(members, schema.aggregate)}


def _put(field: Field, want: Any, have: Any) -> Any:
    """A value after an update: what is wanted, but for what is as wanted already and what others have in a mapping."""
    if field.meta.choice:
        return have if have in want else want[0]
    if field.meta.same and have is not None and field.meta.same(want, have):
        return have
    if field.shape in ("mapping", "object") and isinstance(want, Mapping):
        return {**(have or {}), **want}
    return want


def _without(field: Field, value: Any, ids: frozenset[str]) -> Any:
    """A value without what names one of `ids`."""
    if not isinstance(value, list):
        return value
    if field.meta.reference:
        return [item for item in value if item not in ids]
    return [item for item in value if not any(inner in ids for _, inner in references(field.fields, item))]


def _is_late(field: Field) -> bool:
    return any(inner.meta.reference and inner.meta.reference.late for inner in field.fields.values())


def todo(plan: Plan) -> list[str]:
    """What a plan would do, for a message."""
    changes = [change for change in plan.changes if change.action is not Action.READ]
    return [
        f"{change.action.value} {change.address} {change.note} {[f'{field.path}:{field.after}' for field in change.fields]}"
        for change in changes
    ]
