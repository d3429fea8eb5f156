"""How long a lock lasts without a sign of life, and what a list of `lock/` tells.

    lock/<n>          epoch n: who took the lock, and his terms
    lock/<n>/<k>      beat k of its holder
    lock/<n>/end      it was given back, or ended by somebody else

The age of an epoch is the server's time now minus the server's time of its last object: no clock of a machine counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acsctl.errors import UsageError
from acsctl.record.run import Row, moment
from acsctl.record.shelf import Shelf

ROOT = "lock/"
END = "end"
GRAIN = 1.0  # the server's times have no fractions: a difference of two may be short by this
VARIABLE = "ACSCTL_LEASE"
LONGEST = 3600.0  # wall seconds


@dataclass(frozen=True)
class Terms:
    """Wall seconds: `lease` after its last beat a holder writes nothing any more; a beat each third of it.

    `timeout` is how long one call of the lock may take: a holder stops that much before its lease ends, a taker waits that much
    longer.
    """

    lease: float = 60.0

    @property
    def beat(self) -> float:
        """Between two beats."""
        return self.lease / 3.0

    @property
    def timeout(self) -> float:
        """Of a call."""
        return min(self.lease / 4.0, 10.0)

    @property
    def mine(self) -> float:
        """How old the last beat may be, as its holder counts."""
        return self.lease - self.timeout

    @property
    def dead(self) -> float:
        """How old the last beat of a dead holder is, as a taker counts."""
        return self.lease + self.timeout + GRAIN


def terms_of(environ: Mapping[str, str]) -> Terms:
    """The terms of this process: `ACSCTL_LEASE` in seconds, else a minute. Raises UsageError."""
    text = environ.get(VARIABLE, "")
    if not text:
        return Terms()
    try:
        lease = float(text)
    except ValueError:
        lease = 0.0
    if not 1.0 <= lease <= LONGEST:
        remedy = f"It is a number of seconds from 1 to {LONGEST:.0f}; 60 if it is not set."
        raise UsageError(f"{VARIABLE}={text!r} is no lease", remedy=remedy)
    return Terms(lease)


@dataclass(frozen=True)
class Epoch:
    """One holding of the lock. `since` and `heard` are the server's seconds of its first and its last object."""

    number: int
    since: float
    heard: float
    keys: tuple[str, ...]
    taken: bool
    ended: bool


@dataclass(frozen=True)
class Sight:
    """All epochs that there are, by number, and the server's second at which they were seen."""

    epochs: Mapping[int, Epoch]
    date: float

    @property
    def newest(self) -> Epoch | None:
        """The one that counts."""
        return self.epochs[max(self.epochs)] if self.epochs else None

    def age(self, epoch: Epoch) -> float:
        """Seconds since the last sign of life."""
        return self.date - epoch.heard


def look(shelf: Shelf) -> Sight:
    """List the lock: one call."""
    listed = shelf.list(ROOT)
    found: dict[int, list[tuple[str, float]]] = {}
    for row in listed.objects:
        number = row.key.removeprefix(ROOT).split("/")[0]
        if number.isdecimal():
            found.setdefault(int(number), []).append((row.key, row.modified))
    return Sight({number: _epoch(number, rows) for number, rows in found.items()}, listed.date)


def _epoch(number: int, rows: list[tuple[str, float]]) -> Epoch:
    keys = tuple(key for key, _ in rows)
    times = [time for _, time in rows]
    return Epoch(number, min(times), max(times), keys, taken=key(number) in keys, ended=key(number, END) in keys)


def key(number: int, part: int | str = "") -> str:
    """The key of an epoch, of a beat or of its end: in the order of their numbers."""
    name = f"{ROOT}{number:010d}"
    return f"{name}/{part:08d}" if isinstance(part, int) else f"{name}/{part}" if part else name


@dataclass(frozen=True)
class Holder:
    """What an epoch's object says."""

    row: Row
    terms: Terms


def document(row: Row, terms: Terms) -> bytes:
    """The object of an epoch."""
    return json.dumps({"run": row, "lease": terms.lease, "beat": terms.beat}, sort_keys=True).encode()


def holder(body: bytes | None) -> Holder:
    """What stands in the object of an epoch; the usual terms where there is none.

    One that cannot be read may be of any holder: that one is taken to live as long as any may.
    """
    if body is None:
        return Holder({}, Terms())
    try:
        found: Any = json.loads(body)
        return Holder(dict(found["run"]), Terms(float(found["lease"])))
    except (ValueError, KeyError, TypeError):
        return Holder({}, Terms(LONGEST))


def time_of(second: float) -> str:
    """A server's second as rows have it."""
    return moment(datetime.fromtimestamp(second, UTC))
