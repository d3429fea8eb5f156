"""Time, injected: whatever waits takes a Clock, so that tests do not sleep and a signal can end every wait at once."""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol

# Wall seconds, whatever the speed of the cloud: a network knows no cloud time.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0  # between two packets
CALL_TIMEOUT = CONNECT_TIMEOUT + READ_TIMEOUT  # after which an unanswered request is given up


class Clock(Protocol):
    """Wall seconds that only go forward, and the wish to stop."""

    @property
    def stopped(self) -> bool:
        """True once `stop` was called."""
        ...

    def now(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float) -> bool:
        """Wait so many wall seconds. False when `stop` was called before the end."""
        ...

    def stop(self) -> None:
        """End all sleeps, those to come too. May be called from any thread."""
        ...


class SystemClock:
    """The machine's clock. `now` counts suspended time where the system can tell (Linux, macOS)."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def now(self) -> float:
        # A lease goes on while a laptop sleeps, and time.monotonic() does not.
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)
        return time.monotonic()

    def sleep(self, seconds: float) -> bool:
        return not self._stop.wait(max(seconds, 0.0))

    def stop(self) -> None:
        self._stop.set()
