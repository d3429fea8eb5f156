"""Ctrl-C and SIGTERM: the first stops in order, the second leaves at once, and running it again goes on."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.points import APPLY, writes
from tests.crash.proxy import Strike
from tests.crash.scene import Point, Scene
from tests.support.sample import sampled

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def signalled(scene: Scene, point: Point, act: Callable[[int], object], *, command: str = "apply") -> tuple[int, str]:
    """Run a command and let `act` do something to its process at a point, while that call is under way."""
    return scene.struck(
        command, lambda pid: Strike(point.at, point.when, lambda: act(pid()), silent=False, action=point.action)
    )


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
@pytest.mark.parametrize("point", sampled((point for point in writes(APPLY) if point.record), every=11))
def test_the_first_signal_stops_in_order(number: signal.Signals, point: Point, stage: Stage, finished: Finished) -> None:
    scene = stage()
    code, text = signalled(scene, point, lambda pid: os.kill(pid, number))
    assert code == CODES[number], text
    assert "Traceback" not in text
    calls = scene.proxy.calls
    assert "run the same command again" in " ".join(text.lower().split())
    assert scene.proxy.calls == calls
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()


def test_what_is_under_way_is_told(stage: Stage) -> None:
    scene = stage()
    point = Point(3, "after", action="DescribeNatGateways")
    code, text = signalled(scene, point, lambda pid: os.kill(pid, signal.SIGINT))
    assert code == 130
    assert "nat_gateway.exit" in text[text.index("under way") :]


def test_what_was_answered_before_the_stop_is_in_the_record(stage: Stage) -> None:
    scene = stage()
    signalled(scene, Point(1, "after", action="CreateVpc"), lambda pid: os.kill(pid, signal.SIGINT))
    (vpc,) = (row["id"] for row in scene.rows() if row["type"] == "vpc")
    assert vpc in scene.journal()


def test_the_second_signal_leaves_at_once(stage: Stage, finished: Finished) -> None:
    scene = stage()
    dead = threading.Event()

    def twice(pid: int) -> None:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert dead.wait(20), "the second signal did not end it while a call was under way"

    def wait(pid: Callable[[], int]) -> Strike:
        return Strike(1, "after", lambda: twice(pid()), silent=False, action="CreateVSwitch")

    code, text = scene.struck("apply", wait, dead=dead)
    assert code == 143, text
    scene.done("apply")
    assert scene.world() == finished.world


def test_a_stop_while_lists_settle(stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.forget()
    scene.control("PUT", "settings", {"speed": 1})
    with scene.process("apply") as process:
        assert process.stderr
        for line in process.stderr:
            if "trusted again soon" in line:
                process.send_signal(signal.SIGINT)
                break
        left = process.stderr.read()
        assert process.wait(20) == 130, left
    scene.control("PUT", "settings", {"speed": 200})
    scene.done("apply")
    assert scene.world() == finished.world


def test_a_stop_while_lists_settle_tells_what_was_made(stage: Stage, finished: Finished) -> None:
    scene = stage(finished)
    scene.forget()
    scene.control("PUT", "settings", {"speed": 20})
    scene.edit("\nresources:\n", "\nresources:\n  extra: {kind: eip, bandwidth: 5}\n")
    with scene.process("apply") as process:
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            if "trusted again soon" in line:
                process.send_signal(signal.SIGTERM)
                break
        text = process.stderr.read() + process.stdout.read()
        assert process.wait(20) == 143, text
    assert "Nothing was changed" not in text
    assert "Stopped: 1 done" in text


def test_a_stop_before_the_first_write_changes_nothing(stage: Stage) -> None:
    scene = stage()
    point = Point(1, "before", action="DescribeVpcs")
    code, text = signalled(scene, point, lambda pid: os.kill(pid, signal.SIGTERM))
    assert code == 143
    assert "Nothing was changed" in text
    assert scene.rows() == []


def test_a_reader_that_leaves_ends_it_quietly(stage: Stage, finished: Finished) -> None:
    scene = stage()
    with scene.process("apply", "--json") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 141, said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    scene.done("apply")
    assert scene.world() == finished.world
