"""Every fault at every call, one at a time, and random schedules of several: a run converges or stops, the next one converges.

A sample runs each time; all in `make test-all` and `python -m tests.crash --faults`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.crash.bouts import bouts, calls
from tests.crash.deal import FOREVER, SHORT, Settings
from tests.crash.enumeration import counts
from tests.crash.faulty import DEALS, OF_RUN, Bout, Fault, at, kinds
from tests.crash.ledger import Ledger
from tests.crash.once import judge, once
from tests.crash.plots import Command
from tests.crash.workshop import Workshop

EVERY = 997
"""One of so many bouts of the stacks without a cluster is in the sample."""
CHUNK = 50
"""So many schedules are drawn from one seed."""
CHUNKS: list[tuple[str, Command, int]] = [
    *((("private-network", "apply", 15), ("private-network", "destroy", 11), ("replacing", "update", 9))),
    *((("flannel-cluster", "apply", 2), ("everything", "apply", 2), ("everything", "destroy", 1))),
]
"""Of which commands how many chunks are drawn: 2,000 schedules in all."""


def sampled() -> Iterator[ParameterSet]:
    """All bouts; those that are not in the sample are long."""
    for number, bout in enumerate(bouts()):
        chosen = number % EVERY == 11 and bout.plot in ("private-network", "replacing")
        yield pytest.param(bout, id=str(bout).replace(" ", "-"), marks=() if chosen else pytest.mark.long)


@pytest.mark.parametrize("bout", list(sampled()))
def test_a_fault(bout: Bout, workshop: Workshop, ledger: Ledger, request: pytest.FixtureRequest) -> None:
    once(str(bout), lambda: workshop.fought(bout), ledger=ledger, request=request)


def single(plot: str, command: Command) -> st.SearchStrategy[Fault]:
    """One fault at one call of a command."""
    found = [at(action, number, fault) for action, number in calls(counts()[plot, command]) for _, fault in kinds(action)]
    return st.sampled_from(found)


def lasting(plot: str, command: Command) -> st.SearchStrategy[Fault]:
    """What lasts: a share of all calls, or what a whole run can meet."""
    writes = counts()[plot, command].writes
    whole = [fault for fault in OF_RUN.values() if fault["action"] == "*" or fault["action"].split(".")[1] in writes]
    shares: st.SearchStrategy[Any] = st.fixed_dictionaries(
        {
            "action": st.sampled_from(["*", "vpc.*", "ecs.*", "*.Describe*", "*.Create*", "*.Delete*"]),
            "kind": st.sampled_from(["throttle", "error", "drop", "page", "cut", "blank", "slow"]),
            "share": st.sampled_from([0.05, 0.1, 0.2, 0.3]),
            "seed": st.integers(0, 99),
            "times": st.integers(1, 12),
        }
    ).map(lambda fault: {**fault, "seconds": 0.1} if fault["kind"] == "slow" else fault)
    return st.one_of(shares, st.sampled_from(whole))


def schedules(plot: str, command: Command) -> st.SearchStrategy[Bout]:
    """Several faults, and a cloud of some memory and lag."""
    faults = st.lists(st.one_of(single(plot, command), single(plot, command), lasting(plot, command)), min_size=2, max_size=5)
    clouds = st.builds(
        Settings,
        way=st.just("same"),
        place=st.just("folder"),
        memory=st.sampled_from([FOREVER, SHORT]),
        keep_failed=st.booleans(),
        list_lag=st.sampled_from([0.0, 5.0, 20.0]),
        tag_lag=st.sampled_from([0.0, 5.0, 20.0]),
    )

    def build(several: list[Fault], cloud: Settings) -> Bout:
        deals = any(fault["kind"] in DEALS for fault in several)
        return Bout(plot, command, "schedule", tuple(several), deals=deals, settings=cloud)

    return st.builds(build, faults, cloud=clouds)


def draw(plot: str, command: Command, number: int, *, many: int, workshop: Workshop) -> None:
    """Try so many schedules, the same for each number."""

    @seed(number)
    @settings(max_examples=many, database=None, derandomize=False, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bout=schedules(plot, command))
    def run(bout: Bout) -> None:
        judge(workshop.fought(bout))

    run()


@pytest.mark.long
@pytest.mark.parametrize(
    ("plot", "command", "number"),
    [(plot, command, number) for plot, command, many in CHUNKS for number in range(1, many + 1)],
)
def test_schedules(plot: str, command: Command, number: int, workshop: Workshop) -> None:
    draw(plot, command, number, many=CHUNK, workshop=workshop)


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_few_schedules(command: Command, workshop: Workshop) -> None:
    draw("private-network", command, 0, many=4, workshop=workshop)


def test_there_are_two_thousand_schedules() -> None:
    assert CHUNK * sum(many for _, _, many in CHUNKS) == 2000
