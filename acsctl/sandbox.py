"""The sandbox in which Jinja2 expressions and templates of users run: allow-lists and bounds.

What a text may use is listed here and nothing else exists: filters, tests, methods of texts, and the functions that the
caller hands in. A dot reads a key of a mapping, never an attribute of a Python object, so there is no way from a value to
its class. Everything that can make much out of little (`*`, `**`, padding, replacing, joining) looks at the size of what it
would make first. Used by stack (expressions) and kube/render (templates). Imports errors only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Undefined, filters, tests
from jinja2.sandbox import SandboxedEnvironment

MAX_SIZE = 1_000_000
"""The most that one value may hold: characters of its texts and keys, and items of its lists."""

MAX_DEPTH = 64
MAX_BITS = 1024
"""Integers beyond this are refused; they only serve to burn time."""

MAX_WIDTH = 10_000
Functions = Mapping[str, Callable[..., Any]]


class BoundError(ValueError):
    """Something would become too large or too deep."""


def check_size(value: Any) -> int:
    """The size of a value, shared parts counted each time they appear. Raises BoundError beyond the bounds."""
    total = 0
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        total += len(item) if isinstance(item, str) else 1
        if total > MAX_SIZE:
            raise BoundError("the result is larger than 1 MB")
        if depth > MAX_DEPTH:
            raise BoundError(f"the result is nested more than {MAX_DEPTH} deep")
        if isinstance(item, int) and item.bit_length() > MAX_BITS:
            raise BoundError("the number is too large")
        if isinstance(item, Mapping):
            waiting.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, (list, tuple)):
            _room(total + len(waiting), len(item))
            waiting.extend((part, depth + 1) for part in item)
    return total


def _room(used: int, more: int) -> None:
    if used + more > MAX_SIZE:
        raise BoundError("the result is larger than 1 MB")


def refuse_undefined(value: Any) -> None:
    """Raises UndefinedError for what was never defined."""
    if isinstance(value, Undefined):
        str(value)  # a StrictUndefined raises at any use


def plain(value: Any) -> Any:
    """What a filter gave as plain data: iterators and tuples become lists. Raises for what was never defined."""
    refuse_undefined(value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Iterable):
        items: list[Any] = []
        for item in value:
            items.append(plain(item))
            if len(items) > MAX_SIZE:
                raise BoundError("the result is larger than 1 MB")
        return items
    return value


def text_of(value: Any) -> str:
    """A scalar inside of a text: as YAML writes it. Raises TypeError for null, lists and mappings."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    what = {type(None): "null", list: "a list", tuple: "a list", dict: "a mapping"}.get(type(value), "this")
    raise TypeError(f"{what} cannot stand inside of a text")


