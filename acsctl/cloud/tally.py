"""What the door did: events for whoever watches, and counts for the summary."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CallStarted:
    """A request is sent. `params` may hold passwords: never show them; they are here for tests of what is sent."""

    product: str
    action: str
    attempt: int
    params: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class CallEnded:
    """The answer came, or the lack of it was noticed, after so many wall seconds; `code` is empty when all went well."""

    product: str
    action: str
    seconds: float
    code: str = ""


@dataclass(frozen=True)
class CallDelayed:
    """The door waits so many wall seconds before it sends (again); `cause` is the code that made it wait."""

    product: str
    action: str
    seconds: float
    cause: str


CallEvent = CallStarted | CallEnded | CallDelayed
Observer = Callable[[CallEvent], None]


@dataclass(frozen=True)
class Waited:
    """Wall seconds spent waiting for one API so far, and the code that was the last cause."""

    seconds: float
    code: str


class Tally:
    """Counts of requests sent, repeated ones included. Keys are "product.Action"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: Counter[str] = Counter()
        self._throttled: dict[str, Waited] = {}

    @property
    def total(self) -> int:
        """Requests sent."""
        with self._lock:
            return self._sent.total()

    @property
    def by_action(self) -> dict[str, int]:
        """Requests sent, per action."""
        with self._lock:
            return dict(self._sent)

    @property
    def throttled(self) -> dict[str, Waited]:
        """Time waited because the cloud asked to, per action."""
        with self._lock:
            return dict(self._throttled)

    def sent(self, name: str) -> None:
        """Count one request."""
        with self._lock:
            self._sent[name] += 1

    def waited(self, name: str, *, seconds: float, code: str) -> None:
        """Add a wait."""
        with self._lock:
            before = self._throttled.get(name, Waited(0.0, code))
            self._throttled[name] = Waited(before.seconds + seconds, code)
