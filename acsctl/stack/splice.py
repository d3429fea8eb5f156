"""Changing single values in a YAML text: what stands around them, and every comment, stays as it is. Text in, text out; pure.

A path names keys of mappings and, by number, items of lists. What other places share (anchors, aliases, `<<`) is never
touched: SpliceError says where it is and why.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.stack import cut, literal, spots
from acsctl.stack.literal import Manner, NoLiteralError
from acsctl.stack.marked import Alias, Map, Marked, Node, Scalar, Seq
from acsctl.stack.spots import Path, SpliceError, Spot


def put(text: str, path: Path, value: Any) -> str:
    """`text` with `value` at `path`. A list or a mapping there keeps what stays of it; keys that are missing are added.

    Raises SpliceError where it cannot be done without changing something else, or losing a comment.
    """
    found = spots.read(text)
    steps = spots.way(found, path)
    if len(steps) > len(path):
        return _over(found, steps[-1], path=path, value=value)
    for name in reversed(path[len(steps) :]):
        value = {name: value}
    return _add(found, steps[-1], key=path[len(steps) - 1], value=value)


def drop(text: str, path: Path) -> str:
    """`text` without the key or the item at `path`. The comments beside it stay. Raises SpliceError."""
    found = spots.read(text)
    steps = spots.way(found, path)
    if len(steps) <= len(path):
        raise spots.error(found, steps[-1].node.start, f"there is no {path[len(steps) - 1]!r} here")
    return cut.without(found, steps[-1])


def insert(text: str, path: Path, value: Any) -> str:
    """`text` with a new item before the one at `path`, or at the list's end. Raises SpliceError."""
    found = spots.read(text)
    steps = spots.way(found, path[:-1])
    number = path[-1]
    if len(steps) < len(path) or not isinstance(steps[-1].node, Seq) or not isinstance(number, int):
        raise spots.error(found, steps[-1].node.start, "there is no list here")
    return _add(found, steps[-1], key=number, value=value)


def at(text: str, path: Path) -> Node | None:
    """The node at `path`, None where there is none. Raises SpliceError where the way leads through what is shared."""
    steps = spots.way(spots.read(text), path)
    return steps[-1].node if len(steps) > len(path) else None


def _over(found: Marked, spot: Spot, *, path: Path, value: Any) -> str:
    node = spot.node
    if isinstance(node, Map) and isinstance(value, Mapping):
        return _keys(found.text, node, path=path, value=value)
    if isinstance(node, Seq) and isinstance(value, (list, tuple)):
        return _items(found.text, node, path=path, value=value)
    if isinstance(node, Scalar) and not isinstance(value, (Mapping, list, tuple)) and _same(node.value, value):
        return found.text
    if isinstance(node, (Map, Seq)) and found.comments(node.start, node.end):
        raise spots.error(found, node.start, "the comments in it would be lost")
    return _replaced(found, spot, value)


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)


def _keys(text: str, node: Map, *, path: Path, value: Mapping[str, Any]) -> str:
    """Key by key: those that go, those that differ, those that come."""
    for pair in node.pairs:
        if pair.name not in value and pair.name != "<<":
            text = drop(text, (*path, pair.name))
    for key, item in value.items():
        text = put(text, (*path, key), item)
    return text


def _items(text: str, node: Seq, *, path: Path, value: Sequence[Any]) -> str:
    """Item by item, from the last to the first, so that the numbers of those before still hold."""
    old = [json.dumps(data(item), default=repr, sort_keys=True) for item in node.items]
    new = [json.dumps(item, default=repr, sort_keys=True) for item in value]
    for word, a, b, c, d in reversed(difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()):
        shared = min(b - a, d - c) if word == "replace" else 0
        if word == "equal":
            continue
        for place in range(d - 1, c + shared - 1, -1):
            text = insert(text, (*path, a + shared if b == a + shared else b), value[place])
        for number in range(b - 1, a + shared - 1, -1):
            text = drop(text, (*path, number))
        for offset in range(shared):
            text = put(text, (*path, a + offset), value[c + offset])
    return text


def data(node: Node) -> Any:
    """What a node means; an alias is its name."""
    if isinstance(node, Map):
        return {pair.name: data(pair.value) for pair in node.pairs}
    if isinstance(node, Seq):
        return [data(item) for item in node.items]
    return f"*{node.name}" if isinstance(node, Alias) else node.value


def _replaced(found: Marked, spot: Spot, value: Any) -> str:
    """Another value in the place of a node."""
    node, text = spot.node, found.text
    rest = text[node.end : found.line_end(node.end)].strip()
    nested = isinstance(value, (Mapping, list, tuple))
    manner = _manner(found, spot, flow=spot.flow or bool(rest) or nested)
    if node.anchor:
        raise spots.error(found, node.start, f"it is anchored as &{node.anchor}")
    if isinstance(node, Scalar):
        manner = replace(manner, style=node.style)
    written = _written(found, node, value=value, manner=manner)
    start = node.start
    if isinstance(node, (Map, Seq)) and not node.flow:
        start = spots.after_colon(found, spot)
        if text[start : node.start].strip():
            raise spots.error(found, node.start, "a comment stands between the key and its value")
        written = f" {written}"
    elif start and text[start - 1] in ":-" and not text[start : node.end]:
        written = f" {written}"
    header = [comment for _, comment in found.comments(node.start, node.end)]
    if header and isinstance(node, Scalar):
        written = f"{written} {header[0]}" if "\n" not in written else written.replace("\n", f" {header[0]}\n", 1)
    return text[:start] + written + text[node.end :]


