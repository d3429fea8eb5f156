"""From a plan to the steps that carry it out, and what each step needs.

Here, and nowhere else, a replacement becomes a delete and a create. Creation follows references, destruction reverses the
references of the live things, so that it needs no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.plan import Plan
from acsctl.model.resource import Desired, Live
from acsctl.model.schema import Schemas, references
from acsctl.model.unknown import UNKNOWN, Ref
from acsctl.plan import fleet, graph


class Verb(Enum):
    """What a step does. LINK writes late references of something that was just made, UNLINK takes references off.

    CLEAR takes away what a thing that goes has made in the cloud by itself, while what it does that with still stands. TRIM
    takes away what left the file of a thing that stays.
    """

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    LINK = "link"
    UNLINK = "unlink"
    FORGET = "forget"
    CLEAR = "clear"
    TRIM = "trim"


@dataclass(frozen=True)
class Step:
    """One step: at most one create call of the cloud.

    `numbers` are the members of a fleet that it makes or changes, `place` where it makes them (a `Ref` or an id),
    `frees` the ids of the things that an UNLINK lets go of, `needs` the ids of the steps before it.
    """

    id: str
    verb: Verb
    change: Change
    lives: tuple[Live, ...] = ()
    numbers: tuple[int, ...] = ()
    place: Any = None
    frees: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()

    @property
    def address(self) -> Address:
        """The resource that it works on."""
        return self.change.address


_Hold = tuple[str, str, str]
"""What holds a thing that goes and can let go of it: the holder's step, the delete that it comes before, the thing's id."""


@dataclass
class _Draft:
    """Steps as they are being made: `makes` are those that bring an address to what is wanted, `deletes` by live id."""

    schemas: Schemas
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    makes: dict[Address, set[str]] = field(default_factory=dict[Address, set[str]])
    updates: dict[str, str] = field(default_factory=dict[str, str])
    deletes: dict[str, str] = field(default_factory=dict[str, str])
    needs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def add(self, verb: Verb, change: Change, **rest: Any) -> Step:
        """A new step with an id of its own."""
        base = f"{verb.value} {change.address}"
        numbers = rest.get("numbers", ())
        if numbers:
            base += f" {numbers[0]}" if len(numbers) == 1 else f" {numbers[0]}-{numbers[-1]}"
        part = self.schemas[change.address.kind].part
        base += f" (old {part}s)" if verb is Verb.TRIM and part else ""
        id = base
        while id in self.steps:
            id = f"{base} ({sum(entry.startswith(base) for entry in self.steps) + 1})"
        self.steps[id] = Step(id, verb, change, **rest)
        self.needs[id] = set()
        return self.steps[id]


def expand(plan: Plan, schemas: Schemas, *, trims: bool = True) -> tuple[Step, ...]:
    """The steps of a plan in a valid order; without `trims` as if nothing left what stays. Raises `graph.CycleError` where
    there is no such order."""
    draft = _Draft(schemas)
    for change in plan.changes:
        _steps(draft, plan, change)
    for step in list(draft.steps.values()):
        draft.needs[step.id] |= _needs(draft, plan, step)
    _links(draft)
    loose = _destruction(draft, plan)
    _clearings(draft, plan)
    _vacancies(draft, plan, loose)
    _unlinks(draft, loose)
    _heirs(draft, plan)
    if trims:
        _trims(draft, plan)
    order = graph.order({id: sorted(needs) for id, needs in draft.needs.items()})
    return tuple(replace(draft.steps[id], needs=frozenset(draft.needs[id] & draft.steps.keys())) for id in order)


def _steps(draft: _Draft, plan: Plan, change: Change) -> None:
    if change.action in (Action.READ, Action.NONE):
        return
    if change.action is Action.DELETE or change.action.replaces:
        step = draft.add(Verb.DELETE, change, lives=change.live, numbers=change.numbers)
        draft.deletes.update({live.id: step.id for live in change.live})
    if change.action is Action.CREATE or change.action.replaces:
        made = {step.id for step in _creates(draft, plan, change)}
        draft.makes.setdefault(change.address, set()).update(made)
        for id in made if change.action.replaces else ():
            gone = {draft.deletes[live.id] for live in change.live}
            if change.action is Action.REPLACE:
                draft.needs[id] |= gone
            else:
                for old in gone:
                    draft.needs[old].add(id)
    if change.action in (Action.UPDATE, Action.ADOPT, Action.FORGET):
        verb = Verb.FORGET if change.action is Action.FORGET else Verb.UPDATE
        step = draft.add(verb, change, lives=change.live, numbers=change.numbers)
        draft.makes.setdefault(change.address, set()).add(step.id)
        draft.updates.update({live.id: step.id for live in change.live})


def _creates(draft: _Draft, plan: Plan, change: Change) -> Iterator[Step]:
    schema = draft.schemas[change.address.kind]
    places = _places(change, schema.spread)
    if not schema.fleet or not places:
        yield draft.add(Verb.CREATE, change)
        return
    keys = [str(place) for place in places]
    taken = _taken(plan, change, schema.spread, places)
    if not change.numbers:
        place = places[min(range(len(keys)), key=lambda index: (taken.get(keys[index], 0), index))]
        yield draft.add(Verb.CREATE, change, place=place)
        return
    for batch in fleet.share(change.numbers, places=keys, taken=taken):
        yield draft.add(Verb.CREATE, change, numbers=batch.numbers, place=places[keys.index(batch.place)])


def _places(change: Change, spread: str) -> list[Any]:
    value = change.desired.spec.get(spread) if change.desired else None
    return list(value) if isinstance(value, (list, tuple)) else [value] if value is not None else []


def _taken(plan: Plan, change: Change, spread: str, places: Iterable[Any]) -> dict[str, int]:
    """How many members stay in each place, by the text of the place."""
    going = {live.id for other in plan.changes if other.action is Action.DELETE or other.action.replaces for live in other.live}
    staying = [live for live in _lives(plan) if live.address.whole == change.address and live.id not in going]
    ids = {str(live.address): live.id for live in _lives(plan)}
    names = {ids.get(str(place), place) if isinstance(place, Ref) else place: str(place) for place in places}
    taken: dict[str, int] = {}
    for live in staying:
        name = names.get(live.spec.get(spread))
        if name is not None:
            taken[name] = taken.get(name, 0) + 1
    return taken


def _lives(plan: Plan) -> Iterator[Live]:
    yield from plan.unchanged
    for change in (*plan.changes, *plan.left_out):
        yield from change.live


def _before(draft: _Draft, plan: Plan, desired: Desired) -> set[Address]:
    """What has steps and comes before a resource: also through others that stay as they are."""
    found: set[Address] = set()
    seen: set[Address] = set()
    todo = [edge.whole for edge in desired.edges]
    while todo:
        address = todo.pop()
        if address in draft.makes:
            found.add(address)
        elif address not in seen and address in plan.stack.resources:
            seen.add(address)
            todo.extend(edge.whole for edge in plan.stack.resources[address].edges)
    return found


def _needs(draft: _Draft, plan: Plan, step: Step) -> set[str]:
    """What must exist before: everything that the file says it builds on. What goes, or is let go of, needs nothing."""
    desired = step.change.desired
    if step.verb in (Verb.DELETE, Verb.FORGET) or not desired:
        return set()
    needs = {id for edge in _before(draft, plan, desired) for id in draft.makes[edge]}
    return needs - {step.id}


def late_targets(draft_schemas: Schemas, change: Change) -> set[Address]:
    """The resources that the late references of a change point to."""
    if not change.desired:
        return set()
    found = references(draft_schemas[change.address.kind].fields, change.desired.spec)
    return {
        value.address.whole
        for item, value in found
        if isinstance(value, Ref) and item.meta.reference and item.meta.reference.late
    }


def _links(draft: _Draft) -> None:
    """Late references to what this plan makes are written once both ends exist."""
    created = {step.address for step in draft.steps.values() if step.verb is Verb.CREATE}
    for step in list(draft.steps.values()):
        if step.verb not in (Verb.CREATE, Verb.UPDATE):
            continue
        pending = late_targets(draft.schemas, step.change) & created
        if pending:
            link = draft.add(Verb.LINK, step.change, lives=step.lives)
            draft.needs[link.id] = {step.id, *(id for target in pending for id in draft.makes[target])}


def _destruction(draft: _Draft, plan: Plan) -> set[_Hold]:
    """Nothing goes before what stands on it has gone or has let go of it. What can let go by itself."""
    loose: set[_Hold] = set()
    for live in _lives(plan):
        for item, value in references(draft.schemas[live.address.kind].fields, live.spec):
            if value not in draft.deletes or value == live.id:
                continue
            before = draft.deletes.get(live.id) or draft.updates.get(live.id)
            after = draft.deletes[value]
            if before and before != after:
                draft.needs[after].add(before)
                if item.meta.reference and (item.meta.reference.late or item.meta.reference.detachable):
                    loose.add((before, after, value))
    _reversed_edges(draft)
    return loose


def _clearings(draft: _Draft, plan: Plan) -> None:
    """What makes things in the cloud by itself is cleared of them before that goes with which it does so.

    What else stands on it, such as the stack's own objects in a cluster, goes before.
    """
    lives = list(_lives(plan))
    for live in lives:
        schema, gone = draft.schemas[live.address.kind], draft.deletes.get(live.id)
        if gone is None or not schema.clears:
            continue
        clear = draft.add(Verb.CLEAR, draft.steps[gone].change, lives=(live,))
        draft.needs[gone].add(clear.id)
        for other in lives:
            rows = references(draft.schemas[other.address.kind].fields, other.spec)
            after = draft.deletes.get(other.id)
            if after is None or live.id not in [value for _, value in rows]:
                continue
            helps = other.address.kind in schema.clears
            draft.needs[after if helps else clear.id].add(clear.id if helps else after)


def _vacancies(draft: _Draft, plan: Plan, loose: Iterable[_Hold]) -> None:
    """What takes the place of something that goes, such as its range, is made after that; what can let go of it does, where
    it would otherwise wait for its own place."""
    lives = list(_lives(plan))
    able = {(before, after) for before, after, _ in loose}
    firm = {id: {need for need in needs if (need, id) not in able} for id, needs in draft.needs.items()}
    ids = {str(live.address): live.id for live in lives if live.id not in draft.deletes}
    for step in draft.steps.values():
        schema, desired = draft.schemas[step.address.kind], step.change.desired
        if step.verb is not Verb.CREATE or not desired:
            continue
        spec = {name: ids.get(str(value), value) if isinstance(value, Ref) else value for name, value in desired.spec.items()}
        for live in lives:
            gone = draft.deletes.get(live.id)
            clashing = gone and live.address.kind == step.address.kind and schema.clashes(live, spec)
            if gone and clashing and step.id not in graph.reach(firm, gone):
                firm[step.id].add(gone)
                draft.needs[step.id].add(gone)


def _heirs(draft: _Draft, plan: Plan) -> None:
    """What something else takes a part of over goes after that, or the part would go with it."""
    lives = [live for live in _lives(plan) if live.id in draft.deletes and live.parts]
    for step in draft.steps.values():
        if step.verb not in (Verb.CREATE, Verb.UPDATE):
            continue
        titles = {part.title for part in draft.schemas[step.address.kind].parts(step.change.spec)}
        for live in lives:
            gone = draft.deletes[live.id]
            shared = live.address.kind == step.address.kind and not titles.isdisjoint(part.title for part in live.parts)
            if shared and gone != step.id and gone not in graph.reach(draft.needs, step.id):
                draft.needs[gone].add(step.id)


def _trims(draft: _Draft, plan: Plan) -> None:
    """What leaves the file of a kind that `trims` goes once all of that kind in the same place are brought."""
    ids = {str(live.address): live.id for live in _lives(plan)}
    makers: dict[tuple[str, str], set[str]] = {}
    for step in draft.steps.values():
        if step.verb in (Verb.CREATE, Verb.UPDATE, Verb.LINK) and (place := _where(draft, step, ids)):
            makers.setdefault(place, set()).add(step.id)
    for step in list(draft.steps.values()):
        place = _where(draft, step, ids)
        if place and step.verb is Verb.UPDATE and any(row.removed or row.after is UNKNOWN for row in step.change.fields):
            trim = draft.add(Verb.TRIM, step.change, lives=step.lives)
            draft.needs[trim.id] = set(makers[place])
        elif place and step.verb is Verb.DELETE:
            for maker in makers.get(place, ()):
                if step.id not in graph.reach(draft.needs, maker):
                    draft.needs[step.id].add(maker)


def _where(draft: _Draft, step: Step, ids: Mapping[str, str]) -> tuple[str, str] | None:
    """The kind, and the id or address of the place that its things `trim` together; None for a kind that does not."""
    field = draft.schemas[step.address.kind].trims
    wanted = step.change.desired.spec if step.change.desired and step.verb is not Verb.DELETE else {}
    value = wanted.get(field) if wanted else next((live.spec.get(field) for live in step.lives), None)
    return (step.address.kind, ids.get(str(value), str(value)) if isinstance(value, Ref) else str(value)) if field else None


def _reversed_edges(draft: _Draft) -> None:
    """What the file orders by `needs` and expressions is destroyed in the reverse order, where what is live allows it: the
    file may have changed since."""
    deletes: dict[Address, set[str]] = {}
    for step in draft.steps.values():
        if step.verb is Verb.DELETE:
            deletes.setdefault(step.address, set()).add(step.id)
    for step in draft.steps.values():
        edges = step.change.desired.edges if step.verb is Verb.DELETE and step.change.desired else frozenset[Address]()
        for id in sorted(id for edge in edges for id in deletes.get(edge.whole, ())):
            if id != step.id and id not in graph.reach(draft.needs, step.id):
                draft.needs[id].add(step.id)


def _unlinks(draft: _Draft, loose: Iterable[_Hold]) -> None:
    """Letting go becomes a step of its own where otherwise the steps would go round in a circle: of things that name each
    other, and of what holds something that is deleted before its replacement is made."""
    unlinks: dict[str, Step] = {}
    for before, after, freed in sorted(loose):
        if after not in graph.reach(draft.needs, before):
            continue
        draft.needs[after].discard(before)
        if before not in unlinks:
            step = draft.steps[before]
            unlinks[before] = draft.add(Verb.UNLINK, step.change, lives=step.lives)
            draft.needs[before].add(unlinks[before].id)
        unlink = draft.steps[unlinks[before].id]
        draft.steps[unlink.id] = replace(unlink, frees=unlink.frees | {freed})
        draft.needs[after].add(unlink.id)


def costs(steps: Iterable[Step], schemas: Schemas) -> Mapping[str, float]:
    """The usual length of each step in cloud seconds."""
    return {step.id: schemas[step.address.kind].durations.get(step.verb.value, 2.0) for step in steps}
