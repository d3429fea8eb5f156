"""Mistakes in a stack file: all of them, each with its line and what is underlined, the count last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from acsctl.errors import Problem, StackError
from acsctl.view import fields, style, wording
from acsctl.view.page import Page
from acsctl.view.style import line

GUTTER = 5
TAB = 4


def lines(error: StackError, page: Page) -> Iterator[Text]:
    """The whole screen."""
    for problem in error.problems:
        yield from one(problem, page)
    yield verdict(error)


def one(problem: Problem, page: Page) -> Iterator[Text]:
    """The place and the message, then the line of the file with carets below and the hint behind them."""
    place = f"{problem.place}: " if problem.place.file else ""
    yield line((place, style.BOLD), (problem.message, style.BAD))
    if problem.excerpt:
        yield from _excerpt(problem, page)
    elif problem.hint:
        yield line(f"{' ' * (GUTTER + 3)}{problem.hint}")


def _excerpt(problem: Problem, page: Page) -> Iterator[Text]:
    room = max(30, page.width - GUTTER - 3)
    before = len(problem.excerpt[: problem.place.column - 1].expandtabs(TAB)) if problem.place.column else 0
    text = problem.excerpt.expandtabs(TAB).rstrip()
    if cut := max(0, min(before - 8, len(text) - room)) if before + problem.width > room else 0:
        text = "…" + text[cut + 1 :]
    shown = text if len(text) <= room else text[: room - 1] + "…"
    number = str(problem.place.line) if problem.place.line else ""
    yield line((f"{number:>{GUTTER}} | ", style.DIM), shown)
    indent = " " * (before - cut)
    carets = "^" * max(1, min(problem.width, len(shown) - len(indent)))
    yield from _hint(problem.hint, indent=indent, carets=carets, room=room)


def _hint(hint: str, *, indent: str, carets: str, room: int) -> Iterator[Text]:
    """Behind the carets if there is room for it, else in lines of its own below them."""
    gutter = (f"{' ' * GUTTER} | ", style.DIM)
    if len(indent) + len(carets) + 1 + len(hint) <= room:
        yield line(gutter, indent, (carets, style.BAD), f" {hint}" if hint else "")
        return
    yield line(gutter, indent, (carets, style.BAD))
    for row in fields.wrapped(hint, room=room):
        yield line(gutter, row)


def verdict(error: StackError) -> Text:
    """The count, and that nothing happened."""
    files = list(dict.fromkeys(problem.place.file for problem in error.problems if problem.place.file))
    where = f" in {wording.names(files, most=3)}" if files else ""
    count = wording.count(len(error.problems), "problem")
    return line((f"{count}{where}.", style.BOLD), " Nothing was read from or sent to the cloud.")
