"""The results of trials: one JSON line each, so that a run goes on where one before it was ended."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.crash.trial import Result

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "crash"
PARTS = "deal", "doors", "faulty", "nursery", "objects", "plots", "proxy", "scene", "trial", "workshop", "worlds"
SOURCES = (
    "acsctl/**/*.py",
    "templates/**/*",
    "stacks/*/stack.yaml",
    "tests/crash/stacks/*",
    *(f"tests/crash/{name}.py" for name in PARTS),
)
"""What a trial is made of. Its name tells the rest: which trials there are, and in what order, changes no result."""
TOLD = 20
"""So many differences of one trial are kept."""

Row = dict[str, Any]


def version() -> str:
    """A digest of the code that trials are about, and of that which makes and judges them."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file()}):
        if "__pycache__" not in path.parts:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


class Ledger:
    """The file of results."""

    def __init__(self, file: Path, *, version: str) -> None:
        self._file = file
        self._version = version
        self._known: set[str] | None = None

    def write(self, name: str, result: Result, seconds: float) -> None:
        """Add one result."""
        row = {"trial": name, "version": self._version, "seconds": round(seconds, 2), **asdict(result)}
        row["differences"], row["different"] = result.differences[:TOLD], len(result.differences)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def rows(self) -> list[Row]:
        """The last result of each trial at this version."""
        return list({row["trial"]: row for row in self._all() if row["version"] == self._version}.values())

    def settled(self) -> set[str]:
        """The trials that need not be made again: passed, or beyond the end. Read once."""
        if self._known is None:
            self._known = {row["trial"] for row in self.rows() if row["verdict"] != "failed"}
        return self._known

    def _all(self) -> Iterator[Row]:
        if self._file.exists():
            yield from map(json.loads, self._file.read_text(encoding="utf-8").splitlines())


def summary(rows: Iterable[Row]) -> str:
    """A table: a line for each command of each stack, and their sum."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(" ".join(row["trial"].split()[:2]), []).append(row)
    everything = [row for group in groups.values() for row in group]
    lines = [_line(name, group) for name, group in (*sorted(groups.items()), ("in all", everything))]
    head = ("", "tried", "not reached", "duplicates", "orphans", "differences", "failed", "made again", "seconds", "ended with")
    table = [head, *lines]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table)


def _line(name: str, rows: list[Row]) -> tuple[str, ...]:
    reached = [row for row in rows if row["verdict"] != "not reached"]
    codes = Counter("+".join(map(str, row["codes"])) for row in reached)
    sums = (
        len(reached),
        len(rows) - len(reached),
        sum(row["duplicates"] for row in rows),
        sum(row["orphans"] for row in rows),
        sum(row["different"] for row in rows),
        sum(row["verdict"] == "failed" for row in rows),
        sum(row["made_again"] or 0 for row in rows),
        int(sum(row["seconds"] for row in rows)),
    )
    return (name, *map(str, sums), ", ".join(f"{code}: {count}" for code, count in codes.most_common()))
