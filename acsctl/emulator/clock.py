"""Cloud time: wall time x speed, from the moment where the last run of the world stopped."""

from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """wall: seconds that never run backwards (injected in tests). Cloud time is unix seconds."""

    def __init__(self, wall: Callable[[], float], *, speed: float, start: float) -> None:
        self._wall = wall
        self._speed = speed
        self._cloud = start
        self._since = wall()

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> float:
        return self._cloud + (self._wall() - self._since) * self._speed

    def wall(self) -> float:
        return self._wall()

    def set_speed(self, speed: float) -> None:
        """From now on; the time that has passed keeps its own speed."""
        self.set_now(self.now())
        self._speed = speed

    def set_now(self, now: float) -> None:
        self._cloud, self._since = now, self._wall()


def iso_seconds(moment: float) -> str:
    """Times of the VPC family, `2024-01-01T12:00:05Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_minutes(moment: float) -> str:
    """Times of ECS, `2024-01-01T12:00Z` (sheet behaviour.md 9)."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
