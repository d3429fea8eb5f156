"""drift: observe and diff, and of the plan only what the cloud changed. Takes no lock and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.drift import Drift
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Stack
from acsctl.plan.drift import drift
from acsctl.plan.values import resolve
from acsctl.plan.work import Asked
from acsctl.run.apply import plan_of, schemas
from acsctl.run.observe import World, observe

Difference = tuple[str, str, str]
"""An address, what is to be done there, and the path of a field or nothing."""


@dataclass(frozen=True)
class Look:
    """What the cloud was seen to be, the bare plan that would be made of it, and what of that is drift."""

    world: World
    seen: Observation
    plan: Plan
    drift: Drift

    def lives(self) -> dict[str, Address]:
        """The address of every live thing that has one, by id; what `existing` blocks found too."""
        found = {live.id: address for address, lives in self.seen.existing.items() for live in lives}
        return {**found, **{live.id: live.address for live in self.seen.everything()}}

    def expansions(self, address: Address) -> Mapping[str, Callable[[Any], list[Any]]]:
        """For each field of a resource what one item of its list means, in the form that a live thing has."""
        schema = schemas(self.world)[address.kind]
        spec = resolve(self.plan.stack.resources[address].spec, self.plan.known)

        def expanding(name: str) -> Callable[[Any], list[Any]]:
            return lambda item: list(schema.normalise({**spec, name: resolve([item], self.plan.known)})[name])

        return {name: expanding(name) for name, field in schema.fields.items() if field.meta.as_set}

    def spoiled(self, stack: Stack, taken: Iterable[tuple[Address, str]]) -> list[Difference]:
        """What another text of the stack file would not do: take over what it should, or would change beside that."""
        before = set(_differences(self.plan))
        after = set(_differences(plan_of(replace(self.world, stack=stack), self.seen, Asked())))
        gone = {(str(address), path) for address, path in taken}
        kept = [row for row in after if (row[0], row[2]) in gone]
        return sorted([*kept, *(row for row in after - before if row[2] or not _less(row, before))])


def look(world: World) -> Look:
    """The cloud as it is now."""
    seen = observe(world)
    plan = plan_of(world, seen, Asked())
    return Look(world, seen, plan, drift(plan, world.history))


def _differences(plan: Plan) -> Iterator[Difference]:
    for change in plan.changes:
        yield from ((str(change.address), "field", field.path) for field in change.fields)
        if not change.fields:
            yield str(change.address), change.action.word, ""


def _less(row: Difference, before: set[Difference]) -> bool:
    """Whether a change without fields is what is left of one that had some."""
    return any(entry[0] == row[0] for entry in before)
