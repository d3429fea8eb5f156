"""What is wrong with faults that somebody asked for: every mistake, with where it stands."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """path: the number of the fault, counted from 0, and the field; empty for the whole. line and column: of the file, from 1;
    0 when unknown."""

    message: str
    path: tuple[int | str, ...] = ()
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"fault {int(self.path[0]) + 1}" if self.path else "faults"
        return f"{where}: {self.message}"


class MistakesError(ValueError):
    """All of them. Nothing has changed."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(str(one) for one in mistakes))
        self.mistakes = tuple(mistakes)


def not_one_of(word: object, allowed: Collection[str], *, what: str) -> str:
    """The message for a word that is none of those allowed, with the nearest."""
    close = difflib.get_close_matches(str(word), allowed, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"no {what} {word!r}{guess}; there are {', '.join(sorted(allowed))}"
