"""Templates of workloads: text with Jinja2 and values -> the objects of a manifest.

Loops, tests, `set` and macros work, in the sandbox of acsctl.sandbox, with the work of loops and calls counted. What is not
known yet renders as opaque text and is `UNKNOWN` in the objects; a template that tests it gives a list of objects that is
unknown.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

import yaml
from jinja2 import Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.runtime import LoopContext, Macro, Undefined

from acsctl.kube.documents import Document
from acsctl.kube.manifest import ManifestError, objects
from acsctl.kube.opaque import Hidden, Marks, Opaque, is_hidden, is_opaque, opened
from acsctl.model.unknown import UNKNOWN, NotKnown, Unknown
from acsctl.sandbox import MAX_SIZE, BoundError, Meter, Sandbox, refuse_undefined, text_of

FILE = "<template>"
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)
_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, TemplateError, RecursionError, AttributeError)
_DEEP = frozenset({"to_json", "to_yaml", "join", "string"})
"""What makes text of values keeps the marks of those that are not known or secret."""

_LOOP: Mapping[str, Callable[[Any], Any]] = {
    "index": lambda loop: loop.index,
    "index0": lambda loop: loop.index0,
    "first": lambda loop: loop.first,
    "last": lambda loop: loop.last,
    "length": lambda loop: loop.length,
    "revindex": lambda loop: loop.revindex,
    "revindex0": lambda loop: loop.revindex0,
}


Rendered = list[tuple[dict[str, Any], Document]]
"""Objects with their documents, whose lines are those of the rendered text."""


def template(text: str, values: Mapping[str, Any]) -> Rendered | NotKnown:
    """The objects that a template makes of `values`; `UNKNOWN` where that is known after apply. Raises ManifestError.

    `values` may hold what is not known and what is secret. An error of what was rendered has the line of the rendered text in
    its words, since the template has no such line.
    """
    marks = Marks()
    try:
        rendered = _render(text, values, marks)
    except Unknown:
        return UNKNOWN
    try:
        return list(objects(rendered, mark=marks.read))
    except Unknown:
        return UNKNOWN
    except ManifestError as error:
        if not error.line:
            raise
        where = _excerpt(rendered, error.line)
        raise ManifestError(f"what the template renders is wrong: {error}", hint=error.hint or where) from error


def names(text: str) -> frozenset[str]:
    """What a template reads of its values, `values` itself included; empty where the template cannot be read."""
    try:
        return _compiled(text).names
    except (TemplateError, ManifestError):
        return frozenset()


def _excerpt(rendered: str, number: int) -> str:
    lines = rendered.splitlines()
    line = lines[number - 1].strip() if number <= len(lines) else ""
    return f"line {number} of what it renders: {line[:80]}" if "\ue000" not in line else f"line {number} of what it renders"


def _render(text: str, values: Mapping[str, Any], marks: Marks) -> str:
    engine = _Engine(marks)
    try:
        made = Template.from_code(engine, _compiled(text).code, engine.make_globals(None))
        pieces: list[str] = []
        size = 0
        for piece in made.generate({key: marks.wrap(value) for key, value in values.items()}):
            size += len(piece)
            if size > MAX_SIZE:
                raise BoundError("what the template renders is larger than 1 MB")
            pieces.append(piece)
        return "".join(pieces)
    except TemplateSyntaxError as error:
        raise ManifestError(f"the template cannot be read: {error.message}", line=error.lineno) from error
    except (Unknown, ManifestError):
        raise
    except _ERRORS as error:
        words = str(error).split("\n")[0][:200] or type(error).__name__
        raise ManifestError(f"the template fails: {words}", line=_line_of(error)) from error


@dataclass(frozen=True)
class _Compiled:
    """A template read once: its code fits every engine, since nothing of one goes into it. `names`: what it reads."""

    code: CodeType
    names: frozenset[str]


@lru_cache(maxsize=64)
def _compiled(text: str) -> _Compiled:
    """Raises TemplateError, ManifestError."""
    engine = _Engine(Marks())
    tree = engine.parse(text, filename=FILE)
    refused = next(tree.find_all(_REFUSED), None)
    if refused is not None:
        word = type(refused).__name__.lower()
        raise ManifestError(f"a template has no {word}", hint="it is one file by itself", line=refused.lineno)
    found = frozenset(meta.find_undeclared_variables(tree) - set(engine.globals))
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, "_each", [], [], None, None, lineno=loop.lineno)
    return _Compiled(engine.compile(tree), found)


def _line_of(error: BaseException) -> int:
    """The line of the template that failed; Jinja2 puts it into the traceback."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class _Engine(Sandbox):
    """The sandbox with what templates have more than expressions: loops, macros, and values that are only handed on."""

    def __init__(self, marks: Marks) -> None:
        tools = _tools()
        super().__init__(tools, more={**tools, "join": _join, "string": _shown}, meter=Meter())
        self.filters = {
            name: function if name in _DEEP else self._guarded(name, function) for name, function in self.filters.items()
        }
        self.filters["_each"] = self._each
        tests: Any = self.tests
        self.tests = {name: self._guarded_test(name, function) for name, function in tests.items()}
        self.finalize = _shown
        self.trim_blocks = True
        self.lstrip_blocks = True
        self._marks = marks

    def _each(self, items: Any) -> Iterator[Any]:
        refuse_undefined(items)
        for item in items:
            self.meter.charge(20)
            yield item

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The filter, counted; what is not known stays so, and what is made of a secret is secret."""
        skip = 1 if hasattr(function, "jinja_pass_arg") else 0

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            given = args[skip:]
            self.meter.charge(4 + (len(given[0]) if isinstance(given[0], list) else 0))
            if name in ("default", "d") and isinstance(given[0], (Opaque, Hidden)):
                return given[0]
            if is_opaque(*given, *kwargs.values()):
                return self._marks.unknown()
            result = function(*args[:skip], *map(opened, given), **{key: opened(value) for key, value in kwargs.items()})
            return self._marks.hidden(result) if is_hidden(*given, *kwargs.values()) else result

        return run

    def _guarded_test(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        skip = 1 if hasattr(function, "jinja_pass_arg") else 0

        @functools.wraps(function)
        def run(*args: Any) -> Any:
            if name in ("defined", "undefined"):
                return function(*args)
            if is_opaque(*args[skip:]):
                raise Unknown(f"the template tests whether what is known after apply is {name}")
            return function(*args[:skip], *map(opened, args[skip:]))

        return run

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping, a method of a text, or what a loop tells of itself."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return _LOOP[attribute](obj)
        return self._inside(obj, attribute, super().getattr)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key of a mapping, or a position or a slice of a list or a text."""
        return self._inside(obj, argument, super().getitem)

    def _inside(self, obj: Any, key: Any, get: Callable[[Any, Any], Any]) -> Any:
        if is_opaque(obj, key):
            return self._marks.unknown()
        if is_hidden(obj, key):
            found = get(opened(obj), opened(key))
            return found if isinstance(found, Undefined) else self._marks.hidden(found)
        return get(obj, key)

    def is_safe_callable(self, obj: Any) -> bool:
        """What the sandbox allows, and macros of the template."""
        return isinstance(obj, Macro) or super().is_safe_callable(obj)

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call, counted. What is not known makes what comes of it unknown, what is secret makes it secret."""
        self.meter.charge(50)
        refuse_undefined(obj)
        if isinstance(obj, Macro):
            return super().call(context, obj, *args, **kwargs)
        if any(obj is function for name, function in self.globals.items() if name in _DEEP):
            return super().call(context, obj, *args, **kwargs)
        if is_opaque(obj, *args, *kwargs.values()):
            return self._marks.unknown()
        named = {key: opened(value) for key, value in kwargs.items()}
        result = super().call(context, opened(obj), *map(opened, args), **named)
        return self._marks.hidden(result) if is_hidden(obj, *args, *kwargs.values()) else result

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operation within bounds."""
        if is_opaque(left, right):
            return self._marks.unknown()
        result = super().call_binop(context, operator, opened(left), opened(right))
        return self._marks.hidden(result) if is_hidden(left, right) else result


