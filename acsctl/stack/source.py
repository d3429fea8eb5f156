"""One text with line numbers: where a span of it stands, and what a problem there looks like."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from acsctl.errors import Place, Problem

MAX_BYTES = 1_000_000
_EXCERPT = 200


@dataclass(frozen=True)
class Source:
    """The text of a file, or of a flag; `name` is how a person knows it, `folder` what its relative paths start from.

    Paths that it says stay inside `fence`. What comes from a flag or the environment is no file and has no lines.
    """

    name: str
    text: str
    folder: Path
    fence: Path
    is_file: bool = True

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(r"\r\n|[\n\r\x85\u2028\u2029]", self.text))]

    def place(self, index: int) -> Place:
        """The place of the character at `index`; without a line where it is no file."""
        if not self.is_file:
            return Place(self.name)
        line = bisect_right(self._starts, index)
        return Place(self.name, line, index - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Line `number`, counted from 1, without its end."""
        begin = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[begin:end].rstrip("\r\n\x85\u2028\u2029")


@dataclass(frozen=True)
class Span:
    """A stretch of a source, by character index."""

    source: Source
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.source.place(self.start)

    def problem(self, message: str, *, hint: str = "", hide: bool = False) -> Problem:
        """A problem here; `hide` leaves the line of the file out, because a secret stands in it."""
        place = self.place
        if not place.line:
            return Problem(place, message, hint=hint)
        line = self.source.line(place.line)
        shown = "" if hide or place.column > _EXCERPT else line[:_EXCERPT]
        room = max(1, len(shown) - place.column + 1)
        return Problem(place, message, hint=hint, excerpt=shown, width=max(1, min(self.end - self.start, room)))

    def within(self, needle: str, *, after: int = 0) -> Span:
        """The first occurrence of `needle` in this span at or after index `after`; the span itself if there is none."""
        at = self.source.text.find(needle, max(self.start, after), self.end) if needle else -1
        return self if at < 0 else Span(self.source, at, at + len(needle))

    def word(self, word: str) -> Span:
        """The first place in this span where `word` stands by itself; the span itself if there is none."""
        found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(self.source.text, self.start, self.end) if word else None
        return Span(self.source, *found.span()) if found else self
