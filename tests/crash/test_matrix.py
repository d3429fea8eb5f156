"""Killed at every call of an apply and of a destroy, and run again at once, with the record and without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import CALLS, points, sampled
from tests.crash.scene import Point


@pytest.mark.parametrize("point", sampled(points(), every=31))
def test_apply_goes_on(point: Point, stage: Stage, finished: Finished, record_property: Callable[[str, object], None]) -> None:
    scene = stage()
    scene.killed("apply", point)
    if not point.record:
        scene.forget()
    scene.done("apply")
    record_property("made_again", scene.made_again())
    assert scene.world() == finished.world
    scene.nothing_to_do()


@pytest.mark.parametrize("point", sampled(points(), every=31, start=7))
def test_destroy_goes_on(point: Point, stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.killed("destroy", point)
    if not point.record:
        scene.forget()
    scene.done("destroy")
    assert scene.world() == []


def test_all_calls_are_points(stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.done("destroy")
    assert finished.calls <= CALLS
    assert scene.proxy.calls <= CALLS
