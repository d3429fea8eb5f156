"""The points at which a command is killed: all of them, of which a sample runs every day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.crash.scene import Point

CALLS = 130
"""More calls than an undisturbed apply or destroy sends, which a test checks."""


def points() -> Iterator[Point]:
    """Every point at which an apply or a destroy can be killed, with the record kept and lost."""
    for at in range(1, CALLS + 1):
        for when in ("before", "after"):
            for record in (True, False):
                yield Point(at, when, record)


def sampled(found: Iterable[Point], *, every: int, start: int = 0) -> list[ParameterSet]:
    """Each point as a parameter; one of `every` runs in `make test`, the others are `long`."""
    return [
        pytest.param(point, id=str(point), marks=() if number % every == start else pytest.mark.long)
        for number, point in enumerate(found)
    ]
