"""YAML text of manifests -> values that know their line: several documents, read as Kubernetes' own tools read them.

That is YAML 1.1 in part: `yes`, `no`, `on`, `off` are booleans and `0644` is octal, but `10:20` is text and so is a date. Depth
and size are counted on the way, so that nothing recurses deeper than `MAX_DEPTH`. What a scalar means that a template wrote
into is for `mark` to say (see opaque).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from acsctl.model.unknown import UNKNOWN, Unknown

MAX_DEPTH = 64
MAX_VALUES = 200_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

Mark = Callable[[str, bool], Any]
"""What a scalar means that a template wrote into: (text, plain) -> value."""


class DocumentError(ValueError):
    """The text is no YAML that a manifest may be. `line` counts from 1, 0 where it is not known."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


Spot = tuple[int, int]
"""Line and column, which count from 1."""


@dataclass(frozen=True)
class Document:
    """One document, or a part of it: its data, where it begins, and where its values stand by dotted path.

    `root` is the path of a part: an item of a List.
    """

    value: Any
    line: int
    spots: dict[str, Spot] = field(default_factory=dict[str, Spot])
    root: str = ""

    def at(self, path: str) -> int:
        """The line of the value at a path, or of the nearest one above it."""
        return self.spot(path)[0]

    def spot(self, path: str) -> Spot:
        """Where a key and its value stand, or the nearest one above it."""
        path = f"{self.root}.{path}".strip(".")
        while path and path not in self.spots:
            path = path.rpartition(".")[0]
        return self.spots.get(path, (self.line, 1)) if path else (self.line, 1)

    def part(self, path: str, value: Any) -> Document:
        """A value inside of it as a document of its own."""
        return Document(value, self.at(path), self.spots, path) if path else self


def read(text: str, *, mark: Mark | None = None) -> list[Document]:
    """Every document of `text` that is not empty. Raises DocumentError."""
    try:
        return list(_Reader(text, mark).documents())
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        raise DocumentError(f"this is not YAML: {error.problem}", line=where.line + 1 if where else 0) from error
    except yaml.YAMLError as error:
        raise DocumentError(f"this is not YAML: {str(error).splitlines()[0]}") from error


class _Reader:
    def __init__(self, text: str, mark: Mark | None) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._mark = mark
        self._anchors: dict[str, Any] = {}
        self._spots: dict[str, Spot] = {}
        self._made = 0

    def documents(self) -> Iterator[Document]:
        line = 1
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors, self._spots = {}, {}
            elif not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)):
                line = event.start_mark.line + 1
                value = self._value(event, path="", depth=1)
                if value is not None:
                    yield Document(value, line, self._spots)

    def _value(self, event: Any, *, path: str, depth: int) -> Any:
        line = event.start_mark.line + 1
        self._made += 1
        if depth > MAX_DEPTH or self._made > MAX_VALUES:
            what = f"nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else "too large"
            raise DocumentError(f"the manifest is {what}", line=line)
        self._spots[path] = (line, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise DocumentError(f"there is no anchor &{event.anchor} before this", line=line)
            value, size = self._anchors[event.anchor]
            self._made += size
            return value
        before = self._made
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise DocumentError(f"the tag {tag} is not taken here", line=line)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(path=path, depth=depth)
        else:
            value = self._mapping(path=path, depth=depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._made - before)
        return value

    def _scalar(self, event: Any) -> Any:
        plain = bool(event.implicit[0]) and event.tag is None
        if self._mark is not None:
            return self._mark(event.value, plain)
        return meaning(event.value) if plain else event.value

    def _list(self, *, path: str, depth: int) -> list[Any]:
        found: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._value(event, path=f"{path}.{len(found)}", depth=depth + 1))
        return found

    def _mapping(self, *, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if not isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
                raise DocumentError("a key is a text", line=line)
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self._key(self._value(event, path=f"{path}.", depth=depth + 1), line=line)
            below = f"{path}.{key}".lstrip(".")
            value = self._value(next(self._events), path=below, depth=depth + 1)
            self._spots[below] = (line, column)
            if merge:
                merged = {**_merged(value, line=line), **merged}
            elif key in found:
                raise DocumentError(f"the key {key!r} stands here twice", line=line)
            else:
                found[key] = value
        return {**merged, **found}

    def _key(self, value: Any, *, line: int) -> str:
        if value is UNKNOWN:
            raise Unknown("a key is known after apply")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value)
        raise DocumentError("a key is a text that is known and not secret", line=line)


def _merged(value: Any, *, line: int) -> dict[str, Any]:
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise DocumentError("`<<` takes mappings", line=line)
    return {key: item for row in reversed(rows) for key, item in row.items()}


def meaning(text: str) -> Any:
    """What a plain scalar means."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return _integer(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        value = float(text.replace("_", ""))
        return value if math.isfinite(value) else text
    if _ENDLESS.fullmatch(text):
        raise DocumentError(f"{text} is no number that JSON has")
    return text


def _integer(text: str) -> Any:
    digits = text.lstrip("+-")
    sign = -1 if text.startswith("-") else 1
    octal = len(digits) > 1 and digits.startswith("0") and digits.isdecimal()
    if octal and set(digits) & set("89"):
        return float(text)
    return sign * (int(digits, 8) if octal else int(digits, 0))
