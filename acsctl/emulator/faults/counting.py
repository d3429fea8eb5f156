"""Which of the calls that fit are hit."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from acsctl.emulator.faults.effects import Effect, Moment
from acsctl.emulator.faults.pattern import Occasion, Pattern


@dataclass(frozen=True)
class Counting:
    """Of the calls that fit: skip are let through, and then times of them hit (None: without end), only each every-th one, and
    of those a share that is drawn with the seed. after and until: cloud seconds since the fault was asked for; other calls do
    not count."""

    skip: int = 0
    times: int | None = 1
    every: int = 1
    share: float = 1.0
    seed: int = 0
    after: float = 0.0
    until: float | None = None


@dataclass(frozen=True)
class Fault:
    """document: as it was given, with its kind and its moment."""

    pattern: Pattern
    counting: Counting
    effect: Effect
    moment: Moment
    document: dict[str, Any]


class Rule:
    """A fault that is in force, and what it has done so far. now: cloud time at which it was asked for."""

    def __init__(self, fault: Fault, *, now: float) -> None:
        self.fault = fault
        self.seen = 0
        self.struck = 0
        self._since = now
        self._random = Random(fault.counting.seed)

    def strikes(self, occasion: Occasion, *, now: float) -> bool:
        """Counts a call that fits; whether it is hit."""
        if self.left(now) == 0 or not self.in_time(now) or not self.fault.pattern.fits(occasion):
            return False
        counting = self.fault.counting
        self.seen += 1
        number = self.seen - counting.skip
        if number <= 0 or number % counting.every or (counting.share < 1 and self._random.random() >= counting.share):
            return False
        self.struck += 1
        return True

    def in_time(self, now: float) -> bool:
        counting = self.fault.counting
        return counting.after <= now - self._since < (math.inf if counting.until is None else counting.until)

    def left(self, now: float) -> int | None:
        """How often it can still strike; None without end."""
        counting = self.fault.counting
        if counting.until is not None and now - self._since >= counting.until:
            return 0
        return None if counting.times is None else max(0, counting.times - self.struck)

    def document(self, now: float) -> dict[str, Any]:
        """What it is, and what it has done."""
        return {**self.fault.document, "seen": self.seen, "struck": self.struck, "left": self.left(now)}
