"""The screen of a plan: one line a create, what differs of an update, and danger at the bottom, where the eye ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rich.text import Text

from acsctl.model.change import Action, Change
from acsctl.model.plan import Plan
from acsctl.model.resource import Live
from acsctl.view import fields, remarks, style, wording
from acsctl.view.consequences import takes_with
from acsctl.view.contract import Stats
from acsctl.view.page import Page, names_in
from acsctl.view.style import line
from acsctl.view.verdict import verdict

LEAST_COLUMN, MOST_COLUMN = 24, 40
QUIET = (Action.NONE, Action.READ)
WANTING = (Action.CREATE, Action.UPDATE, Action.ADOPT, Action.REPLACE, Action.CREATE_THEN_DELETE)


@dataclass(frozen=True)
class Screen:
    """A plan being laid out: the page, and the column in which what is said of the addresses begins."""

    plan: Plan
    page: Page
    column: int

    @property
    def room(self) -> int:
        """Columns that are left behind an address."""
        return max(24, self.page.width - self.column - 6)


def lines(plan: Plan, *, stats: Stats, page: Page) -> Iterator[Text]:
    """The whole screen."""
    page = replace(page, names=names_in(plan))
    visible = [change for change in plan.changes if page.verbose or change.action not in QUIET]
    screen = Screen(plan, page, column=_column([_title(change) for change in visible]))
    if visible or plan.left_standing or plan.findings:
        yield from head(plan, stats=stats, page=page)
        yield line("")
    for change in visible:
        yield from _entry(change, screen=screen)
    yield from _standing(plan.left_standing, screen=screen)
    if visible or plan.left_standing:
        yield from _unchanged(plan.unchanged, screen=screen)
        yield line("")
    yield from verdict(plan, stats=stats, page=page)


def head(plan: Plan, *, stats: Stats, page: Page) -> Iterator[Text]:
    """Which stack, where, and what was done to it last."""
    parts = [f"Stack {plan.stack.name}", plan.stack.region, plan.stack.account, stats.cloud]
    if last := stats.last:
        by = f" by {last.by}" if last.by else ""
        revision = f" ({last.revision})" if last.revision else ""
        parts.append(f"last applied {wording.ago(last.ago)}{by}{revision}")
    if plan.destroy:
        parts.append("to be destroyed")
    for row in fields.wrapped(" · ".join(part for part in parts if part), room=page.width):
        yield line((row, style.BOLD))


def _column(titles: list[str]) -> int:
    fitting = [len(title) for title in titles if len(title) <= MOST_COLUMN]
    return min(max([LEAST_COLUMN, *fitting]), MOST_COLUMN)


def _title(change: Change) -> str:
    return f"{change.address}  ×{change.size}" if change.size > 1 else str(change.address)


def _entry(change: Change, *, screen: Screen) -> Iterator[Text]:
    words = remarks.about(change, page=screen.page, room=screen.room, destroy=screen.plan.destroy)
    yield from _row(style.symbol(change.action), title=_title(change), words=words, screen=screen)
    yield from fields.changed(change, page=screen.page)
    if change.action in (Action.CREATE, Action.REPLACE, Action.CREATE_THEN_DELETE):
        yield from fields.made_of(change, page=screen.page)
    if change.action is Action.DELETE:
        yield from fields.taken_apart(change, page=screen.page)
    if change.action.replaces:
        yield from _taken(change, screen=screen)
    if screen.page.verbose and change.action in WANTING:
        yield from fields.everything(change, page=screen.page)


def _taken(change: Change, *, screen: Screen) -> Iterator[Text]:
    taken = takes_with(change, screen.plan)
    label = "takes with it"
    for row in fields.wrapped(wording.names(taken), room=max(20, screen.page.width - 22)) if taken else ():
        yield line(f"{fields.INDENT}{label:<13}  ", (row, style.DANGER))
        label = ""


def _row(symbol: tuple[str, str], *, title: str, words: remarks.Remarks, screen: Screen) -> Iterator[Text]:
    """Symbol, address and what is said of it; what does not fit behind the address goes onto lines below."""
    rows: list[list[tuple[str, str]]] = [[]]
    left = screen.room - max(0, len(title) - screen.column)
    for text, color in words:
        if rows[-1] and len(text) + 2 > left:
            rows.append([])
            left = screen.room
        first, *more = fields.wrapped(text, room=screen.room) if len(text) > left else [text]
        if len(first) > left:
            rows.append([])
        rows[-1].append((first, color))
        rows += [[(row, color)] for row in more]
        left = screen.room - sum(len(part) + 2 for part, _ in rows[-1])
    yield line(symbol, " ", f"{title:<{screen.column}}" if rows[0] else title, *_spaced(rows[0]))
    for row in rows[1:]:
        yield line(" " * (screen.column + 4), *_spaced(row))


def _spaced(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"  {text}", color) for text, color in row]


def _standing(lives: tuple[Live, ...], *, screen: Screen) -> Iterator[Text]:
    for live in lives:
        words = [(f"left standing: {remarks.things([live], page=screen.page)}", "")]
        yield from _row(("  ?", style.CARE), title=str(live.address), words=words, screen=screen)


def _unchanged(lives: tuple[Live, ...], *, screen: Screen) -> Iterator[Text]:
    if not screen.page.verbose:
        yield from [line(style.symbol(Action.NONE), (f" {len(lives)} unchanged", style.DIM))] if lives else []
        return
    for live in lives:
        words = [(screen.page.id(live.id), style.DIM)]
        yield from _row(style.symbol(Action.NONE), title=str(live.address), words=words, screen=screen)
