"""How long something is tried again, as a value. Both doors (cloud, kube) draw their own jitter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """`first` delay, doubled up to `longest`, until `budget` is spent. All in cloud seconds."""

    first: float
    longest: float
    budget: float

    def delay(self, attempt: int) -> float:
        """The delay after that attempt, counted from 1, before jitter."""
        return min(self.first * 2.0 ** min(attempt - 1, 16), self.longest)
