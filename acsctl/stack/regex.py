"""`regex_replace`, for patterns whose work can be bounded beforehand.

Python's engine tries every way to match, so that `(a+)+$` on thirty characters runs for hours and cannot be stopped. The
number of ways is bounded from the form of the pattern: each repetition multiplies it by the length of the text, each choice
by two.
"""

from __future__ import annotations

import re

from acsctl import sandbox

MAX_WORK = 20_000_000
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}[?+]?|[*+?][?+]?|\(\?[^:()]*[:)]?|[()|]|.", re.DOTALL)


def replace(text: str, pattern: str, replacement: str = "") -> str:
    """`text` with every match of `pattern` replaced; `\\1` in the replacement is the first group.

    Raises ValueError for a wrong pattern and for one that could take too long on this text.
    """
    if not (isinstance(text, str) and isinstance(pattern, str) and isinstance(replacement, str)):
        raise TypeError("regex_replace(text, pattern, replacement) takes texts")
    if _work(pattern, len(text) + 1) > MAX_WORK:
        raise sandbox.BoundError("this pattern could take too long on a text of this length: use fewer repetitions and choices")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if (len(text) + 1) * len(replacement) + replacement.count("\\") * len(text) * len(text) > MAX_WORK:
        raise sandbox.BoundError("the result of regex_replace could be too large")
    try:
        return compiled.sub(replacement, text)
    except (re.error, IndexError) as error:
        raise ValueError(f"not a replacement: {error}") from error


def found(text: str, pattern: str) -> bool:
    """Whether `pattern` matches somewhere in `text`. Raises BoundError where that could take too long."""
    if _work(pattern, len(text) + 1) > MAX_WORK:
        raise sandbox.BoundError("this pattern could take too long on a text of this length: use fewer repetitions and choices")
    return re.search(pattern, text) is not None


def _work(pattern: str, length: int) -> int:
    """An upper bound of the steps on a text of `length` characters. Raises ValueError for nested repetitions."""
    if len(pattern) > 1000:
        raise sandbox.BoundError("a regular expression has at most 1,000 characters")
    work = length * len(pattern)
    groups: list[bool] = []  # for each open group, whether it holds a repetition or a choice
    closed = False  # whether the last token closed such a group
    for token in _TOKEN.findall(pattern):
        repeats, chooses = token[0] in "*+{" and len(token) < len(pattern), token[0] in "?|"
        if repeats and closed:
            raise sandbox.BoundError("a repetition of a repetition can take too long")
        closed = False
        if token[0] == "(":
            if not (token.endswith(")") and len(token) > 1):
                groups.append(False)
        elif token == ")" and groups:
            closed = groups.pop()
            if groups:
                groups[-1] |= closed
        elif repeats or chooses:
            work *= length if repeats else 2
            if groups:
                groups[-1] = True
    return work
