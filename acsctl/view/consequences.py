"""What goes along when something is replaced, told from the plan alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.plan import Plan


def takes_with(change: Change, plan: Plan) -> list[Address]:
    """The resources that are replaced or destroyed and need this one, directly or through others, in the plan's order."""
    going = [other for other in plan.changes if other.action.replaces or other.action is Action.DELETE]
    taken = {change.address.whole}
    ids = {live.id for live in change.live}
    grown = True
    while grown:
        grown = False
        for other in going:
            if other.address.whole not in taken and _needs(other, addresses=taken, ids=ids):
                taken.add(other.address.whole)
                ids |= {live.id for live in other.live}
                grown = True
    return [other.address for other in going if other.address.whole in taken and other.address.whole != change.address.whole]


def _needs(change: Change, *, addresses: set[Address], ids: set[str]) -> bool:
    wanted = change.desired.edges if change.desired else frozenset[Address]()
    return bool({edge.whole for edge in wanted} & addresses) or any(ids & set(_texts(live.spec)) for live in change.live)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
