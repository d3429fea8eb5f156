"""What the cloud is busy with, and for how long: its world looked at again and again while a command runs.

A status that passes by itself (Pending, Starting, ...) lasts as long as the cloud takes, whoever waits for it. So the time that
a thing spends in such a status is the cloud's own, and nothing of it is the tool's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Cloud

PASSING = {
    "Pending", "Creating", "Starting", "Stopping", "Associating", "Unassociating", "Modifying", "CREATING",
    "initial", "updating", "scaling", "removing", "upgrading", "starting",
}  # fmt: skip
STATUSES = ("Status", "State")
Row = Mapping[str, Any]


@dataclass
class Span:
    """In which something was busy: seconds of the wall's clock, from the first look that saw it to the first that did not."""

    began: float
    ended: float


@dataclass
class Watch:
    """Busy spans by type and id, from a look each `period` seconds of the wall's clock; `planes` tells what clusters hold."""

    cloud: Cloud
    period: float
    planes: Callable[[Sequence[Row]], Iterable[Row]] = lambda rows: ()
    spans: dict[tuple[str, str], list[Span]] = field(default_factory=dict[tuple[str, str], list[Span]])
    rows: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            began = time.time()
            self.look(began)
            self._done.wait(max(0.0, self.period - (time.time() - began)))

    def look(self, now: float) -> None:
        """One look at the world."""
        seen = set[tuple[str, str]]()
        world = self.cloud.control("GET", "world")
        for row in (*world, *self.planes(world)):
            key = (row["type"], row["id"])
            seen.add(key)
            self.rows[key] = row
            spans = self.spans.setdefault(key, [])
            open_span = spans[-1] if spans and spans[-1].ended == OPEN else None
            busy = any(row["attributes"].get(name) in PASSING for name in STATUSES)
            if busy and open_span is None:
                spans.append(Span(now, OPEN))
            elif open_span and not busy:
                open_span.ended = now
        for key, spans in self.spans.items():
            if key not in seen and spans and spans[-1].ended == OPEN:
                spans[-1].ended = now

    @property
    def parents(self) -> dict[str, list[str]]:
        """The address of each NAT gateway, by id: its entries and addresses bear none of it."""
        every = ((row["id"], row["tags"].get("acsctl:address")) for row in self.rows.values() if row["type"] == "nat_gateway")
        return {id: [address] for id, address in every if address}

    def ended(self) -> Iterator[tuple[Row, Span]]:
        """Every span that has ended, with the row as it was seen last."""
        for key, spans in self.spans.items():
            yield from ((self.rows[key], span) for span in spans if span.ended != OPEN)


OPEN = float("inf")
