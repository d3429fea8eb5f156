"""What the board knows after events."""

from __future__ import annotations

from acsctl.model.event import Event, StepStarted
from acsctl.view.board import Board
from acsctl.view.page import Page
from acsctl.view.progress import Drawing
from tests.view import samples
from tests.view.compare import same


def after(*events: Event) -> Board:
    board = Board()
    for event in events:
        board = board.after(event)
    return board


def table(board: Board, *, rows: int = 20, calls: int | None = 41) -> str:
    page = Page(width=80, shorten=True)
    return "".join(f"{line.plain}\n" for line in Drawing(board, page).table(now=23.0, calls=calls, rows=rows))


def test_the_live_table() -> None:
    same(table(after(*samples.BEGIN)), "live-80.txt")


def test_a_low_window_shows_what_runs_and_counts_the_rest() -> None:
    lines = table(after(*samples.BEGIN), rows=3, calls=None).splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["instance.node", "nat_gateway.exit"]
    assert lines[2].strip() == "… and 2 more"
    assert "calls" not in lines[3]


def test_a_failure_skips_what_depends_on_it() -> None:
    board = after(*samples.FAILED)
    assert [str(row.step.address) for row in board.having("skipped")] == ["cluster.kube", "workload.web"]
    assert [str(row.step.address) for row in board.having("failed")] == ["instance.node"]


def test_the_time_left_is_the_longest_chain() -> None:
    board = after(*samples.BEGIN)
    assert board.left(24.0) == (40 - 20) + 600 + 30
    assert after(*samples.COMPLETE).left(700.0) == 0.0


def test_a_step_that_was_not_announced_joins() -> None:
    late = samples.step("eip.late")
    board = after(*samples.COMPLETE, StepStarted(700.0, step=late))
    assert board.rows[late.id].state == "running"
    assert len(board.rows) == len(samples.STEPS) + 1


def test_a_waiting_step_names_what_it_waits_for() -> None:
    board = after(*samples.BEGIN)
    assert [str(address) for address in board.blockers(board.row(samples.WEB))] == ["cluster.kube", "nat_gateway.exit"]
