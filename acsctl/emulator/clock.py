"""Cloud time: wall time x speed, from the moment where the last run of the world stopped."""

import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime


class Clock:
    """wall: seconds that never run backwards (injected in tests). Cloud time is unix seconds.

    Safe to read from many threads.
    """

    def __init__(self, wall: Callable[[], float], *, speed: float, start: float) -> None:
        self._wall = wall
        self._day = time.time() - wall()
        self._from = _Point(start, wall(), speed)
        self._limit = math.inf

    @property
    def speed(self) -> float:
        return self._from.speed

    def now(self) -> float:
        point = self._from
        return min(point.cloud + (self._wall() - point.wall) * point.speed, self._limit)

    def wall(self) -> float:
        return self._wall()

    def wall_time(self) -> float:
        """The time of day, unix seconds, whatever the speed. A clock that a test moves moves it too."""
        return time.time() if self._wall is time.monotonic else self._day + self._wall()

    def set_speed(self, speed: float) -> None:
        """From now on; the time that has passed keeps its own speed."""
        self._from = _Point(self.now(), self._wall(), speed)

    def set_now(self, now: float) -> None:
        self._from = _Point(now, self._wall(), self.speed)

    def advance(self, seconds: float) -> None:
        """Lets so many cloud seconds pass at once, whatever holds the clock."""
        after = self.now() + seconds
        self._limit += seconds
        self.set_now(after)

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
                self.set_now(self.now())
                self._limit = math.inf


@dataclass(frozen=True)
class _Point:
    """A moment at which cloud time and wall time are known, and how fast the former runs from there."""

    cloud: float
    wall: float
    speed: float


def iso_seconds(moment: float) -> str:
    """Times of the VPC family, `2024-01-01T12:00:05Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_minutes(moment: float) -> str:
    """Times of ECS, `2024-01-01T12:00Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
