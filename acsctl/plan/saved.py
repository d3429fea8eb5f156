"""A plan as a document that can be kept, and carried out later if it would still be the same plan. Pure.

The digest covers what is done and what it was made from: names, values and ids, not the reasons, which depend on what the
record has seen. Times, counts of calls, findings and the text for people are outside of it. Nothing in the document is secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.model.digest import digest, sealed
from acsctl.model.history import History
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Schema, Schemas
from acsctl.model.unknown import Secret
from acsctl.plan import rows
from acsctl.plan.selection import Selection
from acsctl.plan.shape import canonical, shape
from acsctl.plan.work import Asked

FORMAT = "1.0"
COVERED = (
    "format_version",
    "stack",
    "account",
    "region",
    "flags",
    "keyed",
    "files",
    "values",
    "variables",
    "live",
    "output_changes",
)
QUIET = (["no-op"], ["read"])

Document = dict[str, Any]


@dataclass(frozen=True)
class Around:
    """What a plan was made with beside the stack: the flags, the account, and the key under which secrets are hashed, or ""."""

    account: str
    asked: Asked
    schemas: Schemas
    deep: bool = False
    key: str = ""


def document(plan: Plan, *, seen: Observation, history: History, around: Around) -> Document:
    """The plan as data, with its digest. The same plan of the same inputs gives the same digest."""
    stack = plan.stack
    place = f"{around.account}/{stack.region}/{stack.name}"
    found: Document = {
        "format_version": FORMAT,
        "stack": stack.name,
        "account": around.account,
        "region": stack.region,
        "flags": _flags(around),
        "keyed": bool(around.key),
        "files": {name: digest(text, key=place) for name, text in stack.files.items()},
        "values": {name: sealed(text, name=name, key=around.key, place=place) for name, text in stack.values.items()},
        "variables": {name: _variable(name, value, around, place) for name, value in stack.variables.items()},
        "live": _live(stack, seen, around.schemas, place=place),
        "record": {"clean": history.clean, "digest": _of_record(history, place)},
        "resource_changes": rows.rows(plan, around.schemas),
        "output_changes": rows.outputs(plan),
        "left_out": [f"{change.action.word} {change.address}" for change in plan.left_out],
        "left_standing": [{"address": str(live.address), "id": live.id} for live in plan.left_standing],
        "findings": [rows.finding(item) for item in plan.findings],
        "counts": {action.word: count for action, count in plan.counts().items()},
    }
    return {**found, "digest": digest_of(found)}


def digest_of(found: Document) -> str:
    """64 hexadecimal digits that are equal for documents of equal plans."""
    covered = {name: found[name] for name in COVERED}
    changes = [_done(row) for row in found["resource_changes"] if row["change"]["actions"] not in QUIET]
    return _sha256({**covered, "resource_changes": sorted(changes, key=canonical)})


def checksum_of(found: Document) -> str:
    """The same over everything but the checksum itself: it tells a file that was damaged on the way."""
    return _sha256({name: value for name, value in found.items() if name != "checksum"})


def asked_of(found: Document) -> Asked:
    """What the flags of a kept plan ask."""
    flags = found["flags"]
    selection = Selection(frozenset(flags["target"]), frozenset(flags["exclude"]))
    return Asked(flags["destroy"], frozenset(flags["replace"]), frozenset(flags["allow"]), selection)


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _done(row: Mapping[str, Any]) -> Document:
    """Of a row what is done. What is there before is told by `live`."""
    change = row["change"]
    fields = [{name: field.get(name) for name in ("path", "before", "after", "added", "removed")} for field in row["fields"]]
    return {
        "address": row["address"],
        "id": row["id"],
        "actions": change["actions"],
        "after": change["after"],
        "after_unknown": change["after_unknown"],
        "fields": sorted(fields, key=canonical),
    }


def _flags(around: Around) -> Document:
    asked = around.asked
    return {
        "destroy": asked.destroy,
        "replace": sorted(asked.replace),
        "allow": sorted(asked.allow),
        "target": sorted(asked.selection.target),
        "exclude": sorted(asked.selection.exclude),
        "deep": around.deep,
    }


def _variable(name: str, value: Any, around: Around, place: str) -> Document:
    if isinstance(value, Secret):
        return {"sensitive": True, "hash": sealed(value, name=f"variable {name}", key=around.key, place=place)}
    return {"value": shape(value, None).plain}


def _live(stack: Stack, seen: Observation, schemas: Schemas, *, place: str) -> Document:
    """By address and id a hash of each field: of what is ours, and of what `existing` blocks found."""
    found: dict[str, dict[str, Document]] = {}
    for live in (*seen.everything(), *(live for lives in seen.existing.values() for live in lives)):
        desired, schema = stack.resources.get(live.address.whole), schemas[live.address.kind]
        found.setdefault(str(live.address), {})[live.id] = _prints(live, desired, schema, place=f"{place}/{live.address}")
    return dict(found)


def _prints(live: Live, desired: Desired | None, schema: Schema, *, place: str) -> Document:
    """What the file does not speak of may change by itself, and what is compared in its own way shows in the changes."""
    wanted = desired.spec if desired and not desired.existing and not desired.absent else None
    names = [name for name, field in schema.fields.items() if name in live.spec and field.meta.compare is None]
    return {
        name: digest(
            shape(live.spec[name], schema.fields[name], wanted=(wanted or {}).get(name)).plain, key=f"{place}/{live.id}/{name}"
        )
        for name in names
        if wanted is None or name in wanted
    }


def _of_record(history: History, place: str) -> str:
    applied = {str(address): [dict(past.spec), dict(past.tags), list(past.ids)] for address, past in history.applied.items()}
    ids = {id: str(address) for id, address in history.made.items()}
    return digest(
        [canonical(shape(applied, None).plain), ids, sorted(history.destroyed), str(sorted(history.unfinished))], key=place
    )
