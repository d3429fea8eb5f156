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


def test_what_a_dead_run_has_deleted_and_lists_still_show_is_made_again(stage: Stage, finished: Finished) -> None:
    """The machines want something new as well, which could be what cannot be found yet: it is not believed for ever."""
    scene = stage(finished, speed=40.0, list_lag=50.0)
    assert scene.killed("destroy", Point(1, "after", action="DeleteVSwitch"))
    scene.edit("    security_groups: [firewall]", "    security_groups: [firewall, door]")
    scene.edit("  firewall:", "  door: {kind: security_group, vpc: network}\n\n  firewall:")
    scene.done("apply")
    scene.nothing_to_do()
    types = [row["type"] for row in scene.rows()]
    assert (types.count("vswitch"), types.count("instance")) == (3, 5)
