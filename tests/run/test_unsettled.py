"""A refusal is believed once nothing that an earlier run has made can be unseen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from acsctl.model.history import History
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.run.apply import unsettled
from acsctl.run.observe import World

PASSING = Finding("error", "shop exists already", passing=True)
LASTING = Finding("error", "there is no such version")
WARNING = Finding("warning", "shop exists already", passing=True)


def wait(*findings: Finding, clean: bool | None, looked: float = 108.0, at: float = 110.0) -> float | None:
    """With kinds that settle in 60 and 90 cloud seconds, in a cloud ten times as fast; the lock was taken at 108."""
    cloud = SimpleNamespace(clock=SimpleNamespace(now=lambda: at), speed=10.0)
    kinds = {"net": SimpleNamespace(settle=60.0), "host": SimpleNamespace(settle=90.0)}
    none: Any = None
    world = World(cast("Any", cloud), cast("Any", kinds), none, History(clean=clean))
    plan = SimpleNamespace(findings=findings)
    seen = Observation(at=looked)
    return unsettled(world, cast("Plan", cast("Any", plan)), seen, locked=108.0)


@pytest.mark.parametrize("clean", [None, False])
def test_what_may_be_an_earlier_runs_own_is_looked_at_again(clean: bool | None) -> None:
    assert wait(LASTING, PASSING, clean=clean) == 70.0


def test_after_a_clean_end_nothing_is_unseen() -> None:
    assert wait(PASSING, clean=True) is None


@pytest.mark.parametrize("findings", [(), (LASTING,), (WARNING,)])
def test_what_time_cannot_mend_is_refused_at_once(findings: tuple[Finding, ...]) -> None:
    assert wait(*findings, clean=None) is None


def test_what_was_seen_early_is_looked_at_again_though_looking_took_long() -> None:
    assert wait(PASSING, clean=None, looked=116.9, at=120.0) == 0.0


def test_nobody_waits_twice() -> None:
    assert wait(PASSING, clean=None, looked=117.0, at=120.0) is None
