"""Killed at every call of every command, and run again at once in every way: see enumeration.py and deal.py.

A sample runs here each time. All run in `make test-all` and `make crash`, which go on where one of them was ended.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.crash.enumeration import counted, counts, trials
from tests.crash.ledger import Ledger
from tests.crash.once import once
from tests.crash.plots import PLOTS, Command
from tests.crash.trial import Trial
from tests.crash.workshop import Workshop

SAMPLED = {"private-network": 197, "replacing": 293, "anew": 251, "flannel-cluster": 421, "everything": 613}
"""One of so many points is in the sample; of the stacks with a cluster only those whose ends are soon made."""


def sampled() -> Iterator[ParameterSet]:
    """All trials; those that are not in the sample are long."""
    seen = dict.fromkeys(PLOTS, 0)
    for trial in trials():
        quick = not PLOTS[trial.plot].namespace or (trial.command == "apply" and trial.settings.way in ("same", "destroy"))
        seen[trial.plot] += quick
        chosen = quick and seen[trial.plot] % SAMPLED[trial.plot] == 7
        yield pytest.param(trial, id=str(trial).replace(" ", "-"), marks=() if chosen else pytest.mark.long)


POLLS = 0.2
"""So much more of all calls may another run send; a busy machine polls less."""


@pytest.mark.parametrize("trial", list(sampled()))
def test_point(trial: Trial, workshop: Workshop, ledger: Ledger, request: pytest.FixtureRequest) -> None:
    result = once(str(trial), lambda: workshop.tried(trial), ledger=ledger, request=request)
    assert result.verdict == "ok" or not trial.point.action, "the write was not sent"


@pytest.mark.parametrize(
    ("plot", "command"),
    [
        pytest.param(plot, command, marks=pytest.mark.long if plot != "replacing" else ())
        for plot in PLOTS
        for command in PLOTS[plot].commands
    ],
)
def test_all_calls_are_points(plot: str, command: Command, workshop: Workshop) -> None:
    sent = workshop.sent(plot, command)
    kept = counts()[plot, command]
    assert counted(sent).writes == kept.writes
    assert len(sent) <= kept.calls * (1 + POLLS)
