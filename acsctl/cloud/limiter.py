"""How fast an API may be called: as fast as one likes until the cloud objects, then half as fast, then slowly faster again.

The cloud counts per account, region and API, and one API's throttle does not touch another (sheet behaviour.md 7): so there is
one limiter per product and action, shared by all workers. Additive increase, multiplicative decrease. The increase is one of
time, not of success: what was throttled in one minute is usable again in the next, whether it was called meanwhile or not. For
that minute the rate that was refused is known, and is approached slowly.
"""

from __future__ import annotations

import threading
from collections import deque

FLOOR = 1.0  # calls per cloud second; a throttled API is probed no slower than this
STEP = 1.0  # calls per cloud second, gained in each cloud second without a throttle
NEAR, SLOW = 0.75, 0.1  # from that part of the refused rate on so much is gained instead, for a minute
USUAL = 5.0  # calls per cloud second that most APIs take: one refusal alone tells of no lower limit
RELEASE = 50.0  # calls per cloud second from which on nothing is held back
WINDOW = 2.0  # cloud seconds over which the own rate is measured at the first throttle
MINUTE = 60.0  # cloud seconds for which the cloud counts


class Limiter:
    """The pace of one API. `now` is wall seconds, `speed` cloud seconds per wall second; rates are per cloud second.

    `per_minute` is how many calls the cloud is known to take in a minute; 0 where that is not known.
    """

    def __init__(self, per_minute: int = 0) -> None:
        self._lock = threading.Lock()
        self._per_minute = per_minute
        self._cut_to: float | None = None
        self._refused = 0.0
        self._cut = float("-inf")
        self._next = 0.0
        self._sent: deque[float] = deque(maxlen=max(per_minute, int(RELEASE * WINDOW)))

    def rate(self, now: float, *, speed: float) -> float | None:
        """Calls per cloud second, or None while nothing is held back."""
        if self._cut_to is None:
            return None
        elapsed = max(0.0, now - self._cut) * speed
        near = max(0.0, NEAR * self._refused - self._cut_to) / STEP
        wary = max(0.0, min(elapsed, MINUTE) - near)
        rate = self._cut_to + SLOW * wary + STEP * (elapsed - wary)
        return rate if rate <= RELEASE else None

    def reserve(self, now: float, *, speed: float) -> float:
        """Take the next free slot. Returns the wall seconds to wait before the call may be sent."""
        with self._lock:
            at = max(now, self._next)
            if self._per_minute and len(self._sent) >= self._per_minute:
                at = max(at, self._sent[-self._per_minute] + MINUTE / speed)
            rate = self.rate(at, speed=speed)
            if rate is not None:
                self._next = at + 1.0 / (rate * speed)
            self._sent.append(at)
            return at - now

    def throttled(self, sent: float, *, now: float, speed: float, retry_after: float = 0.0) -> None:
        """The call sent at `sent` was refused. Of all calls that were in flight together only the first slows down.

        `retry_after`: for so many cloud seconds the cloud wants none of these calls, whoever makes them.
        """
        with self._lock:
            if sent >= self._cut:
                paced = self.rate(now, speed=speed)
                current = self._measured(now, speed=speed) if paced is None else paced
                again = (now - self._cut) * speed < MINUTE
                self._cut_to = max(FLOOR, current / 2.0)
                self._refused, self._cut = current if again else max(current, USUAL), now
                retry_after = max(retry_after, 1.0 / self._cut_to)
            self._next = max(self._next, now + retry_after / speed)

    def _measured(self, now: float, *, speed: float) -> float:
        """The own rate: of what was sent, not of what waits for its turn."""
        since = now - WINDOW / speed
        return sum(1 for at in self._sent if since <= at <= now) / WINDOW
