"""What one resource takes over of another: those fields of the other are no longer compared (language: `node_pool.attach`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.history import History
from acsctl.model.plan import Observation
from acsctl.model.resource import Desired, Stack
from acsctl.model.schema import Schema, Schemas
from acsctl.model.unknown import Ref


def without_taken(stack: Stack, schemas: Schemas) -> Stack:
    """The stack in which what is taken over counts as ignored: used at create, not compared afterwards."""
    taken: dict[Address, set[str]] = {}
    for desired in stack.resources.values():
        for address, fields in _takes(desired, schemas[desired.address.kind]):
            taken.setdefault(address, set()).update(fields)
    if not taken:
        return stack
    changed = {
        address: replace(desired, ignore=tuple(dict.fromkeys((*desired.ignore, *sorted(taken.get(address, ()))))))
        for address, desired in stack.resources.items()
    }
    return replace(stack, resources=changed)


def _takes(desired: Desired, schema: Schema) -> Iterable[tuple[Address, tuple[str, ...]]]:
    if desired.absent or desired.existing:
        return
    for name, fields in schema.takes_over.items():
        value = desired.spec.get(name)
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, Ref):
                yield item.address.whole, fields


def fresh(history: History, seen: Observation) -> frozenset[str]:
    """The ids of what this run has made, or an unclean one had begun to: it is as good as made now, nothing was put into it.

    The run may have ended before it could record the id.
    """
    if history.clean or not history.unfinished:
        return history.fresh
    made = {id for id, address in history.made.items() if address.whole in history.unfinished}
    return frozenset(history.fresh | made | {live.id for live in seen.everything() if live.address.whole in history.unfinished})


def wiped(schema: Schema, spec: Mapping[str, Any], *, have: Mapping[str, Any], new: frozenset[str]) -> list[str]:
    """The ids that a spec newly names in a field that empties what it names, but for those that are `new`."""
    if not schema.wipes:
        return []
    named: Any = spec.get(schema.wipes) or ()
    before = have.get(schema.wipes) or ()
    return [item for item in named if isinstance(item, str) and item not in before and item not in new]


def emptied(ids: list[str]) -> str:
    """What is said of these, empty for none."""
    return f"what {', '.join(ids)} held is lost" if ids else ""