def _shown(value: Any) -> str:
    """A value inside of the text."""
    refuse_undefined(value)
    return str(value) if isinstance(value, (Opaque, Hidden)) else text_of(value)


def _join(items: Any, separator: str = "") -> str:
    if not isinstance(items, (list, tuple)):
        raise TypeError("join works on lists")
    return separator.join(_shown(item) for item in items)


def _data(value: Any) -> Any:
    """The value as plain data; marks stand for what is not known or secret."""
    refuse_undefined(value)
    if isinstance(value, Hidden) and isinstance(value.value, (Mapping, list)):
        return _data(value.parts())
    if isinstance(value, (Opaque, Hidden)):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _data(item) for key, item in value.items()}
    return [_data(item) for item in value] if isinstance(value, (list, tuple)) else value


def _to_json(value: Any) -> str:
    return json.dumps(_data(value), ensure_ascii=False)


def _to_yaml(value: Any) -> str:
    return str(yaml.safe_dump(_data(value), allow_unicode=True, sort_keys=False, width=MAX_SIZE))


def _tools() -> dict[str, Callable[..., Any]]:
    """The functions of a template, which are filters too."""
    return {
        "to_json": _to_json,
        "to_yaml": _to_yaml,
        "b64encode": lambda text: base64.b64encode(text_of(text).encode()).decode(),
        "b64decode": lambda text: base64.b64decode(text_of(text), validate=True).decode(),
        "sha256": lambda text: hashlib.sha256(text_of(text).encode()).hexdigest(),
    }
