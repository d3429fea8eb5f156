"""Random YAML texts with comments, anchors and both styles, beside the data that they mean: what splices are tried on."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from acsctl.stack.literal import Manner, double, scalar

NAMES = st.sampled_from(["kind", "name", "cidr", "tags", "rules", "a", "b2", "x-y", "with space", "no", "10", "é"])
TEXTS = st.one_of(
    st.sampled_from(["", "yes", "1.30", "null", "~", "10:20", "2026-11-20", "0x1f", "- a", "? b", "# no", "a # b", "a: b"]),
    st.sampled_from(
        ["two\nlines", "ends\n", "#!/bin/sh\necho 'hi'\n", "  leads", "trails ", "tab\there", "'q'", '"d"', "{a}", "[b]"]
    ),
    st.sampled_from(
        [
            "&a",
            "*a",
            "!x",
            "%d",
            "@e",
            "`f",
            "a\n\nb\n",
            "\n",
            "a\n\n",
            "x\x07y",
            "\u2028",
            "\x85",
            "\ufeff",
            "漢字🎈",
            "-",
            "a,b",
            "<<",
        ]
    ),
    st.text(alphabet="ab 1:#-'\"\\\n\t,[]{}é", max_size=12),
).filter(lambda text: "{{" not in text and "{%" not in text and "{#" not in text)
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
COMMENTS = st.sampled_from(["", "", "", "# note", "# why: it's [so]", "#", "# {x"])


class Writer:
    """Draws how a value is written. `comments` are those that it wrote, each with a number of its own."""

    def __init__(self, draw: Any, *, newline: str = "\n") -> None:
        self._draw = draw
        self._newline = newline
        self.comments: list[str] = []

    def comment(self) -> str:
        """A comment, or nothing."""
        text = self._draw(COMMENTS)
        if not text:
            return ""
        self.comments.append(f"{text} {len(self.comments)}")
        return self.comments[-1]

    def beside(self) -> str:
        """A comment behind something."""
        text = self.comment()
        return f"{self._draw(st.sampled_from([' ', '   ']))}{text}" if text else ""

    def above(self, column: int) -> str:
        """Lines that say nothing."""
        text = self.comment()
        blank = self._newline if self._draw(st.integers(0, 5)) == 0 else ""
        return blank + (f"{' ' * column}{text}{self._newline}" if text else "")

    def document(self, value: Any) -> str:
        """The whole text of a mapping or a list."""
        text = self.above(0) + self.block(value, 0).removeprefix(self._newline)
        return text + (self._newline if self._draw(st.booleans()) or "|" in text else "")

    def rows(self, value: dict[str, Any]) -> str:
        """The keys of a mapping, a line or a block each."""
        return "".join(self._row(key, item, 0) + self._newline for key, item in value.items())

    def block(self, value: Any, column: int) -> str:
        """What stands behind a key or a dash, with a newline before it if it is a block."""
        if isinstance(value, dict | list) and value and self._draw(st.integers(0, 2)):
            rows = value.items() if isinstance(value, dict) else ((None, item) for item in value)
            return self._newline + self._newline.join(self._row(key, item, column) for key, item in rows)
        if isinstance(value, dict | list):
            return " " + self.flow(value) + self.beside()
        manner = Manner(
            column - 2, 2, self._newline, style=self._draw(st.sampled_from(["plain", "single", "double", "literal"]))
        )
        written = scalar(value, manner)
        if written.startswith("|"):
            head, rest = written.split(self._newline, 1)
            return f" {head.strip()}{self.beside()}{self._newline}{rest}"
        return f" {written}{self.beside()}"

    def _row(self, key: str | None, item: Any, column: int) -> str:
        indent = " " * column
        head = f"{indent}-" if key is None else f"{indent}{key if re.fullmatch('[a-z0-9-]+', key) else double(key)}:"
        if key is not None and item is None and self._draw(st.booleans()):
            return self.above(column) + head + self.beside()
        body = self.block(item, column + 2)
        if key is None and body.startswith(self._newline) and self._draw(st.booleans()):
            inner = body.removeprefix(self._newline).split(self._newline)
            if inner[0].strip() and not inner[0].strip().startswith("#"):
                return self.above(column) + f"{head} {inner[0].strip()}" + "".join(f"{self._newline}{row}" for row in inner[1:])
        return self.above(column) + head + (self.beside() if body.startswith(self._newline) else "") + body

    def flow(self, value: Any) -> str:
        """On one line, or on several."""
        if not isinstance(value, dict | list):
            return scalar(value, Manner(flow=True, style=self._draw(st.sampled_from(["plain", "single", "double"]))))
        rows = [f"{double(key)}: {self.flow(item)}" for key, item in value.items()] if isinstance(value, dict) else []
        rows = rows or [self.flow(item) for item in value] if isinstance(value, list) else rows
        left, right = "{}" if isinstance(value, dict) else "[]"
        gap = self._draw(st.sampled_from(["", " "]))
        return f"{left}{gap}{', '.join(rows)}{gap}{right}"


def paths(value: Any, base: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path into a value, that of the whole left out."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, item in rows for path in ((*base, key), *paths(item, (*base, key)))]


def got(value: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value
