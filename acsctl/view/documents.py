"""What programs get: changes, problems, errors, things and schemas as JSON-ready mappings. docs/json.md describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from acsctl.errors import AcsctlError, CloudError, Problem
from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange
from acsctl.model.drift import Drifted
from acsctl.model.path import field_at
from acsctl.model.plan import Finding, Plan
from acsctl.model.resource import Live, Part
from acsctl.model.unknown import Secret
from acsctl.view.values import has_default, masked, masked_spec, plain

if TYPE_CHECKING:
    from acsctl.model.schema import Field, Schema

Document = dict[str, Any]


def change(item: Change, *, fields: Mapping[str, Field], parts: Iterable[Part] = ()) -> Document:
    """One planned change. `before` and `after` are whole specs, `unknown` the paths in `after` that are not known yet, `parts`
    what a thing is made of that has several."""
    unknown: list[str] = []
    makes = item.action not in (Action.DELETE, Action.FORGET)
    after = plain(masked_spec({**item.spec, **item.prepared}, fields), unknown=unknown) if makes else None
    before = plain(masked_spec(item.live[0].spec, fields)) if item.live else None
    made = _parts(parts)
    document: Document = {
        "kind": item.address.kind,
        "address": str(item.address),
        "action": item.action.word,
        "symbol": item.action.value,
        "before": before,
        "after": after,
        "unknown": unknown,
        "reason": item.reason.value if item.reason else None,
        "impact": item.impact.word,
        "fields": [field_change(field, fields=fields) for field in item.fields],
        "ids": [live.id for live in item.live],
        "members": list(item.numbers),
        "count": item.size,
        "note": item.note,
    }
    return document | ({"parts": made} if made else {})


HAPPENED = {"changed": "update", "gone": "delete", "added": "create"}


def drifted(item: Drifted, *, fields: Mapping[str, Field]) -> Document:
    """What happened to a thing: `before` is what the file says, `after` what the cloud has, in each field as in the whole."""
    seen = item.seen
    rows = [field_change(field, fields=fields) for field in seen.fields]
    live = item.change.live
    return {
        "kind": item.change.address.kind,
        "address": str(item.change.address),
        "action": HAPPENED[item.what],
        "before": None if item.what == "added" else plain(masked_spec(item.change.spec, fields)),
        "after": plain(masked_spec(live[0].spec, fields)) if live else None,
        "reason": item.reason,
        "fields": [{key: value for key, value in row.items() if key not in ("forces", "impact")} for row in rows],
        "ids": [thing.id for thing in live] or list(item.gone),
        "members": list(item.change.numbers),
        "count": item.count,
        "note": item.change.note,
    }


def field_change(item: FieldChange, *, fields: Mapping[str, Field]) -> Document:
    """One field of a change; `added` and `removed` for a list that is compared as a set."""
    known = field_at(fields, item.path)
    unknown: list[str] = []
    after = plain(masked(item.after, known), path=item.path, unknown=unknown)
    document = {"path": item.path, "before": plain(masked(item.before, known)), "after": after, "unknown": bool(unknown)}
    if item.added or item.removed:
        document = {"path": item.path, "added": _items(item.added, known=known), "removed": _items(item.removed, known=known)}
    document |= {"reason": item.reason.value, "forces": item.forces, "impact": item.impact.word, "note": item.note}
    return document | ({"part": item.part} if item.part else {}) | ({"holder": item.holder} if item.holder else {})


def _items(items: tuple[Any, ...], *, known: Field | None) -> list[Any]:
    return [plain(row) for row in masked(list(items), known)] if not (known and known.meta.secret) else [str(Secret(None))]


def summary(plan: Plan) -> Document:
    """Counts with Terraform's names: a replacement counts in `add` and in `remove`; `replace` says how many they are."""
    counts = plan.counts()
    replaced = counts[Action.REPLACE]
    return {
        "add": counts[Action.CREATE] + replaced,
        "change": counts[Action.UPDATE],
        "remove": counts[Action.DELETE] + replaced,
        "replace": replaced,
        "import": counts[Action.ADOPT],
        "forget": counts[Action.FORGET],
        "unchanged": len(plan.unchanged),
        "left_standing": len(plan.left_standing),
        "left_out": sum(change.size for change in plan.left_out),
        "operation": "destroy" if plan.destroy else "plan",
    }


