"""A stack whose edits are held back: where the file was changed it says what the cloud has, so that drift alone is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Change, FieldChange, Reason
from acsctl.model.drift import Drift
from acsctl.model.history import Applied, History
from acsctl.model.plan import Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Schema, Schemas

MARKS = ("protect", "retain")


@dataclass(frozen=True)
class Held:
    """The stack, the addresses of what drifted, and those whose edits cannot be told from the drift, with the path of one."""

    stack: Stack
    drifted: frozenset[Address]
    tangled: Mapping[Address, str]


class _TangledError(Exception):
    """An edit that cannot be held back; the message is its path."""


def held(plan: Plan, drift: Drift, *, history: History, schemas: Schemas) -> Held:
    """Hold back every edit at the addresses of what drifted."""
    resources = dict(plan.stack.resources)
    drifted = {row.change.address for row in drift.rows}
    tangled: dict[Address, str] = {}
    for address in sorted(drifted & resources.keys(), key=str):
        changes = [change for change in plan.changes if change.address == address]
        try:
            resources[address] = _held(
                resources[address], changes, schema=schemas[address.kind], past=history.applied.get(address)
            )
        except _TangledError as error:
            tangled[address] = str(error)
    return Held(replace(plan.stack, resources=resources), frozenset(drifted - tangled.keys()), tangled)


def _held(desired: Desired, changes: Sequence[Change], *, schema: Schema, past: Applied | None) -> Desired:
    if past is not None and schema.fleet:
        desired = _counted(desired, changes, past)
    for change in changes:
        for item in change.fields:
            if item.reason is Reason.EDIT:
                desired = _without(desired, item, lives=change.live, schema=schema, past=past)
    return desired


def _counted(desired: Desired, changes: Sequence[Change], past: Applied) -> Desired:
    """A fleet of the size that it had."""
    size = 1 if desired.count is None else desired.count
    if len(past.ids) == size:
        return desired
    numbered = any(live.address.number is not None for change in changes for live in change.live)
    return replace(desired, count=len(past.ids) if numbered or len(past.ids) != 1 else None)


def _without(desired: Desired, item: FieldChange, *, lives: Sequence[Live], schema: Schema, past: Applied | None) -> Desired:
    """The resource without one edit."""
    first, *rest = item.path.split(".")
    if first == "tags":
        return replace(desired, tags=_set(desired.tags, (".".join(rest),), item.before))
    if first in MARKS:
        mark = lives[0].mark
        return replace(desired, protect=bool(mark and mark.protect), retain=bool(mark and mark.retain))
    if first not in schema.fields or schema.fields[first].meta.compare:
        raise _TangledError(item.path)
    if schema.fleet and first == "name":
        return replace(desired, spec=_set(desired.spec, ("name",), past.spec.get("name") if past else None))
    field, path = schema.fields[first], [first]
    while rest and field.shape == "object":
        field = field.fields[rest[0]]
        path.append(rest.pop(0))
    if rest:
        path.append(".".join(rest))
    if field.meta.read == "each":
        raise _TangledError(item.path)
    values = [_at(live.spec, path) for live in lives]
    if any(value != values[0] for value in values):
        if not field.meta.choice:
            raise _TangledError(item.path)
        return replace(desired, spec=_set(desired.spec, path, list(dict.fromkeys(values))))
    value = [values[0]] if field.meta.choice and values[0] is not None else values[0]
    return replace(desired, spec=_set(desired.spec, path, value))


def _at(spec: Any, path: Iterable[str]) -> Any:
    for name in path:
        spec = spec.get(name) if isinstance(spec, Mapping) else None
    return spec


def _set(mapping: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """A copy with another value at a path, without the key where there is none."""
    first, *rest = path
    if rest:
        inner = mapping.get(first)
        return {**mapping, first: _set(inner if isinstance(inner, Mapping) else {}, rest, value)}
    kept = {name: item for name, item in mapping.items() if name != first}
    return kept if value is None else {**kept, first: value}
