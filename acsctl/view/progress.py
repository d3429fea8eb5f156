"""Lines of a run in progress, drawn from a board: for the live table, and for logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def brief(error: AcsctlError) -> str:
    """The shortest that can be said of an error."""
    if isinstance(error, CloudError):
        return error.code
    return next(iter(error.message.splitlines()), type(error).__name__)


@dataclass(frozen=True)
class Drawing:
    """A board on a page."""

    board: Board
    page: Page

    def finished(self, row: Row) -> Text:
        """A step that ended well: what it made or did, and how long it took."""
        return self._row(("✔", style.GOOD), row=row, said=self._result(row), time=wording.length(row.took))

    def failed(self, event: StepFailed) -> Text:
        """A step that failed, in one line; the whole story comes at the end."""
        row = self.board.row(event.step)
        return self._row(("✘", style.DANGER), row=row, said=brief(event.error), time=wording.length(event.took))

    def begun(self, row: Row) -> Text:
        """A step that has just begun, for a log: what it waited for, and how long it will take."""
        time = f"about {wording.rough(row.step.expected)}" if row.step.expected else ""
        before = [self.board.rows[id].step.address for id in row.step.waits_for if id in self.board.rows]
        said = f"{_doing(row)}, after {wording.names(before, most=3)}" if before else _doing(row)
        return self._row(("›", style.NOTE), row=row, said=said, time=time)

    def running(self, row: Row, *, now: float, sign: str = "›") -> Text:
        """A step under way."""
        elapsed = max(0.0, now - row.since)
        expected = f" of about {wording.rough(row.step.expected)}" if row.step.expected > elapsed else ""
        time = f"{wording.length(elapsed)}{expected}"
        return self._row((sign, style.NOTE), row=row, said=row.waits or row.message or _doing(row), time=time)

    def waiting(self, row: Row) -> Text:
        """A step that has not begun."""
        blockers = self.board.blockers(row)
        said = f"waits for {wording.names(blockers, most=3)}" if blockers else row.waits or "waits its turn"
        return self._row(("·", style.DIM), row=row, said=said, time="")

    def table(self, *, now: float, calls: int | None, rows: int) -> Iterator[Text]:
        """What is under way and what waits, at most `rows` lines, and the footer. Frames turn with the run's clock."""
        sign = FRAMES[int(now * 8) % len(FRAMES)]
        lines = [self.running(row, now=now, sign=sign) for row in self.board.having("running")]
        lines += [self.waiting(row) for row in self.board.having("waiting")]
        yield from lines if len(lines) <= rows else lines[: rows - 1]
        if len(lines) > rows:
            yield line((f"    … and {len(lines) - rows + 1} more", style.DIM))
        yield footer(self.board, now=now, calls=calls)

    def _result(self, row: Row) -> str:
        """What a step did: the ids that it made, or the word."""
        if row.step.action is Action.CREATE and row.ids:
            rest = len(row.ids) - 1
            return self.page.id(row.ids[0]) + (f" and {rest} more" if rest else "")
        return wording.DONE.get(row.step.action, "done")

    def _row(self, sign: tuple[str, str], *, row: Row, said: str, time: str) -> Text:
        addresses = (len(other.step.label) for other in self.board.rows.values())
        width = min(max(addresses, default=20), MOST_COLUMN)
        behind = (f"{said:<24}", f"  {time}") if time else (said,)
        text = line("  ", sign, f" {row.step.label:<{width}}  ", *behind)
        if self.page.shorten:
            text.truncate(max(40, self.page.width - 1), overflow="ellipsis")
        return text


def _doing(row: Row) -> str:
    return wording.DOING.get(row.step.action, "working")


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
        parts.append(f"throttled {wording.length(board.throttled_in_all)} ({actions})")
    if failures := len(board.failures):
        parts.append(f"{failures} failed")
    if board.settling:
        parts.append(board.settling.message)
    if board.stopping:
        parts.append("stopping")
    return line((" · ".join(parts), style.DIM))
