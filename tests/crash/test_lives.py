"""A stack that is destroyed and made again while the cloud still remembers the tokens of its first life."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, writes
from tests.crash.scene import Point
from tests.support.sample import sampled

ONE = "stack: one\nregion: cn-hangzhou\nresources:\n  out: {kind: eip}\n"
NONE = "stack: one\nregion: cn-hangzhou\nresources: {}\n"


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


def test_what_was_begun_and_is_taken_out_of_the_file_is_destroyed(stage: Stage) -> None:
    """The record has not its id, and lists show it only when looking is over."""
    scene = stage(speed=40.0, list_lag=50.0)
    scene.write(ONE)
    assert scene.killed("apply", Point(1, "after", action="AllocateEipAddress"))
    scene.write(NONE)
    scene.done("apply")
    assert [row["type"] for row in scene.rows() if row["tags"]] == []


def test_a_cloud_that_is_busy_is_not_sent_again_what_may_be_there_unseen(stage: Stage) -> None:
    """The refusal tells nothing of what the killed run had sent, and another token would make it twice."""
    scene = stage(speed=40.0, list_lag=50.0)
    scene.write(ONE)
    assert scene.killed("apply", Point(1, "after", action="AllocateEipAddress"))
    busy = {"action": "vpc.AllocateEipAddress", "code": "OperationFailed.SystemBusy", "status": 400}
    scene.control("PUT", "faults", [busy])
    scene.done("apply")
    scene.nothing_to_do()
    assert [row["type"] for row in scene.rows() if row["tags"]] == ["eip"]
    assert "vpc.ReleaseEipAddress" not in scene.control("GET", "calls")["actions"]
