"""Two runs of one stack whose record is in a bucket: at once, after one another's death, and after a sleep past the lease."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.crash.conftest import Finished, Stage
from tests.crash.enumeration import is_read
from tests.crash.nursery import Nursery
from tests.crash.plots import PLOTS
from tests.crash.proxy import Strike
from tests.crash.scene import Point, Scene
from tests.crash.trial import BUCKET
from tests.crash.workshop import ENVIRON
from tests.support.sample import sampled

QUIET = 0.5  # wall seconds without a write
PATIENCE = 120.0  # wall seconds for a command beside another: a lease and all that it does


def shared(stage: Stage, origin: Finished | None = None) -> Scene:
    """The stack with its record in a bucket. Of a finished world the record is lost: the first apply begins it."""
    scene = stage(origin)
    scene.forget()
    scene.write(PLOTS["private-network"].written(record=BUCKET))
    scene.environ = ENVIRON
    if origin:
        scene.done("apply")
    return scene


def beside(scene: Scene, nursery: Nursery) -> Scene:
    """The same stack in another folder, which has the bucket in common."""
    folder = scene.folder.parent / "other"
    folder.mkdir()
    shutil.copy(scene.folder / "stack.yaml", folder)
    other = Scene(folder, nursery=nursery, proxy=scene.proxy)
    other.environ = scene.environ
    return other


def ended(scene: Scene, command: str) -> tuple[int, str]:
    """Run a command as a process of its own while another is under way, to its end."""
    with scene.process(command, armed=True) as process:
        out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


def meanwhile(scene: Scene, other: Scene, command: str, *, at: Point) -> tuple[tuple[int, str], tuple[int, str]]:
    """Run an apply and, while a call of it is under way, another command: what came of the one and of the other."""
    told: list[tuple[int, str]] = []

    def act() -> None:
        told.append(ended(other, command))

    first = scene.struck("apply", lambda pid: Strike(at.at, at.when, act, silent=False, action=at.action))
    return first, told[0]


@pytest.mark.parametrize("command", ["apply", pytest.param("destroy", marks=pytest.mark.long)])
def test_the_second_is_told_of_the_first(command: str, stage: Stage, nursery: Nursery, finished: Finished) -> None:
    scene = shared(stage)
    (code, text), (second, said) = meanwhile(scene, beside(scene, nursery), command, at=Point(1, "after", action="CreateVpc"))
    assert (code, second) == (0, 8), text + said
    assert str(os.uname().nodename) in said
    assert scene.world() == finished.world
    scene.nothing_to_do()


APART = """
import datetime, time

