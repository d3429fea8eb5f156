"""The dealing of settings over the crash points: nothing is left out, and every two of them meet soon."""

from __future__ import annotations

from dataclasses import astuple
from itertools import combinations

import pytest

from tests.crash.deal import COMBINATIONS, PAIRED, deal
from tests.crash.enumeration import AFTER, counts, trials

Pair = tuple[tuple[int, object], tuple[int, object]]


def pairs(number: int) -> set[Pair]:
    """Every two settings of one point, by their position and value."""
    return set(combinations(enumerate(astuple(deal(number))), 2))


def test_every_combination_is_dealt_once() -> None:
    assert len({deal(number) for number in range(COMBINATIONS)}) == COMBINATIONS


@pytest.mark.parametrize("start", [0, 71, 137, 260, AFTER, AFTER + 71])
def test_every_two_settings_meet_soon(start: int) -> None:
    every = {pair for number in range(COMBINATIONS) for pair in pairs(number)}
    assert {pair for number in range(start, start + PAIRED) for pair in pairs(number)} == every


def test_each_command_has_every_two_settings_before_and_after() -> None:
    every = {pair for number in range(COMBINATIONS) for pair in pairs(number)}
    for plot, command in counts():
        for when in ("before", "after"):
            met = {
                pair
                for trial in trials()
                if (trial.plot, trial.command, trial.point.when) == (plot, command, when)
                for pair in combinations(enumerate(astuple(trial.settings)), 2)
            }
            assert met == every, (plot, command, when)


def test_every_call_is_a_point_once_before_and_once_after() -> None:
    names = [str(trial) for trial in trials()]
    assert len(set(names)) == len(names)
    for (plot, command), of in counts().items():
        at = [(t.point.at, t.point.when) for t in trials() if (t.plot, t.command) == (plot, command) and not t.point.action]
        assert sorted(at) == sorted((k, when) for k in range(1, of.calls + 1) for when in ("before", "after"))
