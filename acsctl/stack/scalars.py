"""Plain scalars as YAML 1.2 core reads them, with numbers as in JSON: `no`, `010`, `10:20` and `2026-11-20` are text."""

from __future__ import annotations

import math
import re
from typing import Any

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
MAX_DIGITS = 40
"""Longer numbers stay text: no field takes one, and reading a huge one costs quadratic time."""


def resolve(text: str) -> Any:
    """The value of the plain scalar `text`: None, a boolean, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS or not (text[0].isdigit() or text[0] == "-"):
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def looks_numeric(text: str) -> bool:
    """Whether some reader of YAML could take the text for a number: 1e3, 0x10, 1_000, 010, .inf, 10:20."""
    return _NUMERIC.fullmatch(text) is not None


_NUMERIC = re.compile(r"[-+]?(\.(inf|Inf|INF)|\.?[0-9][0-9a-fA-FxXoO_.:eE+-]*)|\.(nan|NaN|NAN)")


def as_text(value: Any) -> str:
    """A scalar as the text that it is in YAML. Raises TypeError for what is no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise TypeError(f"{name_of(value)} is not a text")


def name_of(value: Any) -> str:
    """What a person calls the type of `value`."""
    if value is None:
        return "null"
    for types, name in _NAMES:
        if isinstance(value, types):
            return name
    return "a resource"


_NAMES: tuple[tuple[Any, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a text"),
    ((list, tuple), "a list"),
    (dict, "a mapping"),
)