def resource(address: Address) -> Document:
    """An address with Terraform's names for its parts; those of modules are in `resource_name`."""
    return {
        "addr": str(address),
        "module": "",
        "resource": str(address),
        "resource_type": address.kind,
        "resource_name": ".".join(address.path),
        "resource_key": address.number,
        "implied_provider": "alicloud",
    }


def finding(item: Finding) -> Document:
    """What a check says, as a diagnostic."""
    severity = {"error": "error", "warning": "warning"}.get(item.severity, "note")
    document = {"severity": severity, "summary": item.message, "detail": item.remedy}
    return document | ({"address": str(item.address)} if item.address else {})


def problem(item: Problem) -> Document:
    """A mistake in the stack file, as a diagnostic."""
    document: Document = {"severity": "error", "summary": item.message, "detail": item.hint}
    if item.place.file:
        start = {"line": item.place.line, "column": item.place.column}
        end = {"line": item.place.line, "column": item.place.column + item.width}
        document["range"] = {"filename": item.place.file, "start": start, "end": end}
    if item.excerpt:
        document["snippet"] = {"code": item.excerpt, "start_line": item.place.line}
    return document


def error(item: AcsctlError, *, sentence: str, cloud: CloudError | None) -> Document:
    """An error as a diagnostic; of the cloud's errors also code, action, status and request id."""
    document: Document = {"severity": "error", "summary": sentence, "detail": item.remedy, "exit_code": item.exit_code}
    if cloud:
        document |= {"code": cloud.code, "action": cloud.action, "status": cloud.status}
        document |= {"request_id": cloud.request_id, "said": cloud.said}
    return document


def _parts(parts: Iterable[Part]) -> list[Document]:
    return [{"title": part.title, "detail": part.detail} for part in parts]


def thing(live: Live, *, fields: Mapping[str, Field]) -> Document:
    """A live thing; with `parts` where it is made of several."""
    parts = {"parts": _parts(live.parts)} if live.parts else {}
    return parts | {
        "address": str(live.address),
        "kind": live.address.kind,
        "id": live.id,
        "name": live.name,
        "state": live.state,
        "reason": live.reason,
        "spec": plain(masked_spec(live.spec, fields)),
        "outputs": plain(live.outputs),
        "tags": dict(live.tags),
    }


def outputs(items: Mapping[str, Any], *, secret: frozenset[str]) -> Document:
    """Outputs as Terraform's stream has them: value, and whether it is sensitive."""
    hidden = {name for name, value in items.items() if name in secret or isinstance(value, Secret)}
    return {name: {"sensitive": name in hidden, "value": None if name in hidden else plain(items[name])} for name in items}


def schema(item: Schema) -> Document:
    """A kind: its fields, its outputs, and the JSON Schema of its spec."""
    return {
        "kind": item.kind,
        "doc": item.doc,
        "fleet": item.fleet,
        "stateful": item.stateful,
        "takes_over": {name: list(fields) for name, fields in item.takes_over.items()},
        "fields": {name: field(inner) for name, inner in item.fields.items()},
        "outputs": dict(item.outputs),
        "schema": item.json_schema(),
    }


def field(item: Field) -> Document:
    """A field of a kind."""
    return {
        "shape": item.shape,
        "item": item.item,
        "doc": item.doc,
        "required": item.required,
        "default": plain(item.default) if has_default(item) else None,
        "immutable": item.meta.immutable,
        "secret": item.meta.secret,
        "references": list(item.meta.reference.kinds) if item.meta.reference else [],
        "impact": item.meta.impact.word,
        "fields": {name: field(inner) for name, inner in item.fields.items()},
    }
