"""Short ways to say what kinds get: wants, updates, desired resources."""

from __future__ import annotations

from typing import Any

from acsctl.kinds.contract import Scope, Update, Want
from acsctl.model.address import Address, parse
from acsctl.model.change import FieldChange
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired, Live
from acsctl.model.unknown import Ref

SCOPE = Scope("shop", "cn-hangzhou")


def want(address: str, spec: dict[str, Any], *, name: str = "shop-it", **rest: Any) -> Want:
    whole = parse(address)
    mark = Mark("shop", whole, replaces=rest.get("replaces", ""))
    return Want(whole, spec, name=name, tags={"team": "a"}, mark=mark, **rest)


def change(spec: dict[str, Any] | None = None, **fields: FieldChange | Any) -> Update:
    """`name=value` is a new value, a FieldChange stands for itself."""
    every = {
        name: value if isinstance(value, FieldChange) else FieldChange(name, after=value) for name, value in fields.items()
    }
    return Update(spec or {}, fields=every)


def items(path: str, *, added: tuple[Any, ...] = (), removed: tuple[Any, ...] = ()) -> FieldChange:
    return FieldChange(path, added=added, removed=removed)


def live(address: str, id: str, **spec: Any) -> Live:
    return Live(parse(address), id, spec=spec)


def stack(**specs: dict[str, Any]) -> dict[Address, Desired]:
    """`vswitch_a={...}` is the resource vswitch.a, in that order."""
    found = {}
    for name, spec in specs.items():
        kind, _, rest = name.rpartition("_")
        address = Address(kind, (rest,))
        found[address] = Desired(address, spec=spec)
    return found


def ref(text: str) -> Ref:
    return Ref(parse(text))
