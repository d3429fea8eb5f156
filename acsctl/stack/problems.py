"""Collects what is wrong with a stack: every problem once, in the order of the files, with the nearest match."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Iterable
from itertools import islice

from acsctl.errors import NOWHERE, Place, Problem, StackError
from acsctl.stack.source import Span

MAX_PROBLEMS = 500
_LISTED = 8
_COMPARED = 300


class Failed(Exception):
    """What was wanted has a problem that is already reported; nothing more is to be said."""


class TooMany(Exception):
    """So much is wrong, or so much is wanted, that nothing more is looked at."""


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], Problem] = {}
        self._files: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, span: Span | None, message: str, *, hint: str = "", hide: bool = False) -> Failed:
        """Note a problem at `span`; the answer may be raised to leave what is spoiled by it. Raises TooMany."""
        self.put(span.problem(message, hint=hint, hide=hide) if span else Problem(NOWHERE, message, hint=hint))
        return Failed(message)

    def stop(self, span: Span, message: str, *, hint: str) -> TooMany:
        """Note a problem after which nothing more is looked at: a bound of the whole load is passed."""
        self.add(span, message, hint=hint)
        return TooMany(message)

    def put(self, problem: Problem) -> None:
        """Note a problem that is ready made; the same message at the same place counts once. Raises TooMany."""
        self._files.setdefault(problem.place.file, len(self._files))
        self._found.setdefault((problem.place, problem.message), problem)
        if len(self._found) >= MAX_PROBLEMS:
            raise TooMany

    def visit(self, file: str) -> None:
        """Problems of `file` come after those of the files that were visited before."""
        self._files.setdefault(file, len(self._files))

    @property
    def sorted(self) -> list[Problem]:
        """All of them, in the order of the files."""
        return sorted(
            self._found.values(), key=lambda found: (self._files[found.place.file], found.place.line, found.place.column)
        )

    def raise_if_any(self) -> None:
        """Raises StackError with all of them, if there are any."""
        if self._found:
            raise StackError(self.sorted)


def nearest(word: str, allowed: Collection[str]) -> str:
    """The one of `allowed` that was probably meant, or an empty text."""
    names: Iterable[str] = allowed
    if len(allowed) > _COMPARED:  # comparing is slow, and a mistyped word mostly begins right
        names = islice((name for name in allowed if name[:1] == word[:1].lower()), _COMPARED)
    candidates = sorted(set(names))
    close = difflib.get_close_matches(word.lower(), candidates, n=1, cutoff=0.6) if len(word) <= 100 else []
    if close:
        return close[0]
    longer = [name for name in candidates if len(word) > 2 and name.startswith(word)]
    return longer[0] if len(longer) == 1 else ""


def meant(word: str, allowed: Collection[str], *, kind: str = "expected one of") -> str:
    """A hint: the nearest match, or the first of what is allowed."""
    close = nearest(word, allowed)
    if close:
        return f"did you mean {close!r}?"
    if not allowed:
        return ""
    listed = heapq.nsmallest(_LISTED + 1, allowed)
    return f"{kind} {', '.join(listed[:_LISTED])}" + (", ..." if len(listed) > _LISTED else "")
