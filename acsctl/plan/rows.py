"""The changes of a plan as data, one row a thing, in the form of `resource_changes` that policy tools read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from acsctl.model.change import Action, Change, FieldChange
from acsctl.model.field import Field
from acsctl.model.path import field_at
from acsctl.model.plan import Finding, Plan
from acsctl.model.resource import Live
from acsctl.model.schema import Schemas
from acsctl.model.unknown import Secret
from acsctl.plan.selection import part, units
from acsctl.plan.shape import SECRET, Shape, is_secret, shape, shapes

Row = dict[str, Any]

ACTIONS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATE: ("create",),
    Action.UPDATE: ("update",),
    Action.DELETE: ("delete",),
    Action.REPLACE: ("delete", "create"),
    Action.CREATE_THEN_DELETE: ("create", "delete"),
    Action.READ: ("read",),
    Action.ADOPT: ("update",),
    Action.FORGET: ("forget",),
    Action.NONE: ("no-op",),
}
NOTHING: Mapping[str, Any] = {}


def rows(plan: Plan, schemas: Schemas) -> list[Row]:
    """Every change, the members of a fleet one by one, then what stays as it is."""
    changed = [row for change in plan.changes for row in _rows(change, schemas, plan.secrets.get(change.address, ()))]
    return changed + [_unchanged(live, plan, schemas) for live in plan.unchanged]


def _rows(change: Change, schemas: Schemas, secrets: Sequence[str]) -> Iterator[Row]:
    singles = [replace(part(change, [place]), impact=change.impact) for place in range(len(change.numbers))] or [change]
    fields = schemas[change.address.kind].fields
    for single in singles:
        for live in single.live or (None,):
            yield _row(single, live, fields, secrets)


def _row(change: Change, live: Live | None, fields: Mapping[str, Field], secrets: Sequence[str]) -> Row:
    """`secrets` are the paths at which the live thing may have one, whatever the file says there now."""
    wanted = change.desired.spec if change.desired else NOTHING
    had = reduce(_veiled, secrets, wanted)
    goes = change.action in (Action.DELETE, Action.FORGET)
    stays = change.action in (Action.READ, Action.NONE)
    before = _thing(live.spec, live.tags, fields, wanted=had) if live else Shape(None)
    spec = live.spec if live and stays else {**change.spec, **change.prepared}
    after = Shape(None) if goes else _thing(spec, change.tags, fields, wanted=had if stays else wanted)
    address = units(change)[0]
    body: Row = {
        "actions": list(ACTIONS[change.action]),
        "before": before.plain,
        "after": after.plain,
        "after_unknown": after.unknown or {},
        "before_sensitive": before.sensitive or {},
        "after_sensitive": after.sensitive or {},
        "replace_paths": [field.path.split(".") for field in change.fields if field.forces],
    }
    importing = {"importing": {"id": live.id}} if live and change.action is Action.ADOPT else {}
    return {
        **_named(str(address), change, index=address.number),
        "id": live.id if live else None,
        "change": body | importing,
        "fields": [_field(item, fields) for item in change.fields],
        "reason": change.reason.value if change.reason else None,
        "impact": change.impact.word,
        "note": change.note,
        "takes": list(change.takes),
    }


def _veiled(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The spec with a secret at a dotted path; the keys of a mapping may have dots of their own."""
    name, _, rest = path.partition(".")
    inner = spec.get(name)
    below = {name: _veiled(inner if isinstance(inner, Mapping) else {}, rest)} if rest else {}
    return {**spec, **below, path: Secret(None)}


def _named(address: str, change: Change, *, index: int | None) -> Row:
    at = change.address
    mode = "data" if change.action is Action.READ else "managed"
    return {"address": address, "mode": mode, "type": at.kind, "kind": at.kind, "name": ".".join(at.path), "index": index}


def _thing(
    spec: Mapping[str, Any], tags: Mapping[str, Any], fields: Mapping[str, Field], *, wanted: Mapping[str, Any]
) -> Shape:
    more = {"tags": dict(tags)} if tags and "tags" not in fields else {}
    return shapes({**spec, **more}, fields, wanted=wanted)


def _field(item: FieldChange, fields: Mapping[str, Field]) -> Row:
    known = field_at(fields, item.path)
    hidden = item.after if is_secret(item.after) else item.before if is_secret(item.before) else None
    before, after = shape(item.before, known, wanted=hidden), shape(item.after, known, wanted=hidden)
    row: Row = {"path": item.path, "before": before.plain, "after": after.plain, "unknown": bool(after.unknown)}
    if item.added or item.removed:
        row |= {"added": shape(list(item.added), known).plain, "removed": shape(list(item.removed), known).plain}
    return row | {"forces": item.forces, "impact": item.impact.word, "reason": item.reason.value, "note": item.note}


def _unchanged(live: Live, plan: Plan, schemas: Schemas) -> Row:
    desired = plan.stack.resources.get(live.address.whole)
    change = Change(live.address.whole, Action.NONE, desired, live=(live,), spec=live.spec, tags=live.tags)
    row = _row(change, live, schemas[live.address.kind].fields, plan.secrets.get(live.address.whole, ()))
    return {**row, "address": str(live.address), "index": live.address.number}


def outputs(plan: Plan) -> dict[str, Row]:
    """The outputs as far as they are known before the apply."""
    found: dict[str, Row] = {}
    for name, value in plan.outputs.items():
        told = SECRET if name in plan.stack.secret_outputs else shape(value, None)
        found[name] = {"after": told.plain, "after_unknown": told.unknown, "after_sensitive": told.sensitive}
    return found


def finding(item: Finding) -> Row:
    """What a check says."""
    address = str(item.address) if item.address else None
    return {"severity": item.severity, "summary": item.message, "detail": item.remedy, "address": address}
