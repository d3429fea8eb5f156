"""The journal: one JSON object a line, only ever appended, from which a History is replayed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from acsctl.model import address as addresses
from acsctl.model.address import Address
from acsctl.model.history import Applied, History
from acsctl.record.run import Row, died

Entry = dict[str, Any]
"""A line: `what` is begin, plan, doing, refused, made, applied, destroyed, forgot, end or run; the other keys depend on it."""

RUNS_KEPT = 50


@dataclass
class _State:
    applied: dict[Address, Applied] = field(default_factory=dict[Address, Applied])
    made: dict[str, Address] = field(default_factory=dict[str, Address])
    destroyed: dict[str, Address] = field(default_factory=dict[str, Address])
    doing: dict[Address, tuple[str, ...]] = field(default_factory=dict[Address, tuple[str, ...]])
    clean: bool | None = None
    plan: str = ""
    replacing: tuple[str, ...] = ()
    fresh: set[str] = field(default_factory=set[str])


def lines(text: str) -> Iterator[Entry]:
    """The entries of a journal. A last line that was cut short by a kill is left out."""
    for line in text.split("\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def page(text: str) -> list[Entry]:
    """The entries of a journal that was written whole. Raises ValueError where it is not what was written."""
    if not text.endswith("\n"):
        raise ValueError("it does not end with a line")
    entries = [json.loads(line) for line in text.split("\n")[:-1]]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("a line is no entry")
    return entries


def replay(entries: Iterable[Entry]) -> History:
    """What the journal says, as the diff reads it."""
    state = _State()
    for entry in entries:
        _take(state, entry)
    return History(
        applied=state.applied,
        made=state.made,
        destroyed=state.destroyed,
        unfinished=frozenset() if state.clean else frozenset(state.doing),
        gone={} if state.clean else {address: gone for address, gone in state.doing.items() if gone},
        clean=state.clean,
        plan="" if state.clean else state.plan,
        replacing=frozenset() if state.clean else frozenset(state.replacing),
        fresh=frozenset() if state.clean else frozenset(state.fresh),
    )


def _take(state: _State, entry: Entry) -> None:
    match entry.get("what"):
        case "begin":
            state.clean = False
        case "plan":
            state.plan = str(entry.get("digest", ""))
            state.replacing = tuple(entry.get("replace", ()))
        case "end":
            state.clean = bool(entry.get("clean"))
            state.doing = {} if state.clean else state.doing
            if state.clean:
                state.plan, state.replacing, state.fresh = "", (), set()
        case "doing":
            address = addresses.parse(entry["address"])
            state.doing[address] = tuple(entry.get("gone", ())) or state.doing.get(address, ())
        case "refused":
            state.doing.pop(addresses.parse(entry["address"]), None)
        case "made":
            _made(state, addresses.parse(entry["address"]), entry["ids"])
            state.fresh.update(() if entry.get("before") else entry["ids"])
        case "applied":
            _applied(state, entry)
        case "destroyed" | "forgot":
            _destroyed(state, entry)
        case _:
            pass


def _applied(state: _State, entry: Entry) -> None:
    """A thing is at one address: what was moved is no longer at its old one."""
    address = addresses.parse(entry["address"])
    ids = tuple(entry["ids"])
    _take_off(state, set(ids), but=address)
    secrets = tuple(entry.get("secrets", ()))
    guards = entry.get("guards", {})
    state.applied[address] = Applied(spec=entry["spec"], tags=entry.get("tags", {}), ids=ids, secrets=secrets, guards=guards)
    _made(state, address, ids)


def _made(state: _State, address: Address, ids: Iterable[str]) -> None:
    """An id that is a name can come back."""
    for id in ids:
        state.made[id] = address
        state.destroyed.pop(id, None)


def _destroyed(state: _State, entry: Entry) -> None:
    gone = set(entry["ids"])
    if entry["what"] == "destroyed":
        state.destroyed.update(dict.fromkeys(entry["ids"], addresses.parse(entry["address"])))
    for id in gone:
        state.made.pop(id, None)
        state.fresh.discard(id)
    _take_off(state, gone)


def _take_off(state: _State, gone: set[str], *, but: Address | None = None) -> None:
    """Nothing is recorded any more of an address that has lost all its things."""
    for address, last in list(state.applied.items()):
        if address == but or gone.isdisjoint(last.ids):
            continue
        left = tuple(id for id in last.ids if id not in gone)
        if left:
            state.applied[address] = replace(last, ids=left)
        else:
            del state.applied[address]


def row(address: Address, applied: Applied) -> Entry:
    """The keys of an entry `applied`."""
    entry: Entry = {"address": address.tag, "spec": applied.spec, "tags": applied.tags, "ids": list(applied.ids)}
    entry |= {"secrets": list(applied.secrets)} if applied.secrets else {}
    return entry | ({"guards": dict(applied.guards)} if applied.guards else {})


def snapshot(history: History) -> list[Entry]:
    """A short journal that replays to the same history."""
    entries = _by_id("destroyed", history.destroyed)
    entries += [{"what": "applied", **row(address, applied)} for address, applied in history.applied.items()]
    for entry in _by_id("made", history.made):
        entries.append(entry if history.fresh.issuperset(entry["ids"]) else {**entry, "before": True})
    begun = {address: history.gone.get(address, ()) for address in sorted(history.unfinished)}
    entries += [{"what": "doing", "address": address.tag, "gone": list(gone)} for address, gone in begun.items()]
    entries += [{"what": "plan", "digest": history.plan, "replace": sorted(history.replacing)}] if history.plan else []
    if history.clean is not None:
        entries.append({"what": "end", "clean": history.clean})
    return entries


def runs(entries: Iterable[Entry]) -> list[Row]:
    """The rows of the last 50 runs, the oldest first; one that ended without a word has been followed by another."""
    return _runs(entries)[0]


def _runs(entries: Iterable[Entry]) -> tuple[list[Row], list[Entry]]:
    """The rows, and the beginning of the run that has not ended, if there is one."""
    rows: list[Row] = []
    begun: list[Entry] = []
    for entry in entries:
        if entry.get("what") == "begin" and "row" in entry:
            rows += [died(other["row"]) for other in begun]
            begun = [entry]
        elif entry.get("what") == "run":
            rows.append(entry["row"])
            begun = [other for other in begun if other["row"].get("id") != entry["row"].get("id")]
    return rows[-RUNS_KEPT:], begun


def shorten(entries: Iterable[Entry]) -> list[Entry]:
    """A short journal that replays to the same history, and tells the same runs."""
    kept = list(entries)
    rows, begun = _runs(kept)
    return [*({"what": "run", "row": row} for row in rows), *begun, *snapshot(replay(kept))]


def _by_id(what: str, ids: Mapping[str, Address]) -> list[Entry]:
    return [{"what": what, "address": address.tag, "ids": [id]} for id, address in ids.items()]


def dump(entry: Mapping[str, Any]) -> str:
    """One line of a journal. ASCII, so that a line which is cut anywhere can be read as text."""
    return json.dumps(entry, sort_keys=True) + "\n"
