"""How fast an API may be called: as fast as one likes until the cloud objects, then half as fast, then slowly faster again.

The cloud counts per account, region and API, and one API's throttle does not touch another (sheet behaviour.md 7): so there is
one limiter per product and action, shared by all workers. Additive increase, multiplicative decrease.
"""

from __future__ import annotations

import threading
from collections import deque

FLOOR = 1.0  # calls per cloud second; a throttled API is probed no slower than this
STEP = 1.0  # calls per cloud second, gained in each cloud second without a throttle
RELEASE = 50.0  # calls per cloud second from which on nothing is held back
WINDOW = 2.0  # cloud seconds over which the own rate is measured at the first throttle


class Limiter:
    """The pace of one API. `now` is wall seconds, `speed` cloud seconds per wall second; rates are per cloud second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._next = 0.0
        self._cut = float("-inf")
        self._sent: deque[float] = deque(maxlen=int(RELEASE * WINDOW))

    @property
    def rate(self) -> float | None:
        """Calls per cloud second, or None while nothing is held back."""
        return self._rate

    def reserve(self, now: float, *, speed: float) -> float:
        """Take the next free slot. Returns the wall seconds to wait before the call may be sent."""
        with self._lock:
            at = now
            if self._rate is not None:
                at = max(now, self._next)
                self._next = at + 1.0 / (self._rate * speed)
            self._sent.append(at)
            return at - now

    def throttled(self, sent: float, *, now: float, speed: float) -> None:
        """The call sent at `sent` was refused. Of all calls that were in flight together only the first slows down."""
        with self._lock:
            if sent < self._cut:
                return
            current = self._rate if self._rate is not None else self._measured(now, speed=speed)
            self._rate = max(FLOOR, current / 2.0)
            self._cut = now
            self._next = max(self._next, now + 1.0 / (self._rate * speed))

    def succeeded(self) -> None:
        """A call went through."""
        with self._lock:
            if self._rate is not None:
                faster = self._rate + STEP / self._rate
                self._rate = None if faster > RELEASE else faster

    def _measured(self, now: float, *, speed: float) -> float:
        since = now - WINDOW / speed
        return sum(1 for at in self._sent if at >= since) / WINDOW
