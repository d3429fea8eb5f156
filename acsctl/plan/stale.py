"""What has become different since a plan was kept: causes first, then change by change what follows from them. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from acsctl.model.stale import Difference, How, Part
from acsctl.plan.saved import QUIET, Document
from acsctl.plan.shape import HIDDEN, canonical

LONG = 60


def differences(kept: Document, now: Document) -> list[Difference]:
    """Nothing where both are the same plan: where their digests are equal."""
    if kept["digest"] == now["digest"]:
        return []
    causes = [*_named("file", kept["files"], now["files"]), *_named("value", kept["values"], now["values"])]
    causes += [*_variables(kept["variables"], now["variables"]), *_live(kept["live"], now["live"])]
    changes = [*_changes(kept, now), *_named("output", kept["output_changes"], now["output_changes"])]
    if kept["record"]["digest"] != now["record"]["digest"] and changes:
        causes.append(Difference("record", "", detail=_record(kept["record"], now["record"])))
    if not causes:
        causes.append(Difference("offer", "", detail="what the cloud offers, or forecasts, is not what it was"))
    return [*causes, *changes]


def unexplained(kept: Document, now: Document) -> list[Difference]:
    """The differences without those that come of `kept` having been carried out in part: what it leads to is the same.

    Of what it speaks of everything may be different, but that something is destroyed which was there and was to stay.
    """
    found = [item for item in differences(kept, now) if item.part not in ("record", "offer", "output")]
    planned = {_whole(row) for rows in _by_address(kept).values() for row in rows}
    worse = {row["address"] for rows in _by_address(now).values() for row in rows if _destroys_more(row, kept)}
    return [item for item in found if not _of_plan(item, planned) or item.name in worse]


def _of_plan(item: Difference, planned: Collection[str]) -> bool:
    address = item.name.partition(" ")[0]
    whole, _, number = address.rpartition(".")
    return item.part in ("live", "change") and (address in planned or (number.isdecimal() and whole in planned))


def _whole(row: Document) -> str:
    return f"{row['kind']}.{row['name']}"


def _destroys_more(row: Document, kept: Document) -> bool:
    """Whether a row destroys something that was there when the plan was kept, and that it did not destroy."""
    there = {id for ids in kept["live"].values() for id in ids}
    goes = {old["id"] for rows in _by_address(kept).values() for old in rows if "delete" in old["change"]["actions"]}
    return "delete" in row["change"]["actions"] and row["id"] in there - goes


def _named(part: Part, kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(kept.keys() | now.keys()):
        if kept.get(name) != now.get(name):
            yield Difference(part, name, _how(name, kept, now))


def _how(name: str, kept: Mapping[str, Any], now: Mapping[str, Any]) -> How:
    return "new" if name not in kept else "gone" if name not in now else "different"


def _variables(kept: Mapping[str, Document], now: Mapping[str, Document]) -> Iterator[Difference]:
    for item in _named("variable", kept, now):
        before, after = kept.get(item.name, {}), now.get(item.name, {})
        told = item.how == "different" and "value" in before and "value" in after
        detail = _arrow(before.get("value"), after.get("value")) if told else ""
        yield Difference("variable", item.name, item.how, detail)


def _live(kept: Mapping[str, Document], now: Mapping[str, Document]) -> Iterator[Difference]:
    for address in sorted(kept.keys() | now.keys()):
        before, after = kept.get(address, {}), now.get(address, {})
        for id in sorted(before.keys() | after.keys()):
            how = _how(id, before, after)
            had, has = before.get(id, {}), after.get(id, {})
            fields = sorted(name for name in had.keys() | has.keys() if had.get(name) != has.get(name))
            if how != "different" or fields:
                yield Difference("live", f"{address} ({id})", how, ", ".join(fields) if how == "different" else "")


def _record(kept: Document, now: Document) -> str:
    if now["clean"] is None:
        return "there was one, and there is none now"
    return "there was none" if kept["clean"] is None else "another run has ended since"


def _changes(kept: Document, now: Document) -> Iterator[Difference]:
    before, after = _by_address(kept), _by_address(now)
    for address in sorted(before.keys() | after.keys()):
        had, has = before.get(address, []), after.get(address, [])
        if sorted(map(_key, had)) != sorted(map(_key, has)):
            yield Difference("change", address, _how(address, before, after), _detail(had, has))


def _by_address(document: Document) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for row in document["resource_changes"]:
        if row["change"]["actions"] not in QUIET:
            found[row["address"]].append(row)
    return dict(found)


def _key(row: Document) -> str:
    change = row["change"]
    fields = sorted(canonical([field.get(name) for name in _VALUES]) for field in row["fields"])
    return canonical([row["id"], change["actions"], change["after"], change["after_unknown"], fields])


_VALUES = ("path", "before", "after", "added", "removed")


def _detail(had: list[Document], has: list[Document]) -> str:
    """The actions where these differ, else the fields."""
    before, after = (" and ".join("/".join(row["change"]["actions"]) for row in rows) for rows in (had, has))
    if not had or not has:
        return before or after
    if before != after:
        return f"{before} → {after}"
    fields = [_by_path(row) for row in (*had, *has)]
    old, new = fields[0], fields[-1]
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return f"{after}: {', '.join(paths)}" if paths else after


def _by_path(row: Document) -> dict[str, str]:
    """What becomes of each field, by its path."""
    after = row["change"]["after"] or {}
    whole = {name: canonical(value) for name, value in after.items()} if not row["fields"] else {}
    return whole | {field["path"]: canonical([field.get(name) for name in _VALUES]) for field in row["fields"]}


def _arrow(before: Any, after: Any) -> str:
    texts = [HIDDEN if value == HIDDEN else json.dumps(value, ensure_ascii=False) for value in (before, after)]
    return " → ".join(text if len(text) <= LONG else f"{text[: LONG - 1]}…" for text in texts)
