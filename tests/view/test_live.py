"""A run while it goes on: redrawn on a terminal, lines elsewhere."""

from __future__ import annotations

import re

from acsctl.model.event import Cause, Event, RunStarted, StepDone, StepProgress, StepStarted, StepWaiting, Stopping
from acsctl.view.board import Board
from acsctl.view.contract import Meter, Wish
from acsctl.view.human import Human
from acsctl.view.page import Page
from acsctl.view.progress import Drawing
from tests.view import samples
from tests.view.compare import Screen, terminal

HIDDEN, BACK = "\x1b[?25l", "\x1b[?25h"  # the cursor
METER = Meter(now=lambda: 23.0, calls=lambda: 41)


def shown(*events: Event, is_terminal: bool, env: dict[str, str] | None = None) -> str:
    stream = Screen(is_terminal=is_terminal)
    view = Human(terminal(stream, env=env or {"TERM": "xterm"}), wish=Wish(), meter=METER)
    for event in events:
        view.event(event)
    view.close()
    return stream.getvalue()


def without_control(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", text)


def test_on_a_terminal_the_table_is_redrawn_and_taken_away() -> None:
    text = shown(*samples.COMPLETE, is_terminal=True)
    assert text.index(HIDDEN) < text.rindex(BACK) < text.index("Apply complete")
    assert "waits for cluster.kube" in text


def test_on_a_terminal_what_ended_stays_in_order() -> None:
    text = without_control(shown(*samples.COMPLETE, is_terminal=True))
    ended = re.findall(r"✔ (\S+)", text)
    done = [event.step for event in samples.COMPLETE if isinstance(event, StepDone)]
    assert ended == [str(step.address) for step in done]


def test_a_view_that_is_closed_early_gives_the_cursor_back() -> None:
    text = shown(*samples.BEGIN, is_terminal=True)
    assert text.index(HIDDEN) < text.rindex(BACK)


def test_a_log_has_no_escape_sequence() -> None:
    for env in ({"TERM": "xterm"}, {"FORCE_COLOR": "0"}):
        assert "\x1b" not in shown(*samples.COMPLETE, is_terminal=False, env=env)


def test_in_ci_a_terminal_is_not_redrawn() -> None:
    assert "\x1b" not in shown(*samples.COMPLETE, is_terminal=True, env={"CI": "true"})


def test_a_log_tells_of_what_lasts_every_thirty_seconds() -> None:
    step = samples.NODES
    progress = [StepProgress(float(at), step=step, message=f"at {at}") for at in range(1, 100)]
    text = shown(RunStarted(0.0, steps=(step,)), StepStarted(0.0, step=step), *progress, is_terminal=False)
    assert re.findall(r"at (\d+)", text) == ["30", "60", "90"]


def test_a_log_has_whole_ids() -> None:
    assert "vpc-bp1fakefakefakefak6" in shown(*samples.COMPLETE, is_terminal=False)
    assert "vpc-bp1f…k6" in shown(*samples.COMPLETE, is_terminal=True)


def test_what_a_step_waits_for_is_told_with_its_cause() -> None:
    first, second = samples.step("vswitch.a"), samples.step("vswitch.b")
    board = Board()

    def drawing() -> list[str]:
        return [text.plain for text in Drawing(board, Page(width=80)).table(now=9.0, calls=3, rows=9)]

    for event in (
        RunStarted(0.0, steps=(first, second)),
        StepStarted(0.0, step=first),
        StepWaiting(1.0, first, Cause.UNANSWERED, what="vpc.CreateVSwitch", code="acsctl.Dropped", seconds=1.0),
        StepWaiting(1.0, second, Cause.QUEUE, what="vpc"),
    ):
        board = board.after(event)
    assert "waits for the cloud: no answer to vpc CreateVSwitch" in drawing()[0]
    assert drawing()[1].split() == ["·", "vswitch.b", "waits", "for", "the", "vpc", "queue"]
    board = board.after(StepWaiting(3.0, first, Cause.NONE))
    assert "creating" in drawing()[0]
    board = board.after(StepStarted(4.0, step=second))
    assert "creating" in drawing()[1]


def test_a_log_tells_of_a_wait_that_lasts() -> None:
    step = samples.NODES
    waits = [StepWaiting(float(at), step, Cause.THROTTLED, what="ecs.RunInstances", code="Throttling") for at in range(1, 65)]
    text = shown(RunStarted(0.0, steps=(step,)), StepStarted(0.0, step=step), *waits, is_terminal=False)
    assert text.count("waits for the cloud: Throttling (ecs RunInstances)") == 2


def test_a_stop_that_no_signal_made_says_why() -> None:
    text = shown(*samples.BEGIN, Stopping(24.0, 1, "the credentials have expired"), is_terminal=False)
    assert "Stopping, the credentials have expired: 1 call in flight is awaited" in text
    assert "Once more" not in text
