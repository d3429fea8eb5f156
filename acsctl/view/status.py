"""Who holds the lock and how the last runs ended, from the rows of the record.

A row has `command`, `who`, `host`, `pid`, `revision`; a lock has `since`, perhaps `beat`, and `alive`, which is False of a run
that died; a run has `began`, `ended`, `seconds`, `result`, `counts`, `plan` and `drift`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from acsctl.view import fields, style, tables, wording
from acsctl.view.style import line

LAST = 10
WIDE = 110
_WORDS = {action.word: word for action, word in wording.DONE.items()}

Row = Mapping[str, Any]


def lines(lock: Row | None, *, runs: Sequence[Row], width: int) -> Iterator[Text]:
    """The whole screen."""
    for row in fields.wrapped(_lock(lock), room=width):
        yield line((row, style.CARE if lock is not None else ""))
    drifted = next((run for run in runs if run.get("drift")), None)
    if drifted is not None:
        what = wording.names(drifted["drift"])
        told = f"Drift was last seen {_began(drifted)} by {drifted.get('who') or 'somebody'}: {what}."
        yield from map(line, fields.wrapped(told, room=width))
    if not runs:
        yield line("No runs yet.")
        return
    yield line("")
    yield from history(runs[:LAST], width=width)


def history(runs: Sequence[Row], *, width: int) -> Iterator[Text]:
    """Past runs, the latest first; where there is room also on which host, and the plan's digest."""
    if not runs:
        yield line("No runs yet.")
        return
    yield from tables.lines([_run(run, wide=width >= WIDE) for run in runs], width=width)


def _lock(lock: Row | None) -> str:
    if lock is None:
        return "Not locked."
    where = ", ".join(f"{name} {lock[name]}" for name in ("host", "pid") if lock.get(name))
    since = f" since {_moment(lock['since'])}" if lock.get("since") else ""
    beat = f", last heard of {_moment(lock['beat'])}" if lock.get("beat") else ""
    command = f" for {lock['command']}" if lock.get("command") else ""
    who = f"{lock.get('who') or 'somebody'}{f' ({where})' if where else ''}{command}{since}{beat}"
    if lock.get("alive") is False:
        return f"Not locked: the last run ended without a word. It was locked by {who}. The next run goes on from there."
    return f"Locked by {who}."


def _run(run: Row, *, wide: bool) -> dict[str, Any]:
    counts: Mapping[str, int] = run.get("counts") or {}
    took = run.get("seconds")
    more = {"host": run.get("host"), "plan": str(run.get("plan") or "")[:12]} if wide else {}
    what = ", ".join(f"{number} {_WORDS.get(word, word)}" for word, number in counts.items())
    return {
        "began (UTC)": _began(run).removesuffix(" UTC"),
        "took": "" if took is None else wording.length(float(took)),
        "command": run.get("command"),
        "by": run.get("who"),
        "commit": run.get("revision"),
        **more,
        "result": ": ".join(filter(None, [run.get("result"), what])),
    }


def _began(run: Row) -> str:
    return _moment(run.get("began") or run.get("ended") or "")


def _moment(text: str) -> str:
    """A moment of the record (2026-11-20T10:00:00Z) as a person reads it."""
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("Z") else text