class Elsewhere(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(minutes={minutes})

    @classmethod
    def utcnow(cls):
        return super().utcnow() + datetime.timedelta(minutes={minutes})

datetime.datetime, here = Elsewhere, time.time
time.time = lambda: here() + 60 * {minutes}
"""
"""A machine whose clock is so many minutes before or behind."""


@pytest.mark.long
@pytest.mark.parametrize("minutes", [10, -10])
def test_clocks_apart(minutes: int, stage: Stage, nursery: Nursery, finished: Finished) -> None:
    """A lock is held for as long as its holder lives, and taken from a dead one, whatever the time of day is there."""
    scene = shared(stage)
    other = beside(scene, nursery)
    other.before = APART.format(minutes=minutes)
    (code, text), (second, said) = meanwhile(scene, other, "apply", at=Point(1, "after", action="CreateVpc"))
    assert (code, second) == (0, 8), text + said
    assert scene.killed("destroy", Point(1, "after", action="DeleteInstances"))
    code, text = ended(other, "apply")
    assert code == 0, text
    assert "ended without a word" in text
    assert scene.world(placed=False) == finished.loose
    taken, killed = (datetime.fromisoformat(row["began"]) for row in json.loads(other.run("history", "--json")[1])["runs"][:2])
    assert abs(taken - killed) > timedelta(minutes=9)


@pytest.mark.long
@pytest.mark.parametrize("action", ["CreateVpc", "CreateVSwitch", "CreateNatGateway", "RunInstances"])
def test_two_folders_of_which_none_knows_the_other(action: str, stage: Stage, nursery: Nursery, finished: Finished) -> None:
    """No lock is between them: the same tokens make the same things, and what is made twice all the same goes with the next."""
    scene = stage()
    other = beside(scene, nursery)
    results = meanwhile(scene, other, "apply", at=Point(1, "after", action=action))
    for code, text in results:
        assert code in (0, 6, 9), text
        assert "Traceback" not in text
    code, text = scene.run("apply")
    if code in (6, 9):
        code, text = scene.run("apply")
    assert code == 0, text
    assert scene.world(placed=False) == finished.loose
    scene.nothing_to_do()


@pytest.mark.parametrize("when", ["after", pytest.param("before", marks=pytest.mark.long)])
def test_the_next_run_follows_a_dead_one(when: str, stage: Stage, nursery: Nursery, finished: Finished) -> None:
    scene = shared(stage)
    assert scene.killed("apply", Point(2, "before" if when == "before" else "after", action="CreateVSwitch"))
    code, text = beside(scene, nursery).run("apply")
    assert code == 0, text
    assert "ended without a word" in text
    assert scene.world() == finished.world


def writes(action: str) -> bool:
    """Whether a call changes anything but the beats of a run's own lock, whose refusal tells it that it has lost it."""
    return not is_read(action) and action != "PUT-lock"


SLEEPS = [
    ("apply", "apply", Point(1, "after", action="CreateVpc")),
    ("apply", "destroy", Point(2, "after", action="CreateVSwitch")),
    ("apply", "apply", Point(1, "after", action="RunInstances")),
    ("apply", "destroy", Point(1, "before", action="DescribeNatGateways")),
    ("apply", "destroy", Point(3, "after", action="PUT-journal")),
    ("destroy", "apply", Point(1, "after", action="DeleteInstances")),
    ("destroy", "destroy", Point(1, "after", action="DeleteSnatEntry")),
]


@pytest.mark.parametrize(
    ("command", "successor", "point"),
    sampled(SLEEPS, every=len(SLEEPS), start=1, name=lambda row: f"{row[0]}-{row[1]}-{row[2]}"),
)
def test_one_that_slept_past_its_lease_writes_nothing_more(
    command: str, successor: str, point: Point, stage: Stage, nursery: Nursery, finished: Finished
) -> None:
    scene = shared(stage, finished if command == "destroy" else None)
    other = beside(scene, nursery)
    after: list[int] = []

    def sleep(pid: Callable[[], int]) -> Strike:
        def act() -> None:
            # What was signed before it fell asleep may still come: nothing is, once all that it does waits for this call.
            scene.proxy.still(QUIET, writes)
            os.kill(pid(), signal.SIGSTOP)
            code, text = ended(other, successor)
            after.append(len(scene.proxy.sent))
            os.kill(pid(), signal.SIGCONT)
            assert code in (0, 6, 9), text
            assert "ended without a word" in text

        return Strike(point.at, point.when, act, silent=False, action=point.action)

    code, text = scene.struck(command, sleep)
    assert code == 8, f"exit {code}\n{text}"
    assert "lost the lock" in text
    assert [action for action in scene.proxy.sent[after[0] :] if writes(action)] == [], text
    scene.done(successor)
    assert scene.world(placed=False) == ([] if successor == "destroy" else finished.loose)


@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_the_answer_to_a_write_into_the_bucket_is_lost(number: int, stage: Stage, finished: Finished) -> None:
    scene = shared(stage)
    scene.control("PUT", "faults", [{"action": "oss.PutObject", "skip": number - 1, "kind": "drop", "when": "after"}])
    scene.done("apply")
    assert scene.control("GET", "faults") == []
    assert scene.world() == finished.world
    scene.nothing_to_do()
