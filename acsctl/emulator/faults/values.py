"""The values of a fault's fields: what may stand in them, by the types of the dataclasses that they go into."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ALWAYS = "always"
"""As times: without end."""


@dataclass(frozen=True)
class Form:
    """fits: whether a value can stand there. words: what can, for the message. made: the value that is kept."""

    fits: Callable[[Any], bool]
    words: str
    made: Callable[[Any], Any] = lambda value: value


def read(name: str, value: Any, *, type: Any) -> Any:
    """The value of a field. Raises ValueError, whose text tells what may stand there."""
    form = BY_NAME.get(name) or BY_TYPE[type]
    if not form.fits(value):
        raise ValueError(f"{name} is {form.words}, not {value!r}")
    return form.made(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _is_globs(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or (_is_texts(value) and bool(value))


def _is_parameters(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    pairs = value.items()
    return all(isinstance(name, str) and isinstance(one, str | int | float | bool) for name, one in pairs)


def _globs(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one).lower() if isinstance(one, bool) else str(one) for name, one in value.items()}


_COUNT = Form(_is_count, "a whole number, 0 or more")
_AMOUNT = Form(_is_number, "a number of seconds, 0 or more", float)
_TEXT = Form(lambda value: isinstance(value, str), "a text")
BY_TYPE: Mapping[Any, Form] = {
    str: _TEXT,
    int: _COUNT,
    int | None: Form(lambda value: value is None or _is_count(value), "a whole number, 0 or more"),
    float: _AMOUNT,
    float | None: Form(lambda value: value is None or _is_number(value), "a number of seconds, 0 or more"),
    bool | None: Form(lambda value: value is None or isinstance(value, bool), "true or false"),
    tuple[str, ...]: Form(_is_texts, "a list of texts", tuple),
}
_STATUS = "an HTTP status from 200 to 599"
BY_NAME: Mapping[str, Form] = {
    "action": Form(_is_globs, "a glob of `product.Action`, or a list of them", _globs),
    "parameters": Form(_is_parameters, "an object of name -> glob", _texts),
    "times": Form(
        lambda value: value in (None, ALWAYS) or _is_count(value),
        f"a whole number, or {ALWAYS}",
        lambda value: None if value == ALWAYS else value,
    ),
    "every": Form(lambda value: _is_count(value) and value > 0, "a whole number, 1 or more"),
    "share": Form(lambda value: _is_number(value) and value <= 1, "a number from 0 to 1", float),
    "status": Form(lambda value: value is None or (_is_count(value) and 200 <= value <= 599), _STATUS),
}
