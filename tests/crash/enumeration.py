"""All trials: every call of every command, once before and once after its effect; every write besides, by its name.

How many polls there are depends on the machine, so `calls.json` keeps the counts of an undisturbed run: of all calls, which are
the points (a busy machine polls less, and does not reach the last of them), and of each write, which has to be exact.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.crash.deal import Place, deal
from tests.crash.plots import PLOTS, Command
from tests.crash.proxy import When
from tests.crash.scene import Point
from tests.crash.trial import Trial

FILE = Path(__file__).parent / "calls.json"
AFTER = 299
"""How far the settings of the points after an effect are from those of the points before it."""
READS = ("Describe", "List", "Get", "Check", "GET-", "HEAD-", "TRY-")
STORED = ("PUT-lock", "PUT-end", "PUT-journal", "POST-bucket")
IN_BUCKETS: tuple[Place, ...] = ("oss", "mine")
MOMENTS: tuple[When, ...] = ("before", "after")


@dataclass(frozen=True)
class Counted:
    """Of one command: about how many calls there are, how many of each write, and about how many of each read.

    `stored` are the writes of a record in a bucket besides; beats depend on the machine.
    """

    calls: int
    writes: Mapping[str, int]
    reads: Mapping[str, int]
    stored: Mapping[str, int]


def counted(sent: Iterable[str], stored: Iterable[str] = ()) -> Counted:
    """The counts of an undisturbed run, and of one with its record in a bucket."""
    rows = list(sent)
    many = Counter(rows)
    reads, writes = ({action: many[action] for action in sorted(many) if is_read(action) is read} for read in (True, False))
    return Counted(len(rows), writes, reads, dict(Counter(word for word in sorted(stored) if word.startswith(STORED))))


def is_read(action: str) -> bool:
    """Whether a call changes nothing."""
    return action.startswith(READS)


def counts() -> dict[tuple[str, Command], Counted]:
    """The counts that are kept."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {(plot, command): Counted(**document[plot][command]) for plot in PLOTS for command in PLOTS[plot].commands}


def points(of: Counted) -> Iterator[Point]:
    """Every point of a command."""
    for at in range(1, of.calls + 1):
        for when in MOMENTS:
            yield Point(at, when)
    yield from named(of.writes)


def named(writes: Mapping[str, int]) -> Iterator[Point]:
    """Every write, by its name."""
    for action, many in writes.items():
        for at in range(1, many + 1):
            for when in MOMENTS:
                yield Point(at, when, action=action)


def trials(*, turn: int = 0) -> Iterator[Trial]:
    """All trials, in one of the turns of dealing the settings."""
    for start, ((plot, command), of) in enumerate(sorted(counts().items())):
        found = [*((point, False) for point in points(of)), *((point, True) for point in named(of.stored))]
        for number, (point, stored) in enumerate(found):
            dealt = deal(number // 2 + 71 * start + 137 * turn + (AFTER if point.when == "after" else 0))
            if stored:
                dealt = replace(dealt, place=IN_BUCKETS[number // 2 % 2])
            yield Trial(plot, command, point, dealt)
