"""Faults for the local cloud, from files and from words on the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acsctl.errors import Place, Problem, StackError, UsageError


def read_faults(*, files: Sequence[str] = (), words: Sequence[str] = ()) -> list[Any]:
    """Their documents, in this order. Raises StackError with the place of every mistake, UsageError for a file that cannot be
    read."""
    from acsctl import emulator

    found: list[Any] = []
    problems: list[Problem] = []
    for file in files:
        text = _text(file)
        try:
            found += emulator.read_text(text)
        except emulator.MistakesError as error:
            problems += [_problem(one, file=file, lines=text.splitlines()) for one in sorted(error.mistakes, key=_at)]
    for one in words:
        try:
            found.append(emulator.read_words(one))
        except emulator.MistakesError as error:
            problems += [Problem(Place("--fault"), f"{mistake.message}, in {one!r}") for mistake in error.mistakes]
    if problems:
        raise StackError(problems)
    return found


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", remedy="Name a file with faults, or - for stdin.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: no text in UTF-8") from error


def _at(mistake: Any) -> tuple[int, int]:
    return mistake.line, mistake.column


def _problem(mistake: Any, *, file: str, lines: Sequence[str]) -> Problem:
    excerpt = lines[mistake.line - 1] if 0 < mistake.line <= len(lines) else ""
    field = str(mistake.path[-1]) if len(mistake.path) > 1 else ""
    place = Place("stdin" if file == "-" else file, mistake.line, mistake.column)
    return Problem(place, mistake.message, excerpt=excerpt, width=max(1, len(field)))
