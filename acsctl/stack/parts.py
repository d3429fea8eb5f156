"""Cuts a text into literal parts and `{{ expressions }}`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INSIDE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{}()\[\]'"]""", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A stretch of a text. `code` is the expression inside of the braces, None for literal text; `raw` is all of it."""

    raw: str
    code: str | None = None


class CutError(ValueError):
    """The text is no template; `raw` is the piece at fault, `hint` the remedy."""

    def __init__(self, message: str, *, raw: str, hint: str) -> None:
        super().__init__(message)
        self.raw = raw
        self.hint = hint


def cut(text: str) -> tuple[Part, ...]:
    """The parts of `text`, which joined give it again. Raises CutError for statements, comments and open braces."""
    parts: list[Part] = []
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        if opening.group() != "{{":
            word = "statements" if opening.group() == "{%" else "comments"
            hint = "a stack file has expressions only; text that holds it can come from a file: \"{{ file('name') }}\""
            raise CutError(f"`{opening.group()}`: Jinja2 {word} have no place in a stack file", raw=opening.group(), hint=hint)
        if opening.start() > at:
            parts.append(Part(text[at : opening.start()]))
        end = _closing(text, opening.end())
        parts.append(Part(text[opening.start() : end], text[opening.end() : end - 2]))
        at = end
    if at < len(text):
        parts.append(Part(text[at:]))
    return tuple(parts)


_OPENING = re.compile(r"\{[{%#]")


def _closing(text: str, start: int) -> int:
    """Where the expression that begins at `start` has ended, behind its braces."""
    open_ = 0
    at = start
    while (found := _INSIDE.search(text, at)) is not None:
        mark, at = found.group(), found.end()
        if mark in "'\"":
            raise CutError(
                "a quote inside of `{{ }}` is not closed", raw=text[start - 2 : start + 40], hint=f"close it with {mark}"
            )
        if mark == "}" and open_ == 0:
            if text.startswith("}", at):
                return at + 1
            break
        if mark in "([{":
            open_ += 1
        elif mark in ")]}":
            open_ = max(0, open_ - 1)
    raise CutError("`{{` is not closed", raw=text[start - 2 : start + 40].split("\n")[0], hint="close it with `}}`")
