"""Which of many cases run in `make test`: where they are alike, a few; `make test-all` runs every one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def sampled(rows: Iterable[Any], *, every: int, start: int = 0, name: Callable[[Any], str] = str) -> list[ParameterSet]:
    """Each row as a parameter, a tuple as several; one of `every`, from `start` on, is in the sample, the others are `long`."""
    return [
        pytest.param(
            *(row if isinstance(row, tuple) else (row,)),
            id=name(row),
            marks=() if number % every == start else pytest.mark.long,
        )
        for number, row in enumerate(rows)
    ]
