"""`regex_replace`, for patterns whose work can be bounded beforehand.

Python's engine tries every way to match, so that `(a+)+$` on thirty characters runs for hours and cannot be stopped. The
number of ways is bounded from the form of the pattern: each repetition multiplies it by the length of the text, each choice
by two.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from acsctl import sandbox

MAX_WORK = 20_000_000
MAX_PATTERN = 1_000
_TOKEN = re.compile(
    r"""
    \\. | \[\^?\]?(?:\\.|[^\]\\])*\]                            # an escape, a set
    | (?P<repeat> (?: [*+] | \{\d*,?\d*\} ) [?+]? )              # how often: any number of times, within bounds
    | (?P<choice> \? [?+]? | \| )                              # one way or another
    | \(\?P=\w+\) | \(\?\#[^)]*\) | \(\?[aiLmsux]+\)           # no group: a reference back, a comment, flags
    | (?P<open> \( (?: \?(?: P<\w+> | [aiLmsux-]*: | [=!>] | <[=!] ) )? )
    | (?P<close> \) )
    | .
    """,
    re.DOTALL | re.VERBOSE,
)


def replace(text: Any, pattern: Any, replacement: Any = "") -> str:
    """`text` with every match of `pattern` replaced; `\\1` in the replacement is the first group.

    Raises ValueError for a wrong pattern and for one that could take too long on this text.
    """
    if not (isinstance(text, str) and isinstance(pattern, str) and isinstance(replacement, str)):
        raise TypeError("regex_replace(text, pattern, replacement) takes texts")
    compiled = _compiled(pattern, text)
    if (len(text) + 1) * len(replacement) + replacement.count("\\") * len(text) * len(text) > MAX_WORK:
        raise sandbox.BoundError("the result of regex_replace could be too large")
    try:
        return compiled.sub(replacement, text)
    except (re.error, IndexError) as error:
        raise ValueError(f"not a replacement: {error}") from error


def found(text: str, pattern: str) -> bool:
    """Whether `pattern` matches somewhere in `text`. Raises ValueError as `replace` does."""
    return _compiled(pattern, text).search(text) is not None


def _compiled(pattern: str, text: str) -> re.Pattern[str]:
    if _work(pattern, len(text) + 1) > MAX_WORK:
        raise sandbox.BoundError("this pattern could take too long on such a text: use fewer repetitions and choices")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of meanings that a later Python may give to `[[`
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error


def _work(pattern: str, length: int) -> int:
    """An upper bound of the steps on a text of `length` characters. Raises BoundError for nested repetitions."""
    if len(pattern) > MAX_PATTERN:
        raise sandbox.BoundError(f"a regular expression has at most {MAX_PATTERN:,} characters")
    work = length * (len(pattern) + 1)
    groups: list[bool] = []  # for each open group, whether it holds a repetition or a choice
    varied = False  # whether the last token closed such a group
    for token in _TOKEN.finditer(pattern):
        if token.lastgroup == "repeat" and varied:
            raise sandbox.BoundError("a repetition of what varies itself can take too long")
        varied = False
        if token.lastgroup == "open":
            groups.append(False)
        elif token.lastgroup == "close" and groups:
            varied = groups.pop()
        elif token.lastgroup == "repeat":
            work *= length
        elif token.lastgroup == "choice":
            work *= 2
        if groups and (varied or token.lastgroup in ("repeat", "choice")):
            groups[-1] = True
    return work
