"""Time, injected: whatever waits takes a Clock, so that tests do not sleep and a signal can end every wait at once."""

from __future__ import annotations

import contextlib
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
        self._stopped = False
        # Free once all is stopped. A lock, since nothing else may safely be set by a signal's handler: an Event takes a lock of
        # its own for a moment, which the very thread that the signal interrupts may hold.
        self._gate = threading.Lock()
        self._gate.acquire()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def now(self) -> float:
        # A lease goes on while a laptop sleeps, and time.monotonic() does not.
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)
        return time.monotonic()

    def sleep(self, seconds: float) -> bool:
        if self._gate.acquire(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX)):
            self._open()
        return not self._stopped

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._open()

    def _open(self) -> None:
        with contextlib.suppress(RuntimeError):  # where two stop at the same moment it is open already
            self._gate.release()
