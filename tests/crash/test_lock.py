"""Two runs at once, and a run whose holder is dead."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.crash.conftest import Finished, Stage
from tests.crash.proxy import Strike
from tests.crash.scene import Point, Scene


def meanwhile(scene: Scene, command: str) -> tuple[int, str]:
    """Run another command while the first call of an apply that writes is under way; the apply has to end well."""
    told: list[tuple[int, str]] = []

    def other() -> None:
        with scene.process(command, armed=True) as process:
            out, err = process.communicate(timeout=30)
            told.append((process.returncode, out + err))

    code, text = scene.struck("apply", lambda pid: Strike(1, "after", other, silent=False, action="CreateVpc"))
    assert code == 0, text
    return told[0]


def test_two_applies_at_once(stage: Stage, finished: Finished) -> None:
    scene = stage()
    code, text = meanwhile(scene, "apply")
    assert code == 8, text
    assert "locked" in text
    assert scene.world() == finished.world
    scene.nothing_to_do()


def test_a_destroy_while_an_apply_runs(stage: Stage, finished: Finished) -> None:
    scene = stage()
    code, text = meanwhile(scene, "destroy")
    assert code == 8, text
    assert scene.world() == finished.world


def test_a_plan_needs_no_lock(stage: Stage) -> None:
    scene = stage()
    code, text = meanwhile(scene, "plan")
    assert code == 0, text


def test_status_names_the_holder(stage: Stage) -> None:
    scene = stage()
    code, text = meanwhile(scene, "status")
    assert code == 0
    assert "apply" in text
    assert str(os.uname().nodename) in text


def test_unlock_takes_no_lock_from_the_living(stage: Stage) -> None:
    scene = stage()
    code, text = meanwhile(scene, "unlock")
    assert code == 8, text


def test_the_next_run_takes_over_from_the_dead(stage: Stage, finished: Finished) -> None:
    scene = stage()
    assert scene.killed("apply", Point(1, "after", action="CreateVSwitch"))
    code, text = scene.run("unlock")
    assert (code, "free" in text) == (0, True), text
    assert scene.killed("apply", Point(2, "after", action="CreateVSwitch"))
    code, text = scene.run("apply")
    assert code == 0, text
    assert "ended without a word" in text
    assert scene.world() == finished.world


def test_a_stopped_process_holds_its_lock(stage: Stage, finished: Finished) -> None:
    scene = stage()
    told: list[int] = []

    def frozen(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        with scene.process("apply", armed=True) as other:
            other.communicate(timeout=30)
        told.append(other.returncode)
        os.kill(pid, signal.SIGCONT)

    code, text = scene.struck(
        "apply", lambda pid: Strike(1, "after", lambda: frozen(pid()), silent=False, action="RunInstances")
    )
    assert (code, told) == (0, [8]), text
    assert scene.world() == finished.world


def test_what_a_kill_has_cut_off_in_the_journal_is_no_trouble(stage: Stage, finished: Finished) -> None:
    scene = stage()
    assert scene.killed("apply", Point(1, "after", action="CreateNatGateway"))
    journal = Path(next(iter(scene.folder.glob(".acsctl/*/*/*/journal.jsonl"))))
    journal.write_bytes(journal.read_bytes()[:-9])
    scene.done("apply")
    assert scene.world() == finished.world
    scene.nothing_to_do()
