"""The way to a node of a YAML text by keys and numbers, refusing what other places share. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from acsctl.stack import marked
from acsctl.stack.marked import Alias, Map, Marked, Node, Pair, Scalar, Seq

Path = tuple[str | int, ...]


class SpliceError(ValueError):
    """Something that cannot be written there; the message says why, `line` and `column`, from 1, where."""

    def __init__(self, message: str, *, place: tuple[int, int]) -> None:
        super().__init__(message)
        self.line, self.column = place


@dataclass(frozen=True)
class Spot:
    """A node on the way to a path, and what it stands in: the pair of a mapping, or its number in a list."""

    node: Node
    above: Map | Seq | None = None
    pair: Pair | None = None
    number: int = 0
    flow: bool = False
    column: int = 0


def read(text: str) -> Marked:
    """The nodes of a text, which is given a last line's end. Raises SpliceError."""
    try:
        found = marked.read(text)
        if text.endswith("\n") or (found.root and is_block(last(found.root))):
            return found
        return marked.read(text + found.newline)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SpliceError("this is not YAML", place=(mark.line + 1, mark.column + 1) if mark else (1, 1)) from error


def error(found: Marked, index: int, message: str) -> SpliceError:
    """What cannot be done at an index of the text."""
    return SpliceError(message, place=found.place(index))


def way(found: Marked, path: Path) -> list[Spot]:
    """The spots from the root towards `path`, as far as there are any."""
    if found.root is None:
        raise error(found, 0, "the file is empty")
    spots = [_checked(found, Spot(found.root))]
    for step in path:
        spot = _step(found, spots[-1], step)
        if spot is None:
            break
        spots.append(_checked(found, spot))
    return spots


def _step(found: Marked, spot: Spot, step: str | int) -> Spot | None:
    node = spot.node
    if isinstance(node, Map) and isinstance(step, str):
        pair = node.pair(step)
        if pair is None:
            if node.merges and _merged(found, node, step):
                raise error(found, node.merges[0].key.start, f"{step!r} comes from elsewhere by `<<`")
            return None
        return Spot(pair.value, node, pair, flow=node.flow, column=found.column(pair.key.start))
    if isinstance(node, Seq) and isinstance(step, int):
        if not 0 <= step < len(node.items):
            return None
        item = node.items[step]
        return Spot(item, node, number=step, flow=node.flow, column=found.column(dash(found, node, step)))
    raise error(found, node.start, "a mapping is wanted here" if isinstance(step, str) else "a list is wanted here")


def _merged(found: Marked, node: Map, name: str) -> bool:
    """Whether a merge may bring the key. What is anchored is looked up by its name."""
    anchored = {item.anchor: item for item in nodes(found.root) if item.anchor}
    sources = [item for pair in node.merges for item in (pair.value.items if isinstance(pair.value, Seq) else (pair.value,))]
    for source in sources:
        base = anchored.get(source.name) if isinstance(source, Alias) else source
        if isinstance(base, Map) and (base.pair(name) or (base.merges and _merged(found, base, name))):
            return True
    return False


def nodes(node: Node | None) -> list[Node]:
    """A node and all that is in it, in the order of the text."""
    if isinstance(node, Map):
        return [node, *(inner for pair in node.pairs for inner in (*nodes(pair.key), *nodes(pair.value)))]
    if isinstance(node, Seq):
        return [node, *(inner for item in node.items for inner in nodes(item))]
    return [node] if node else []


def _checked(found: Marked, spot: Spot) -> Spot:
    """Refuse what stands for several places."""
    node = spot.node
    if isinstance(node, Alias):
        raise error(found, node.start, f"it is what &{node.name} says, which other places may use too")
    if node.anchor and node.anchor in found.aliases:
        line = found.place(found.aliases[node.anchor])[0]
        raise error(found, node.start, f"it is anchored as &{node.anchor}, and line {line} uses it too")
    return spot


def after_colon(found: Marked, spot: Spot) -> int:
    """Where the value of a pair, or of an item, may begin: behind the colon or the dash."""
    if spot.pair is None:
        if not isinstance(spot.above, Seq):
            raise error(found, spot.node.start, "the whole file would be replaced")
        return dash(found, spot.above, spot.number) + 1
    colon = found.text.find(":", spot.pair.key.end)
    if colon < 0 or found.text[spot.pair.key.end : colon].strip():
        raise error(found, spot.node.start, "something stands between the key and its value")
    return colon + 1


def dash(found: Marked, node: Seq, number: int) -> int:
    """Where the dash of an item of a block stands; of a list in brackets the item itself."""
    start = node.items[number].start
    if node.flow:
        return start
    after = node.items[number - 1].end if number else 0
    dash = found.text.rfind("-", after, start)
    while dash > 0 and found.comments(found.line_start(dash), dash + 1):
        dash = found.text.rfind("-", after, found.line_start(dash))
    if dash < 0:
        raise error(found, start, "the dash of the item is not found")
    return dash


def is_block(node: Node) -> bool:
    """Whether it is a text in lines of its own, below `|` or `>`."""
    return isinstance(node, Scalar) and node.style in ("literal", "folded")


def last(node: Node) -> Node:
    """The last scalar, alias or bracket in a node."""
    while isinstance(node, (Map, Seq)) and not node.flow and (node.pairs if isinstance(node, Map) else node.items):
        node = node.pairs[-1].value if isinstance(node, Map) else node.items[-1]
    return node


def owner(found: Marked, wanted: Node) -> Spot:
    """The spot of a node that stands under a key or a dash."""
    for node in nodes(found.root):
        if isinstance(node, Map):
            for pair in node.pairs:
                if pair.value is wanted:
                    return Spot(wanted, node, pair)
        elif isinstance(node, Seq):
            for number, item in enumerate(node.items):
                if item is wanted:
                    return Spot(wanted, node, number=number)
    raise error(found, wanted.start, "the whole file would be replaced")
