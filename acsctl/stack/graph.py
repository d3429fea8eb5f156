"""Order and cycles of things that use each other; knows nothing of what they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def components(uses: Mapping[Item, Collection[Item]]) -> list[list[Item]]:
    """Groups of things that use each other, each group after all that it uses; most groups have one member.

    Tarjan's algorithm without recursion, so that a chain may be as long as it likes.
    """
    index: dict[Item, int] = {}
    low: dict[Item, int] = {}
    stack: list[Item] = []
    on_stack: set[Item] = set()
    found: list[list[Item]] = []

    def enter(item: Item) -> tuple[Item, Iterator[Item]]:
        index[item] = low[item] = len(index)
        stack.append(item)
        on_stack.add(item)
        return item, iter(uses.get(item, ()))

    def close(item: Item) -> None:
        if low[item] == index[item]:
            group: list[Item] = []
            while not group or group[-1] != item:
                group.append(stack.pop())
            on_stack.difference_update(group)
            found.append(group[::-1])

    for start in uses:
        if start in index:
            continue
        path = [enter(start)]
        while path:
            item, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                close(item)
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[item])
            elif following not in index:
                path.append(enter(following))
            elif following in on_stack:
                low[item] = min(low[item], index[following])
    return found


def cycles(uses: Mapping[Item, Collection[Item]]) -> list[list[Item]]:
    """One shortest cycle of each group of things that use each other, beginning with the first of the group in order."""
    order = {item: number for number, item in enumerate(uses)}
    found: list[list[Item]] = []
    for group in components(uses):
        if len(group) > 1 or group[0] in uses.get(group[0], ()):
            first = min(group, key=lambda item: order.get(item, 0))
            found.append(_around(first, uses=uses, inside=set(group)))
    return sorted(found, key=lambda cycle: order.get(cycle[0], 0))


def _around(first: Item, *, uses: Mapping[Item, Collection[Item]], inside: set[Item]) -> list[Item]:
    """A shortest way from `first` back to it, without the end."""
    came: dict[Item, Item] = {}
    queue = deque([first])
    while queue:
        item = queue.popleft()
        for following in uses.get(item, ()):
            if following == first:
                way = [item]
                while way[-1] != first:
                    way.append(came[way[-1]])
                return way[::-1]
            if following in inside and following not in came:
                came[following] = item
                queue.append(following)
    return [first]
