"""Mistakes in a stack file: all of them, each with its line and what is underlined, the count last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from acsctl.errors import Problem, StackError
from acsctl.view import fields, style, wording
from acsctl.view.page import Page
from acsctl.view.style import line

GUTTER = 5
TAB = 4


def lines(error: StackError, *, page: Page) -> Iterator[Text]:
    """The whole screen."""
    for problem in error.problems:
        yield from one(problem, page=page)
    yield verdict(error)


def one(problem: Problem, *, page: Page) -> Iterator[Text]:
    """The place and the message, then the line of the file with carets below and the hint behind them."""
    place = f"{problem.place}: " if problem.place.file else ""
    yield line((place, style.BOLD), (problem.message, style.BAD))
    if problem.excerpt:
        yield from _excerpt(problem, page=page)
    elif problem.hint:
        yield line(f"{' ' * (GUTTER + 3)}{problem.hint}")


def _excerpt(problem: Problem, *, page: Page) -> Iterator[Text]:
    """The line of the file, cut on the left or the right where it is too long; Chinese letters are two columns wide."""
    room = max(30, page.width - GUTTER - 3)
    begin = max(0, problem.place.column - 1)
    before, marked, after = _split(problem.excerpt, begin, begin + problem.width)
    if cell_len(before + marked) > room:
        before = "…" + before[-8:]
    rest = set_cell_size(after, min(cell_len(after), max(0, room - cell_len(before + marked)))).rstrip()
    number = str(problem.place.line) if problem.place.line else ""
    yield line((f"{number:>{GUTTER}} | ", style.DIM), before, set_cell_size(marked, min(cell_len(marked), room)), rest)
    carets = "^" * max(1, min(cell_len(marked), room - cell_len(before)))
    yield from _hint(problem.hint, indent=" " * cell_len(before), carets=carets, room=room)


def _split(text: str, begin: int, end: int) -> tuple[str, str, str]:
    blank = " " * TAB
    before, marked, after = text[:begin], text[begin:end], text[end:].rstrip()
    return before.replace("\t", blank), marked.replace("\t", blank), after.replace("\t", blank)


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
    rest = " Nothing was changed." if error.late else " Nothing was read from or sent to the cloud."
    return line((f"{count}{where}.", style.BOLD), rest)