def _written(found: Marked, node: Node, *, value: Any, manner: Manner) -> str:
    try:
        return literal.flow(value) if isinstance(value, (Mapping, list, tuple)) else literal.scalar(value, manner)
    except NoLiteralError as error:
        raise spots.error(found, node.start, str(error)) from error


def _manner(found: Marked, spot: Spot, *, flow: bool) -> Manner:
    compact = any(isinstance(item, (Map, Seq)) and item.flow for item in _siblings(spot))
    return Manner(spot.column, _step_of(found), found.newline, flow=flow, compact=compact)


def _siblings(spot: Spot) -> list[Node]:
    """What tells how lists and mappings are written here: what stands beside and inside."""
    beside = [pair.value for pair in spot.above.pairs] if isinstance(spot.above, Map) else []
    inside = list(spot.node.items) if isinstance(spot.node, Seq) else []
    inside += [pair.value for pair in spot.node.pairs] if isinstance(spot.node, Map) else []
    return inside or beside


def _step_of(found: Marked) -> int:
    """By how much the file indents: as its first nested mapping does."""
    root = found.root
    for pair in root.pairs if isinstance(root, Map) else ():
        if isinstance(pair.value, Map) and not pair.value.flow and pair.value.pairs:
            return found.column(pair.value.start) or 2
    return 2


def _add(found: Marked, spot: Spot, *, key: str | int, value: Any) -> str:
    """A new pair or item in a mapping or a list."""
    node = spot.node
    try:
        if isinstance(node, Seq) and isinstance(key, int):
            return _add_item(found, spot, node=node, number=key, value=value)
        if isinstance(node, Map) and isinstance(key, str):
            return _add_pair(found, spot, node=node, key=key, value=value)
        if isinstance(node, Scalar) and node.value is None and isinstance(key, str):
            return _replaced(found, spot, {key: value})
    except NoLiteralError as error:
        raise spots.error(found, node.start, str(error)) from error
    raise spots.error(found, node.start, "a mapping is wanted here" if isinstance(key, str) else "a list is wanted here")


def _add_pair(found: Marked, spot: Spot, *, node: Map, key: str, value: Any) -> str:
    text = found.text
    if node.flow:
        return _into_flow(text, node, [pair.value.end for pair in node.pairs], f"{literal.flow({key: value})[1:-1]}")
    first, last = node.pairs[0], node.pairs[-1]
    column = found.column(first.key.start)
    if text[found.line_start(first.key.start) : first.key.start].strip("- "):
        raise spots.error(found, first.key.start, "this is no plain block of keys")
    manner = replace(_manner(found, Spot(node), flow=False), column=column)
    return _line_after(found, last.value, f"{' ' * column}{literal.pair(key, value, manner)}")


def _add_item(found: Marked, spot: Spot, *, node: Seq, number: int, value: Any) -> str:
    text = found.text
    if node.flow:
        if number < len(node.items):
            start = node.items[number].start
            return f"{text[:start]}{literal.flow(value)}, {text[start:]}"
        return _into_flow(text, node, [item.end for item in node.items], literal.flow(value))
    if not node.items:
        raise spots.error(found, node.start, "there is no item to write beside")
    place = min(number, len(node.items) - 1)
    dash = spots.dash(found, node, place)
    if text[found.line_start(dash) : dash].strip():
        raise spots.error(found, dash, "the item is not on a line of its own")
    manner = replace(_manner(found, spot, flow=False), column=found.column(dash))
    line = f"{' ' * manner.column}{literal.row(value, manner)}"
    if number < len(node.items):
        start = found.line_start(dash)
        return f"{text[:start]}{line}{found.newline}{text[start:]}"
    return _line_after(found, node.items[-1], line)


def _into_flow(text: str, node: Map | Seq, ends: list[int], written: str) -> str:
    """At the end of what stands in brackets or braces."""
    if not ends:
        return f"{text[: node.start + 1]}{written}{text[node.end - 1 :]}"
    return f"{text[: ends[-1]]}, {written}{text[ends[-1] :]}"


def _line_after(found: Marked, node: Node, line: str) -> str:
    """A line below a node and the comment beside it; below the blank lines too that belong to its text."""
    text = found.text
    last = spots.last(node)
    if isinstance(last, Scalar) and spots.is_block(last):
        if not text[: last.full].endswith("\n"):
            raise spots.error(found, last.start, "the text ends without a line's end")
        if "+" in text[last.start : last.start + 3]:
            return f"{text[: last.full]}{line}{found.newline}{text[last.full :]}"
    end = found.line_end(node.end)
    return f"{text[:end]}{found.newline}{line}{text[end:]}"


__all__ = ["Path", "SpliceError", "at", "data", "drop", "insert", "put"]
