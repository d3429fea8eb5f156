"""A stack that is destroyed and made again while the cloud still remembers the tokens of its first life."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, writes
from tests.crash.scene import Point
from tests.support.sample import sampled


@pytest.mark.parametrize("point", sampled((point for point in writes(APPLY) if point.when == "after"), every=13))
def test_a_second_life_is_killed(point: Point, stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.done("destroy")
    assert scene.killed("apply", point)
    if not point.record:
        scene.forget()
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()


def test_a_second_life_without_a_memory_of_the_first(stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.done("destroy")
    scene.forget()
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()
