"""Killed at every call of an apply and of a destroy, and run again at once, with the record and without it.

Polls are most of the calls, and how many there are depends on the machine's speed: writes are points of their own besides.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, CALLS, DESTROY, points, writes
from tests.crash.scene import Point
from tests.support.sample import sampled

pytestmark = pytest.mark.long  # a sample of these points, dealt otherwise, runs in test_points.py
Property = Callable[[str, object], None]


@pytest.mark.parametrize("point", [*sampled(writes(APPLY), every=7), *sampled(points(), every=173)])
def test_apply_goes_on(point: Point, stage: Stage, finished: Finished, record_property: Property) -> None:
    scene = stage()
    killed = scene.killed("apply", point)
    assert killed or not point.action
    if not point.record:
        scene.forget()
    scene.done("apply")
    record_property("made_again", scene.made_again())
    assert scene.world() == finished.world
    scene.nothing_to_do()


@pytest.mark.parametrize("point", [*sampled(writes(DESTROY), every=7), *sampled(points(), every=173, start=97)])
def test_destroy_goes_on(point: Point, stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    killed = scene.killed("destroy", point)
    assert killed or not point.action
    if not point.record:
        scene.forget()
    scene.done("destroy")
    assert scene.world() == []


def test_all_calls_are_points(stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.done("destroy")
    assert finished.calls <= CALLS
    assert scene.proxy.calls <= CALLS
