"""Rows of alike keys as an aligned table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from acsctl.view import fields, style, values
from acsctl.view.style import line

GAP = "  "
LEAST_LAST = 16


def lines(rows: Sequence[Mapping[str, Any]], *, width: int) -> Iterator[Text]:
    """A heading and the rows; the last column takes what is left of the width and is wrapped into it."""
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = [[_text(row.get(name)) for name in names] for row in rows]
    sizes = [max(cell_len(text) for text in column) for column in zip(names, *texts, strict=True)]
    yield line((_padded([name.upper() for name in names], sizes), style.BOLD))
    indent = sum(sizes[:-1]) + len(GAP) * (len(sizes) - 1)
    for row in texts:
        first, *rest = fields.wrapped(row[-1], room=max(LEAST_LAST, width - indent))
        yield line(_padded([*row[:-1], first], sizes))
        yield from (line(" " * indent, text) for text in rest)


def _text(value: Any) -> str:
    return "" if value is None or value == "" else values.shown(value)


def _padded(cells: list[str], sizes: list[int]) -> str:
    return GAP.join(cell + " " * (size - cell_len(cell)) for cell, size in zip(cells, sizes, strict=True)).rstrip()
