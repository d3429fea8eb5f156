"""Cloud time: wall time x speed, from the moment where the last run of the world stopped.

It is held while the cloud's own work takes long. Who waits outside does not know: what the cloud promises to its clients in
seconds, that lists show what is a while ago, goes by the time that is never held.
"""

import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime


class Clock:
    """wall: seconds that never run backwards (injected in tests). Cloud time is unix seconds. ahead: seconds by which it was
    held in the life of the world so far.

    Safe to read from many threads.
    """

    def __init__(self, wall: Callable[[], float], *, speed: float, start: float, ahead: float = 0.0) -> None:
        self._wall = wall
        self._day = time.time() - wall()
        self._from = _Point(start, wall(), speed)
        self._free = _Point(start + ahead, wall(), speed)
        self._limit = math.inf

    @property
    def speed(self) -> float:
        return self._from.speed

    def now(self) -> float:
        return min(self._from.after(self._wall()), self._limit)

    def unheld(self) -> float:
        """Cloud time as a client counts it, who knows the speed only: never behind `now`."""
        return self._free.after(self._wall())

    def wall(self) -> float:
        return self._wall()

    def wall_time(self) -> float:
        """The time of day, unix seconds, whatever the speed. A clock that a test moves moves it too."""
        return time.time() if self._wall is time.monotonic else self._day + self._wall()

    def set_speed(self, speed: float) -> None:
        """From now on; the time that has passed keeps its own speed."""
        wall = self._wall()
        self._from, self._free = _Point(self.now(), wall, speed), _Point(self.unheld(), wall, speed)

    def advance(self, seconds: float) -> None:
        """Lets so many cloud seconds pass at once, whatever holds the clock."""
        wall, after = self._wall(), self.now() + seconds
        self._limit += seconds
        self._from, self._free = _Point(after, wall, self.speed), _Point(self.unheld() + seconds, wall, self.speed)

    @contextmanager
    def at_most(self, seconds: float) -> Generator[None]:
        """Lets no more than so many cloud seconds pass meanwhile: what the cloud does by itself must not be late because the
        machine that plays it is slow. A clock that a test moves is not held."""
        if self._wall is time.monotonic:
            self._limit = self.now() + seconds
        try:
            yield
        finally:
            if self._limit < math.inf:
                self._from = _Point(self.now(), self._wall(), self.speed)
                self._limit = math.inf


@dataclass(frozen=True)
class _Point:
    """A moment at which cloud time and wall time are known, and how fast the former runs from there."""

    cloud: float
    wall: float
    speed: float

    def after(self, wall: float) -> float:
        """The cloud time at a moment of wall time."""
        return self.cloud + (wall - self.wall) * self.speed


def iso_seconds(moment: float) -> str:
    """Times of the VPC family, `2024-01-01T12:00:05Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_minutes(moment: float) -> str:
    """Times of ECS, `2024-01-01T12:00Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
