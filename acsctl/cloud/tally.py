"""What the door did: events for whoever watches, and counts for the summary."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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


@dataclass(frozen=True)
class CallResumed:
    """The wait is over, or was cut short: that thread goes on."""

    product: str
    action: str


CallEvent = CallStarted | CallEnded | CallDelayed | CallResumed
Observer = Callable[[CallEvent], None]


@dataclass(frozen=True)
class Waited:
    """Wall seconds spent waiting for one API so far, and the code that was the last cause."""

    seconds: float
    code: str


@dataclass
class _Watch:
    """A stopwatch that runs while at least one waits: what several wait at once counts once."""

    seconds: float = 0.0
    since: float = 0.0
    waiting: int = 0

    def begin(self, now: float) -> None:
        self.since = self.since if self.waiting else now
        self.waiting += 1

    def end(self, now: float) -> None:
        self.waiting -= 1
        self.seconds += 0.0 if self.waiting else now - self.since

    def read(self, now: float) -> float:
        return self.seconds + (now - self.since if self.waiting else 0.0)


class Tally:
    """Counts of requests sent, repeated ones included, and the time that was waited, by cause. Keys are "product.Action".

    `now` is the clock's. Times are wall seconds in which at least one waited: never more than have passed.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._sent: Counter[str] = Counter()
        self._codes: dict[str, str] = {}
        self._throttled: dict[str, _Watch] = {}
        self._causes: dict[str, _Watch] = {}
        self._any = _Watch()
        self._any_throttled = _Watch()

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
            now = self._now()
            return {name: Waited(watch.read(now), self._codes[name]) for name, watch in self._throttled.items()}

    @property
    def waited(self) -> dict[str, float]:
        """Time waited, per cause in words."""
        with self._lock:
            now = self._now()
            return {cause: watch.read(now) for cause, watch in self._causes.items()}

    @property
    def waited_in_all(self) -> float:
        """Time in which something was waited for, whatever it was."""
        with self._lock:
            return self._any.read(self._now())

    @property
    def throttled_in_all(self) -> float:
        """Time in which any API was waited for because the cloud asked to."""
        with self._lock:
            return self._any_throttled.read(self._now())

    def sent(self, name: str) -> None:
        """Count one request."""
        with self._lock:
            self._sent[name] += 1

    @contextmanager
    def waiting(self, cause: str, *, name: str = "", code: str = "") -> Iterator[None]:
        """Wait for a `cause` in words ("" is not counted). Of a throttle: for the API `name`, for the sake of `code`."""
        self.begin(cause, name=name, code=code)
        try:
            yield
        finally:
            self.end(cause, name=name)

    def begin(self, cause: str, *, name: str = "", code: str = "") -> None:
        """Something begins to wait; see `waiting`."""
        with self._lock:
            if name:
                self._codes[name] = code
            for watch in self._watches(cause, name):
                watch.begin(self._now())

    def end(self, cause: str, *, name: str = "") -> None:
        """It waits no more."""
        with self._lock:
            for watch in self._watches(cause, name):
                watch.end(self._now())

    def _watches(self, cause: str, name: str) -> list[_Watch]:
        if not cause:
            return []
        found = [self._any, self._causes.setdefault(cause, _Watch())]
        return [*found, self._any_throttled, self._throttled.setdefault(name, _Watch())] if name else found
