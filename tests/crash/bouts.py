"""All bouts: every fault at the calls of the same commands that are killed, one at a time, and what a whole run can meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.enumeration import Counted, counts, is_read
from tests.crash.faulty import AT_ALL, DEALS, OF_RUN, STORED, Bout, bout, kinds
from tests.crash.plots import PLOTS

STEP = 5
"""Which kind follows at the next call, where each has one only: prime to how many kinds there are of each sort of call."""
WHOLE = "private-network"
"""Every call of it meets every fault."""
FIRST = ("replacing", "everything")
"""Of these the first call of each action does, of "everything" that of each write; each other call meets one fault."""


OF_BUCKET = {
    "GetBucketVersioning": 1, "ListObjects*": 8, "GetObject": 3, "PutObject": 24, "DeleteMultipleObjects": 2,
}  # fmt: skip
"""About how many requests of each sort a record in a bucket takes; the first write of all is the lock."""


def in_bucket() -> Iterator[Bout]:
    """Every fault at the first request of each sort to a record in a bucket, and one at each other."""
    for command in PLOTS[WHOLE].commands:
        for place, (action, number) in enumerate((action, n) for action, many in OF_BUCKET.items() for n in range(1, many + 1)):
            every = [*AT_ALL.items()]
            met = every if number == 1 else [every[place * STEP % len(every)]]
            for name, fault in met:
                document = {"action": f"oss.{action}", "skip": number - 1, **fault}
                yield Bout(WHOLE, command, f"oss.{action}-{number} {name}", (document,), settings=STORED)


def calls(of: Counted) -> Iterator[tuple[str, int]]:
    """Every call of a command, by its action and number. A dry run is a PATCH like others."""
    many: Counter[str] = Counter()
    for action, count in (*of.writes.items(), *of.reads.items()):
        many[action.replace("TRY-", "PATCH-")] += count
    for action, count in sorted(many.items()):
        for number in range(1, count + 1):
            yield action, number


def bouts() -> Iterator[Bout]:
    """All of them."""
    for (plot, command), of in counts().items():
        for place, (action, number) in enumerate(calls(of)):
            every = list(kinds(action))
            first = number == 1 and plot in FIRST and not (plot == "everything" and is_read(action))
            met = every if plot == WHOLE or first else [every[place * STEP % len(every)]]
            yield from (bout(plot, command, action, number, kind) for kind in met)
        for name, fault in OF_RUN.items():
            if fault["action"] == "*" or fault["action"].split(".")[1] in of.writes:
                yield Bout(plot, command, name, (fault,), deals=name in DEALS)
    yield from in_bucket()
