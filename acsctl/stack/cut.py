"""Taking keys and items out of a YAML text, the comments beside them left in. Pure."""

from __future__ import annotations

from acsctl.stack import marked, spots
from acsctl.stack.marked import Map, Marked, Node, Scalar, Seq
from acsctl.stack.spots import Spot


def without(found: Marked, spot: Spot) -> str:
    """The text without the pair or the item at a spot. Raises SpliceError."""
    above = spot.above
    if above is None:
        raise spots.error(found, spot.node.start, "the whole file would go")
    inside = [(pair.key.start, pair.value) for pair in above.pairs] if isinstance(above, Map) else []
    inside = inside or [(item.start, item) for item in above.items] if isinstance(above, Seq) else inside
    place = above.pairs.index(spot.pair) if isinstance(above, Map) and spot.pair else spot.number
    if above.flow:
        return _out_of_flow(found, [(start, node.end) for start, node in inside], place)
    start = inside[place][0] if isinstance(above, Map) else spots.dash(found, above, place)
    if len(inside) == 1:
        return _emptied(found, above, start=start)
    if found.text[found.line_start(start) : start].strip():
        return _first_of_item(found, [entry for entry, _ in inside], place)
    return _lines_out(found, start, spot.node)


def _out_of_flow(found: Marked, spans: list[tuple[int, int]], place: int) -> str:
    last = place == len(spans) - 1
    start = spans[place - 1][1] if last and place else spans[place][0]
    end = spans[place][1] if last else spans[place + 1][0]
    if found.comments(start, end):
        raise spots.error(found, spans[place][0], "a comment beside it would be lost")
    return found.text[:start] + found.text[end:]


def _first_of_item(found: Marked, starts: list[int], place: int) -> str:
    """The first key of a mapping that begins behind a dash: the second one takes its place."""
    start = starts[place]
    if place or found.text[found.line_start(start) : start].strip("- ") or found.comments(start, starts[1]):
        raise spots.error(found, start, "it is not on a line of its own")
    return found.text[:start] + found.text[starts[1] :]


def _lines_out(found: Marked, start: int, node: Node) -> str:
    """The text without the lines from `start` to the end of a node, but for the comments on them."""
    text = found.text
    last = spots.last(node)
    end = last.full if isinstance(last, Scalar) and spots.is_block(last) else found.line_end(node.end)
    if text[end - 1 : end] != "\n":
        end = text.find("\n", end) + 1 or len(text)
    begin = found.line_start(start)
    indent = " " * found.column(start)
    kept = "".join(f"{indent}{comment}{found.newline}" for _, comment in found.comments(begin, end))
    return text[:begin] + kept + text[end:]


def _emptied(found: Marked, above: Map | Seq, *, start: int) -> str:
    """The last thing goes: what is left is written in braces or brackets behind the key."""
    owner = spots.owner(found, above)
    colon = spots.after_colon(found, owner)
    node = above.pairs[0].value if isinstance(above, Map) else above.items[0]
    rest = marked.read(_lines_out(found, start, node)) if found.line_start(start) > colon else None
    if rest is None:
        raise spots.error(found, start, "it is not on a line of its own")
    return f"{rest.text[:colon]} {'{}' if isinstance(above, Map) else '[]'}{rest.text[colon:]}"
