"""When a wait is over."""

from __future__ import annotations

import pytest

from acsctl.kinds.contract import Readiness, Wait
from acsctl.run.waits import _reached


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
