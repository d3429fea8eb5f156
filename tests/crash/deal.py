"""What is dealt out over the crash points: how the next run differs, where its record is, and what the cloud is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Way = Literal["same", "more", "fewer", "type", "without", "destroy"]
"""What is run after the kill: the same file, more or fewer machines, another type, a block less, or destroy."""
Place = Literal["folder", "fresh", "oss", "mine"]
"""The record: kept in the same folder, lost with it, or kept in a bucket while the folder is lost; there the next run waits
until the dead one's lease is over, or (mine) `unlock --mine` gives its lock back at once.
"""

WAYS: tuple[Way, ...] = get_args(Way)
PLACES: tuple[Place, ...] = get_args(Place)
LAGS = (5.0, 10.0, 20.0)
"""How late lists and tags are, in cloud seconds."""
FOREVER, SHORT = 86400.0, 0.0
"""How long ClientTokens are remembered, in cloud seconds: SHORT is shorter than any pause."""


@dataclass(frozen=True)
class Settings:
    """What differs from point to point."""

    way: Way
    place: Place
    memory: float
    keep_failed: bool
    list_lag: float
    tag_lag: float

    @property
    def stored(self) -> bool:
        """Whether the record is in a bucket."""
        return self.place in ("oss", "mine")

    @property
    def recorded(self) -> bool:
        """Whether the run after the kill has the record of the one before."""
        return self.place != "fresh"

    def __str__(self) -> str:
        memory = "long" if self.memory == FOREVER else "short"
        kept = "kept" if self.keep_failed else "dropped"
        return f"{self.way}-{self.place}-{memory}-{kept}-{self.list_lag:g}-{self.tag_lag:g}"


COMBINATIONS = len(WAYS) * len(PLACES) * 2 * 2 * len(LAGS) * len(LAGS)
STRIDE = 251
PAIRED = 24
"""STRIDE is prime to COMBINATIONS, so that all occur; of PAIRED numbers in a row every pair of two settings' values does."""


def deal(number: int) -> Settings:
    """The settings of a point by its number, 0 and up."""
    rest = number * STRIDE % COMBINATIONS
    rest, way = divmod(rest, len(WAYS))
    rest, place = divmod(rest, len(PLACES))
    rest, memory = divmod(rest, 2)
    rest, kept = divmod(rest, 2)
    tags, lists = divmod(rest, len(LAGS))
    return Settings(WAYS[way], PLACES[place], (FOREVER, SHORT)[memory], not kept, LAGS[lists], LAGS[tags])
