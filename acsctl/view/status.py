"""Who holds the lock and how the last runs ended, from the rows of the record.

A row has `command`, `who`, `host`, `pid`, `revision`; a lock has `since`, a run that ended `ended`, `result` and `counts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from acsctl.view import fields, style, tables, wording
from acsctl.view.style import line

_WORDS = {action.word: word for action, word in wording.DONE.items()}


def lines(lock: Mapping[str, Any] | None, *, runs: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    """The whole screen."""
    for row in fields.wrapped(_lock(lock), room=width):
        yield line((row, style.CARE if lock is not None else ""))
    if not runs:
        yield line("No runs yet.")
        return
    yield line("")
    yield from tables.lines([_run(run) for run in runs], width=width)


def _lock(lock: Mapping[str, Any] | None) -> str:
    if lock is None:
        return "Not locked."
    where = ", ".join(f"{name} {lock[name]}" for name in ("host", "pid") if lock.get(name))
    since = f" since {_moment(lock['since'])}" if lock.get("since") else ""
    command = f" for {lock['command']}" if lock.get("command") else ""
    return f"Locked by {lock.get('who') or 'somebody'}{f' ({where})' if where else ''}{command}{since}."


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    counts: Mapping[str, int] = run.get("counts") or {}
    return {
        "ended": _moment(run.get("ended", "")),
        "command": run.get("command"),
        "by": run.get("who"),
        "revision": run.get("revision"),
        "result": run.get("result"),
        "what": ", ".join(f"{number} {_WORDS.get(word, word)}" for word, number in counts.items()),
    }


def _moment(text: str) -> str:
    """A moment of the record (2026-11-20T10:00:00Z) as a person reads it."""
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("Z") else text
