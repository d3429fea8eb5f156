"""What the screens of plans and of drift have in common: the heading, and rows that begin with a symbol and an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from acsctl.model.change import Change
from acsctl.model.resource import Stack
from acsctl.view import fields, remarks, style, wording
from acsctl.view.contract import Stats
from acsctl.view.page import Page
from acsctl.view.style import line

LEAST_COLUMN, MOST_COLUMN = 24, 40


@dataclass(frozen=True)
class Layout:
    """The page, and the column in which what is said of the addresses begins."""

    page: Page
    column: int

    @property
    def room(self) -> int:
        """Columns that are left behind an address."""
        return max(24, self.page.width - self.column - 6)

    def row(self, symbol: tuple[str, str], *, title: str, words: remarks.Remarks) -> Iterator[Text]:
        """Symbol, address and what is said of it; what does not fit behind the address goes onto lines below."""
        rows: list[list[tuple[str, str]]] = [[]]
        left = self.room - max(0, len(title) - self.column)
        for text, color in words:
            if rows[-1] and len(text) + 2 > left:
                rows.append([])
                left = self.room
            first, *more = fields.wrapped(text, room=self.room) if len(text) > left else [text]
            if len(first) > left:
                rows.append([])
            rows[-1].append((first, color))
            rows += [[(row, color)] for row in more]
            left = self.room - sum(len(part) + 2 for part, _ in rows[-1])
        yield line(symbol, " ", f"{title:<{self.column}}" if rows[0] else title, *_spaced(rows[0]))
        for row in rows[1:]:
            yield line(" " * (self.column + 4), *_spaced(row))


def layout(changes: Iterable[Change], page: Page) -> Layout:
    """The layout for rows about these changes."""
    fitting = [len(text) for text in map(title, changes) if len(text) <= MOST_COLUMN]
    return Layout(page, min(max([LEAST_COLUMN, *fitting]), MOST_COLUMN))


def title(change: Change) -> str:
    """The address, and how many things it concerns."""
    return f"{change.address}  ×{change.size}" if change.size > 1 else str(change.address)


def heading(stack: Stack, *, stats: Stats, page: Page, more: Sequence[str] = ()) -> Iterator[Text]:
    """Which stack, where, and what was done to it last."""
    parts = [f"Stack {stack.name}", stack.region, stack.account, stats.cloud]
    if last := stats.last:
        by = f" by {last.by}" if last.by else ""
        revision = f" ({last.revision})" if last.revision else ""
        parts.append(f"last applied {wording.ago(last.ago)}{by}{revision}")
    for row in fields.wrapped(" · ".join(part for part in (*parts, *more) if part), room=page.width):
        yield line((row, style.BOLD))


def _spaced(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"  {text}", color) for text, color in row]
