"""YAML text -> a tree of nodes that know where they stand.

The events of the parser are read one at a time and depth is counted on the way, so that nothing here or in the C library ever
recurses deeper than `MAX_DEPTH`. Aliases share the node that they name; what they unfold to is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from acsctl.stack import scalars
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.source import Source, Span

MAX_DEPTH = 64
TOO_DEEP, SHALLOWER = f"nested more than {MAX_DEPTH} deep", "no stack needs that; take levels out"
MAX_UNFOLDED = 100_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A scalar. `text` is its source text after unquoting; `value` what it means, or what its expression gave.

    `plain` is true without quotes; `computed` once `value` comes from an expression, which makes `text` meaningless.
    """

    span: Span
    text: str
    value: Any
    plain: bool = False
    computed: bool = False


@dataclass(frozen=True)
class Seq:
    """A list."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Entry:
    """One key of a mapping with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True)
class Map:
    """A mapping; keys are texts, `1:` and `true:` included."""

    span: Span
    entries: dict[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value under `key`; None where there is none or where it is null, which is the same as not written."""
        entry = self.entries.get(key)
        return None if entry is None or is_null(entry.value) else entry.value


Node = Scalar | Seq | Map


def is_null(node: Node) -> bool:
    """Whether the node is null."""
    return isinstance(node, Scalar) and node.value is None and (node.plain or node.computed)


def parse(source: Source, problems: Problems) -> Node | None:
    """The tree of the one document of `source`; None where it is empty.

    Raises Failed where the text is not YAML at all, or too deep or too big; its problem is noted then.
    """
    try:
        return _Builder(source, problems).document()
    except yaml.YAMLError as error:
        raise _syntax(source, problems=problems, error=error) from error


class _Builder:
    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._events: Iterator[Any] = yaml.parse(source.text, Loader=_LOADER)
        self._anchors: dict[str, tuple[Node | None, int]] = {}
        self._made = 0
        self._unfolded = 0
        self._tagged = False

    def document(self) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._problem(
                        event, "a second document begins here", hint="one file holds one document: take the `---` out"
                    )
            elif not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)):
                root = self._node(event, depth=1)
        if self._tagged:
            raise Failed("tags")
        return root

    def _span(self, event: Any) -> Span:
        return Span(self._source, event.start_mark.index, event.end_mark.index)

    def _problem(self, event: Any, message: str, *, hint: str = "") -> Failed:
        return self._problems.add(self._span(event), message, hint=hint)

    def _node(self, event: Any, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._problem(event, TOO_DEEP, hint=SHALLOWER)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._tagged = True
            self._problem(
                event,
                "tags are not part of the stack language",
                hint="take the word with `!` out; quote a text that begins with `!`",
            )
        before = self._made + self._unfolded
        self._made += 1
        if event.anchor:
            self._anchors[event.anchor] = (None, 0)
        node = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event, depth=depth)
        if event.anchor:
            self._anchors[event.anchor] = (node, self._made + self._unfolded - before)
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise self._problem(
                event,
                f"no anchor &{event.anchor} stands before this alias",
                hint=meant(event.anchor, self._anchors, kind="anchors so far:"),
            )
        node, size = self._anchors[event.anchor]
        if node is None:
            raise self._problem(event, f"*{event.anchor} contains itself", hint="an alias cannot stand inside its own anchor")
        self._unfolded += size
        if self._unfolded > MAX_UNFOLDED:
            raise self._problem(
                event, f"aliases unfold to more than {MAX_UNFOLDED:,} values", hint="use fewer aliases of aliases"
            )
        return node

    def _scalar(self, event: Any) -> Scalar:
        plain = event.implicit[0]
        return Scalar(self._span(event), event.value, scalars.resolve(event.value) if plain else event.value, plain)

    def _collection(self, start: Any, *, depth: int) -> Node:
        if isinstance(start, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(event, depth=depth + 1))
            return Seq(self._until(start, event), tuple(items))
        entries: dict[str, Entry] = {}
        merged: list[Map] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth=depth + 1)
            value = self._node(next(self._events), depth=depth + 1)
            if key.plain and key.text == "<<":
                merged.extend(self._merged(value))
            elif key.text in entries:
                first = entries[key.text].key.span.place.line
                self._problems.add(
                    key.span,
                    f"the key {key.text!r} stands here twice",
                    hint=f"the first is in line {first}; take one of them out",
                )
            else:
                entries[key.text] = Entry(key, value)
        for mapping in merged:
            entries = {**mapping.entries, **entries}
        return Map(self._until(start, event), entries)

    def _until(self, start: Any, end: Any) -> Span:
        return Span(self._source, start.start_mark.index, max(start.end_mark.index, end.start_mark.index))

    def _key(self, event: Any, *, depth: int) -> Scalar:
        node = self._node(event, depth=depth)
        if isinstance(node, Scalar):
            return node
        if self._source.text.startswith("{{", event.start_mark.index - 1) or self._source.text.startswith(
            "{{", event.start_mark.index
        ):
            raise self._problem(event, "an expression needs quotes", hint='write "{{ ... }}"')
        raise self._problem(event, "a key is a text", hint="lists and mappings cannot be keys")

    def _merged(self, node: Node) -> list[Map]:
        rows = node.items if isinstance(node, Seq) else (node,)
        maps = [row for row in rows if isinstance(row, Map)]
        if len(maps) < len(rows):
            self._problems.add(node.span, "`<<` takes a mapping or a list of mappings", hint="write `<<: *anchor`")
        return maps


def _syntax(source: Source, *, problems: Problems, error: yaml.YAMLError) -> Failed:
    if isinstance(error, yaml.reader.ReaderError):
        character = error.character if isinstance(error.character, str) else chr(error.character)
        at = source.text.find(character)
        return problems.add(
            _span_at(source, at),
            f"the character {character!r} is not allowed in YAML",
            hint="take it out, or write it as an escape in double quotes",
        )
    mark = getattr(error, "problem_mark", None)
    span = _span_at(source, mark.index if mark else 0)
    line = source.line(span.place.line)
    indent = line[: len(line) - len(line.lstrip())]
    words = str(getattr(error, "problem", "") or error)
    if "\t" in indent or source.text[span.start : span.start + 1] == "\t":
        return problems.add(span, "a tab stands where YAML wants spaces", hint="indent with spaces")
    if "{{" in line:
        return problems.add(span, f"this is not YAML: {words}", hint='an expression needs quotes: "{{ ... }}"')
    if "nesting depth" in words:  # the scanner has a limit of its own, and looks ahead of what is counted here
        return problems.add(span, TOO_DEEP, hint=SHALLOWER)
    return problems.add(span, f"this is not YAML: {words}", hint=_HINTS.get(words, ""))


def _span_at(source: Source, index: int) -> Span:
    at = max(0, min(index, len(source.text) - 1))
    return Span(source, at, at + 1)


_HINTS = {
    "mapping values are not allowed in this context": "quote a text that has ': ' in it, or indent the line as its neighbours",
    "did not find expected key": "indent the line as its neighbours",
    "did not find expected '-' indicator": "indent the line as its neighbours, or begin it with `-`",
    "found unexpected end of stream": "close the quote",
    "did not find expected node content": "close the bracket",
    "found character that cannot start any token": "quote a text that begins with this character",
}
