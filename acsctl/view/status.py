"""Who holds the lock and how the last runs ended.

A lock has `holder`, and where they are known `host`, `pid`, `run` and `age` (seconds). A run has `ago` and `took` (seconds),
`command`, `by` and `result`; further keys become further columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from acsctl.view import style, tables, wording
from acsctl.view.style import line


def lines(lock: Mapping[str, Any] | None, runs: Sequence[Mapping[str, Any]], *, width: int) -> Iterator[Text]:
    """The whole screen."""
    yield _lock(lock)
    yield line("")
    if runs:
        yield from tables.lines([_run(run) for run in runs], width=width)
    else:
        yield line("No runs yet.")


def _lock(lock: Mapping[str, Any] | None) -> Text:
    if lock is None:
        return line("Not locked.")
    where = ", ".join(f"{name} {lock[name]}" for name in ("host", "pid", "run") if lock.get(name))
    since = f", for {wording.length(lock['age'])}" if "age" in lock else ""
    return line(("Locked", style.CARE), f" by {lock['holder']}{f' ({where})' if where else ''}{since}.")


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(run)
    if "ago" in words:
        words["when"] = wording.ago(words.pop("ago"))
    if "took" in words:
        words["took"] = wording.length(words["took"])
    order = ("when", "command", "by", "result", "took")
    return {
        name: words[name] for name in (*(key for key in order if key in words), *(key for key in words if key not in order))
    }
