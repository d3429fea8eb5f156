"""Lines of a run in progress, drawn from a board: for the live table, and for logs."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from acsctl.errors import AcsctlError, CloudError
from acsctl.model.change import Action
from acsctl.model.event import StepFailed
from acsctl.view import style, wording
from acsctl.view.board import Board, Row
from acsctl.view.page import Page
from acsctl.view.style import line

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MOST_COLUMN = 40


def column(board: Board) -> int:
    """Where what is said of the addresses begins."""
    return min(max((len(str(row.step.address)) for row in board.rows.values()), default=20), MOST_COLUMN)


def finished(row: Row, board: Board, page: Page) -> Text:
    """A step that ended well: what it made or did, and how long it took."""
    return _row(("✔", style.GOOD), row, said=result(row, page), time=wording.length(row.took), board=board, page=page)


def failed(event: StepFailed, board: Board, page: Page) -> Text:
    """A step that failed, in one line; the whole story comes at the end."""
    row = board.row(event.step)
    return _row(("✘", style.DANGER), row, said=brief(event.error), time=wording.length(event.took), board=board, page=page)


def result(row: Row, page: Page) -> str:
    """What a step did: the ids that it made, or the word."""
    if row.step.action is Action.CREATE and row.ids:
        rest = len(row.ids) - 1
        return page.id(row.ids[0]) + (f" and {rest} more" if rest else "")
    return wording.DONE.get(row.step.action, "done")


def brief(error: AcsctlError) -> str:
    """The shortest that can be said of an error."""
    return (
        error.code
        if isinstance(error, CloudError)
        else error.message.splitlines()[0]
        if error.message
        else type(error).__name__
    )


def running(row: Row, board: Board, page: Page, *, now: float, sign: str) -> Text:
    """A step under way."""
    elapsed = max(0.0, now - row.since)
    expected = f" of about {wording.rough(row.step.expected)}" if row.step.expected > elapsed else ""
    time = f"{wording.length(elapsed)}{expected}"
    return _row((sign, style.NOTE), row, said=row.message or _doing(row), time=time, board=board, page=page)


def begun(row: Row, board: Board, page: Page) -> Text:
    """A step that has just begun, for a log: what it waited for, and how long it will take."""
    time = f"about {wording.rough(row.step.expected)}" if row.step.expected else ""
    before = wording.names((board.rows[id].step.address for id in row.step.waits_for if id in board.rows), most=3)
    said = f"{_doing(row)}{f', after {before}' if before else ''}"
    return _row(("›", style.NOTE), row, said=said, time=time, board=board, page=page)


def _doing(row: Row) -> str:
    return wording.DOING.get(row.step.action, "working")


def waiting(row: Row, board: Board, page: Page) -> Text:
    """A step that has not begun."""
    blockers = board.blockers(row)
    said = f"waits for {wording.names(blockers, most=3)}" if blockers else "waits its turn"
    return _row(("·", style.DIM), row, said=said, time="", board=board, page=page)


def _row(sign: tuple[str, str], row: Row, *, said: str, time: str, board: Board, page: Page) -> Text:
    width = column(board)
    text = line("  ", sign, f" {row.step.address!s:<{width}}  ", f"{said:<24}" if time else said, f"  {time}" if time else "")
    if page.shorten:
        text.truncate(max(40, page.width - 1), overflow="ellipsis")
    return text


def table(board: Board, page: Page, *, now: float, calls: int | None, rows: int) -> Iterator[Text]:
    """What is under way and what waits, at most `rows` lines, and the footer. Frames turn with the run's clock."""
    sign = FRAMES[int(now * 8) % len(FRAMES)]
    lines = [running(row, board, page, now=now, sign=sign) for row in board.having("running")]
    lines += [waiting(row, board, page) for row in board.having("waiting")]
    yield from lines if len(lines) <= rows else lines[: rows - 1]
    if len(lines) > rows:
        yield line((f"    … and {len(lines) - rows + 1} more", style.DIM))
    yield footer(board, now=now, calls=calls)


def footer(board: Board, *, now: float, calls: int | None) -> Text:
    """Counts, times, calls, and what slows the run down."""
    done, total = len(board.having("done")), len(board.rows)
    parts = [f" {done} of {total}", wording.length(now)]
    if left := board.left(now):
        parts.append(f"about {wording.rough(left)} left")
    if calls is not None:
        parts.append(wording.count(calls, "call"))
    if board.throttled:
        actions = ", ".join(action.replace(".", " ") for action in board.throttled)
        parts.append(f"throttled {wording.length(sum(board.throttled.values()))} ({actions})")
    if failures := len(board.failures):
        parts.append(f"{failures} failed")
    if board.settling:
        parts.append(board.settling.message)
    if board.stopping:
        parts.append("stopping")
    return line((" · ".join(parts), style.DIM))
