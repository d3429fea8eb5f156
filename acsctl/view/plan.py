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
from acsctl.view.layout import Layout, heading, layout, title
from acsctl.view.page import Page, names_in
from acsctl.view.style import line
from acsctl.view.verdict import verdict

QUIET = (Action.NONE, Action.READ)
WANTING = (Action.CREATE, Action.UPDATE, Action.ADOPT, Action.REPLACE, Action.CREATE_THEN_DELETE)


@dataclass(frozen=True)
class Screen:
    """A plan being laid out."""

    plan: Plan
    page: Page
    layout: Layout


def lines(plan: Plan, *, stats: Stats, page: Page) -> Iterator[Text]:
    """The whole screen."""
    page = replace(page, names=names_in(plan))
    visible = [change for change in plan.changes if page.verbose or change.action not in QUIET]
    screen = Screen(plan, page, layout(visible, page))
    if visible or plan.left_standing or plan.findings:
        more = ["to be destroyed"] if plan.destroy else []
        yield from heading(plan.stack, stats=stats, page=page, more=more)
        yield line("")
    for change in visible:
        yield from _entry(change, screen=screen)
    yield from _standing(plan.left_standing, screen=screen)
    if visible or plan.left_standing:
        yield from _unchanged(plan.unchanged, screen=screen)
        yield line("")
    yield from verdict(plan, stats=stats, page=page)


def _entry(change: Change, *, screen: Screen) -> Iterator[Text]:
    words = remarks.about(change, page=screen.page, room=screen.layout.room, destroy=screen.plan.destroy)
    yield from screen.layout.row(style.symbol(change.action), title=title(change), words=words)
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


def _standing(lives: tuple[Live, ...], *, screen: Screen) -> Iterator[Text]:
    for live in lives:
        words = [(f"left standing: {remarks.things([live], page=screen.page)}", "")]
        yield from screen.layout.row(("  ?", style.CARE), title=str(live.address), words=words)


def _unchanged(lives: tuple[Live, ...], *, screen: Screen) -> Iterator[Text]:
    if not screen.page.verbose:
        yield from [line(style.symbol(Action.NONE), (f" {len(lives)} unchanged", style.DIM))] if lives else []
        return
    for live in lives:
        words = [(screen.page.id(live.id), style.DIM)]
        yield from screen.layout.row(style.symbol(Action.NONE), title=str(live.address), words=words)
