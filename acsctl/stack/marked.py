"""YAML text -> nodes that know every character that they stand on: for who writes into the text. Pure.

Beside `tree`, which reads what a text means, this keeps what it looks like: styles, anchors, aliases, and `<<` as the key that
it is. The text has been read by `tree` before, so its size and depth are bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from acsctl.stack import scalars

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")

Style = Literal["plain", "single", "double", "literal", "folded"]
_STYLES: dict[str | None, Style] = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}


@dataclass(frozen=True)
class Scalar:
    """A scalar. `text` is what it says without quotes; `full` where a block scalar with its trailing lines ends."""

    start: int
    end: int
    text: str
    style: Style
    full: int
    anchor: str = ""

    @property
    def value(self) -> Any:
        """What it means."""
        return scalars.resolve(self.text) if self.style == "plain" else self.text


@dataclass(frozen=True)
class Alias:
    """`*name`, in the place of what is anchored."""

    start: int
    end: int
    name: str
    anchor: str = ""


@dataclass(frozen=True)
class Pair:
    """One key of a mapping, with its value."""

    key: Node
    value: Node

    @property
    def name(self) -> str:
        """The key's text, "<<" for a merge, empty for what is no text."""
        return self.key.text if isinstance(self.key, Scalar) else ""


@dataclass(frozen=True)
class Map:
    """A mapping, `flow` where it stands in braces. It ends where its last value does."""

    start: int
    end: int
    flow: bool
    pairs: tuple[Pair, ...]
    anchor: str = ""

    def pair(self, name: str) -> Pair | None:
        """The pair with a key that is written here, not one that comes by `<<`."""
        return next((pair for pair in self.pairs if pair.name == name), None)

    @property
    def merges(self) -> tuple[Pair, ...]:
        """What comes by `<<`."""
        return tuple(pair for pair in self.pairs if pair.name == "<<")


@dataclass(frozen=True)
class Seq:
    """A list, `flow` where it stands in brackets. It ends where its last item does."""

    start: int
    end: int
    flow: bool
    items: tuple[Node, ...]
    anchor: str = ""


Node = Scalar | Alias | Map | Seq


@dataclass
class Marked:
    """A text with its nodes. `aliases` tells which anchors are used, `solid` the stretches in which no comment can be."""

    text: str
    root: Node | None = None
    aliases: dict[str, int] = field(default_factory=dict[str, int])
    solid: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    @property
    def newline(self) -> str:
        """How lines end here."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_start(self, index: int) -> int:
        """Where the line begins in which `index` is."""
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Where the line ends in which `index` is, short of its newline."""
        end = self.text.find("\n", index)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def column(self, index: int) -> int:
        """The column of `index`, from 0."""
        return index - self.line_start(index)

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of `index`, from 1."""
        return self.text.count("\n", 0, index) + 1, self.column(index) + 1

    def comments(self, start: int, end: int) -> list[tuple[int, str]]:
        """The comments that begin in a stretch of the text, with where they do."""
        found = []
        at = start
        while match := _COMMENT.search(self.text, at, self.line_end(end)):
            if match.start() >= end:
                break
            inside = self._solid(match.start())
            if inside is None:
                found.append((match.start(), match.group().rstrip()))
            at = match.end() if inside is None else max(inside, match.start() + 1)
        return found

    def _solid(self, index: int) -> int | None:
        """Where the scalar ends in which `index` is, None where it is in none."""
        place = bisect_right(self.solid, (index, len(self.text)))
        if place and self.solid[place - 1][0] <= index < self.solid[place - 1][1]:
            return self.solid[place - 1][1]
        return None


def read(text: str) -> Marked:
    """The nodes of a text that is one YAML document. Raises yaml.YAMLError."""
    marked = Marked(text)
    events = iter(yaml.parse(text, Loader=_LOADER))
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            marked.root = _node(event, events, marked)
    return marked


def _node(event: Any, events: Iterator[Any], marked: Marked) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        name = str(event.anchor)
        marked.aliases.setdefault(name, start)
        marked.solid.append((start, end))
        return Alias(start, end, name)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, marked)
    anchor = event.anchor or ""
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, marked))
        return Seq(start, _end(event, inner, items), bool(event.flow_style), tuple(items), anchor)
    pairs: list[Pair] = []
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _node(inner, events, marked)
        pairs.append(Pair(key, _node(next(events), events, marked)))
    return Map(start, _end(event, inner, [pair.value for pair in pairs]), bool(event.flow_style), tuple(pairs), anchor)


def _end(start: Any, last: Any, inside: list[Node]) -> int:
    """In a block the mark of the end is where the next thing begins."""
    end: int = last.end_mark.index
    return end if start.flow_style or not inside else inside[-1].end


def _scalar(event: Any, marked: Marked) -> Scalar:
    start, end = event.start_mark.index, event.end_mark.index
    style = _STYLES[event.style]
    full = end
    if style in ("literal", "folded"):
        begin = marked.text.find("\n", start, end)
        end = start + len(marked.text[start:end].rstrip())
        if 0 <= begin < full:
            marked.solid.append((begin, full))
    elif end > start:
        marked.solid.append((start, end))
    return Scalar(start, end, event.value, style, full, event.anchor or "")