@dataclass(frozen=True)
class TextMethod:
    """A method of a text that may be called."""

    name: str
    text: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it, within bounds."""
        return TEXT_METHODS[self.name](self.text, *args, **kwargs)


def _replace(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    if not (isinstance(text, str) and isinstance(old, str) and isinstance(new, str)):
        raise TypeError("replace works on texts")
    times = text.count(old) if count is None else min(count, text.count(old))
    _room(len(text), times * len(new))
    return text.replace(old, new, times)


def _join(items: Any, separator: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        raise TypeError("join takes no attribute: use map(attribute=...) before it")
    items = plain(items)
    if not isinstance(items, (list, Mapping)):
        raise TypeError("join works on lists")
    texts = [text_of(item) for item in items]
    _room(sum(map(len, texts)), len(texts) * len(separator))
    return separator.join(texts)


def _padded(method: Callable[..., str]) -> Callable[..., str]:
    def pad(text: Any, width: Any = 80, *fill: str) -> str:
        if not isinstance(width, int) or width > MAX_WIDTH:
            raise BoundError(f"a width is a number of at most {MAX_WIDTH:,}")
        return method(text_of(text), width, *fill)

    return pad


def _indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    size = len(width) if isinstance(width, str) else width
    if size > MAX_WIDTH:
        raise BoundError(f"a width is a number of at most {MAX_WIDTH:,}")
    _room(len(text), size * (text.count("\n") + 1))
    return filters.do_indent(text, width, first, blank)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > 15:
        raise BoundError("a precision is a number of at most 15")
    return filters.do_round(value, precision, method)


def _integer(value: Any, default: int = 0, base: int = 10) -> int:
    if isinstance(value, str) and len(value) > 400:
        raise BoundError("the number is too large")
    return filters.do_int(value, default, base)


def _float(value: Any, default: float = 0.0) -> float:
    return filters.do_float(value if not isinstance(value, str) else value[:400], default)


FILTERS: dict[str, Callable[..., Any]] = {
    **{
        name: filters.FILTERS[name]
        for name in (
            "abs", "capitalize", "count", "d", "default", "dictsort", "first", "items", "last", "length", "list",
            "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum",
            "title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
        )
    },
    "string": text_of,
    "center": _padded(str.center),
    "float": _float,
    "indent": _indent,
    "int": _integer,
    "join": _join,
    "replace": _replace,
    "round": _round,
}  # fmt: skip

TESTS: dict[str, Any] = {
    name: tests.TESTS[name]
    for name in (
        "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "greaterthan",
        "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd",
        "sequence", "string", "true", "undefined", "upper", "==", "!=", ">", ">=", "<", "<=",
    )
}  # fmt: skip

TEXT_METHODS: dict[str, Callable[..., Any]] = {
    "capitalize": str.capitalize,
    "count": str.count,
    "endswith": str.endswith,
    "find": str.find,
    "isalnum": str.isalnum,
    "isalpha": str.isalpha,
    "isdigit": str.isdigit,
    "islower": str.islower,
    "isupper": str.isupper,
    "lower": str.lower,
    "lstrip": str.lstrip,
    "partition": str.partition,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "rpartition": str.rpartition,
    "rsplit": str.rsplit,
    "rstrip": str.rstrip,
    "split": str.split,
    "splitlines": str.splitlines,
    "startswith": str.startswith,
    "strip": str.strip,
    "swapcase": str.swapcase,
    "title": str.title,
    "upper": str.upper,
    "center": _padded(str.center),
    "join": lambda separator, items: _join(items, separator),
    "ljust": _padded(str.ljust),
    "replace": _replace,
    "rjust": _padded(str.rjust),
    "zfill": _padded(str.zfill),
}


def operate(operator: str, left: Any, right: Any) -> Any:
    """`left operator right` for numbers; `+` also joins two texts or two lists, `*` also repeats them, within bounds."""
    if operator in "+*" and (_sized(left) or _sized(right)):
        return _combine(operator, left, right)
    if not (_numeric(left) and _numeric(right)):
        raise TypeError(f"`{operator}` does not work between {_kind(left)} and {_kind(right)}")
    _bound_number(operator, left, right)
    return _OPERATORS[operator](left, right)


def _combine(operator: str, left: Any, right: Any) -> Any:
    if operator == "+" and type(left) is type(right):
        _room(len(left), len(right))
        return left + right
    sized, times = (left, right) if _sized(left) else (right, left)
    if operator == "*" and type(times) is int:
        _room(0, len(sized) * max(0, times))
        return sized * times
    joiner = "; `~` joins texts" if operator == "+" else ""
    raise TypeError(f"`{operator}` does not work between {_kind(left)} and {_kind(right)}{joiner}")


def _bound_number(operator: str, left: float, right: float) -> None:
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > MAX_BITS:
            raise BoundError("the number is too large")
    elif (
        operator == "*"
        and isinstance(left, int)
        and isinstance(right, int)
        and left.bit_length() + right.bit_length() > MAX_BITS
    ):
        raise BoundError("the number is too large")
    if operator == "**" and left < 0 and not isinstance(right, int):
        raise TypeError("a negative number has no real power of this kind")


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
}


def _sized(value: Any) -> bool:
    return isinstance(value, (str, list))


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        type(None): "null",
    }
    return names.get(type(value), "a mapping" if isinstance(value, Mapping) else "this value")


class WorkError(BoundError):
    """All expressions together take too much work."""


class Meter:
    """Counts the work of evaluating, so that an endless expression ends at the same place on every machine."""

    def __init__(self, limit: int = 4_000_000) -> None:
        self._left = limit

    def charge(self, steps: int) -> None:
        """Note `steps` of work. Raises BoundError when there were too many."""
        self._left -= steps
        if self._left < 0:
            raise WorkError("the expressions take too much work")


class Sandbox(SandboxedEnvironment):
    """A Jinja2 environment in which only what is listed exists.

    `functions` are the global functions, `more` further filters; `meter` counts the calls of filters, those that `map` makes
    for each item too. Nothing is loaded from files and nothing is cached.
    """

    intercepted_binops = frozenset(_OPERATORS)

    def __init__(self, functions: Functions, *, more: Functions | None = None, meter: Meter | None = None) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0)
        self.filters = {**FILTERS, **(more or {})}
        self.tests = dict(TESTS)
        self.globals = dict(functions)
        self.meter = meter or Meter()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping, or a method of a text that is on the list."""
        if isinstance(obj, str) and attribute in TEXT_METHODS:
            return TextMethod(attribute, obj)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key of a mapping, or a position or a slice of a list or a text."""
        if isinstance(obj, Mapping) and isinstance(argument, (str, int)):
            key = argument if argument in obj else text_of(argument)
            return obj[key] if key in obj else self.undefined(obj=obj, name=text_of(key))
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, (int, slice)) and not isinstance(argument, bool):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(obj=obj, name=str(argument)[:50])
        return self.undefined(obj=obj, name=str(argument)[:50])

    def is_safe_callable(self, obj: Any) -> bool:
        """Only the functions handed in and the listed methods of texts are ever called."""
        return isinstance(obj, TextMethod) or any(obj is function for function in self.globals.values())

    def call_filter(self, name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a filter, counted."""
        self.meter.charge(4 + (len(value) if isinstance(value, list) else 0))
        return super().call_filter(name, value, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operation within bounds."""
        return operate(operator, left, right)
