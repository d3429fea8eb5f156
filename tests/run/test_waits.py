"""When a wait is over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from acsctl.kinds.contract import Poll, Readiness, Wait
from acsctl.run.waits import Waits, _reached


@pytest.mark.parametrize(
    ("until", "state", "at", "over"),
    [
        ("ready", "ready", "running", True),
        ("ready", "pending", "running", False),
        ("stopped", "pending", "stopped", True),
        ("stopped", "ready", "running", False),
        ("stopped|running", "ready", "running", True),
        ("stopped|running", "ready", "stopped", True),
        ("stopped|running", "pending", "stopping", False),
    ],
)
def test_a_wait_for_one_of_two_words_is_over_at_either(until, state, at, over):
    assert _reached(Readiness(state, at=at), until) is over


def test_people_read_no_bars():
    assert Wait(("i-1",), until="stopped|running").words == "stopped or running"


@pytest.mark.parametrize(("soon", "due"), [(False, 103.0), (True, 100.0)])
def test_what_has_most_likely_ended_is_asked_for_at_once(soon, due):
    kinds = {"cluster": SimpleNamespace(poll=Poll(first=15))}
    world: Any = SimpleNamespace(kinds=kinds, cloud=SimpleNamespace(speed=5.0))
    task: Any = SimpleNamespace(step=SimpleNamespace(address=SimpleNamespace(kind="cluster")))
    waits = Waits(world)
    waits.add(task, Wait(("c-1",), soon=soon), now=100.0)
    assert waits.next_due() == due


def test_a_poll_that_fails_after_all_waits_were_given_up_ends_nothing():
    kinds = {"net": SimpleNamespace(poll=Poll())}
    world: Any = SimpleNamespace(kinds=kinds, cloud=SimpleNamespace(speed=1.0))
    task: Any = SimpleNamespace(step=SimpleNamespace(address=SimpleNamespace(kind="net")))
    waits = Waits(world)
    waits.add(task, Wait(("net-1",), soon=True), now=100.0)
    assert list(waits.due(100.0)) == [("net", ["net-1"])]
    assert waits.drop_all() == [task]
    assert waits.unanswered("net", now=104.0)
    assert waits.next_due() == float("inf")
