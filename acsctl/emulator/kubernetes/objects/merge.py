"""The merge of an applied configuration into the live object, list orders as structured-merge-diff keeps them."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import ANY, Schema
from acsctl.emulator.kubernetes.objects.typed import ABSENT, atom, child, element, is_atomic


def merged(left: Any, right: Any, *, schema: Schema) -> Any:
    """The left object with all that the right one says. Either may be ABSENT."""
    chosen = left if right is ABSENT else right
    kind = atom(schema, value=chosen)
    container = Mapping if kind == "map" else list
    inside: list[Any] = [one if isinstance(one, container) else None for one in (left, right)]
    if kind == "scalar" or is_atomic(schema, kind=kind) or not any(inside):
        return chosen
    if kind == "map":
        return _merged_map(inside[0] or {}, inside[1] or {}, schema=schema)
    return _merged_list(inside[0] or [], inside[1] or [], schema=schema)


def _merged_map(left: Mapping[str, Any], right: Mapping[str, Any], *, schema: Schema) -> dict[str, Any]:
    return {
        key: merged(left.get(key, ABSENT), right.get(key, ABSENT), schema=child(schema, key=key)) for key in {**left, **right}
    }


def _merged_list(left: Sequence[Any], right: Sequence[Any], *, schema: Schema) -> list[Any]:
    """Items of the right list in its order; those only of the left one stay beside what they stood beside."""
    place = schema.item or ANY
    lefts = [(element(schema, item=one), one) for one in left]
    rights = [(element(schema, item=one), one) for one in right]
    in_left, in_right = _index(lefts), dict(rights)
    shared = deque(name for name, _ in rights if name in in_left)
    made: list[Any] = []
    done: set[str] = set()
    waiting, coming = deque(lefts), deque(name for name, _ in rights)
    while waiting or coming:
        name = waiting[0][0] if waiting else None
        if name is not None and name not in in_right:
            made.append(waiting.popleft()[1])
        elif name is not None and coming and name != coming[0] and shared and shared[0] != name:
            waiting.popleft()  # shared, but its turn in the right order is another
        else:
            if name is not None and (name in done or (coming and name == coming[0])):
                waiting.popleft()
            if coming:
                taken = coming.popleft()
                made.append(merged(in_left.get(taken, ABSENT), in_right[taken], schema=place))
                done.add(taken)
                if shared and shared[0] == taken:
                    shared.popleft()
    return made


def _index(items: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """By element; of what is there twice, nothing is merged."""
    found: dict[str, Any] = {}
    for name, one in items:
        found[name] = None if name in found else one
    return found
