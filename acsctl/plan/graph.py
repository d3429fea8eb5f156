"""A graph that knows only nodes and what each needs; nothing of resources."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
Needs = Mapping[Node, Collection[Node]]


class CycleError(Exception):
    """The needs go round in a circle; `members` in the order in which each needs the next."""

    def __init__(self, members: Iterable[Hashable]) -> None:
        self.members = tuple(members)
        super().__init__(" -> ".join(str(member) for member in (*self.members, self.members[0])))


def order(needs: Needs[Node]) -> list[Node]:
    """Every node after all that it needs; the given order is kept where the needs leave a choice.

    Needs of things that are no nodes are ignored. Raises `CycleError`.
    """
    done: dict[Node, bool] = {}
    result: list[Node] = []
    for root in needs:
        stack = [(root, iter(needs[root]))]
        if root in done:
            continue
        done[root] = False
        while stack:
            node, rest = stack[-1]
            following = next((need for need in rest if need in needs and done.get(need) is not True), None)
            if following is None:
                done[node] = True
                result.append(node)
                stack.pop()
            elif following in done:
                path = [entry for entry, _ in stack]
                raise CycleError(path[path.index(following) :])
            else:
                done[following] = False
                stack.append((following, iter(needs[following])))
    return result


def reach(needs: Needs[Node], start: Node) -> set[Node]:
    """Everything that `start` needs, directly or not; holds `start` only if it lies on a circle."""
    found: set[Node] = set()
    todo = [need for need in needs.get(start, ()) if need in needs]
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(need for need in needs[node] if need in needs)
    return found


def reverse(needs: Needs[Node]) -> dict[Node, set[Node]]:
    """Who needs each node."""
    result: dict[Node, set[Node]] = {node: set() for node in needs}
    for node, items in needs.items():
        for item in items:
            if item in result:
                result[item].add(node)
    return result


def weights(needs: Needs[Node], cost: Mapping[Node, float]) -> dict[Node, float]:
    """The longest path that remains from the start of each node to the end of everything, in the unit of `cost`."""
    users = reverse(needs)
    result: dict[Node, float] = {}
    for node in reversed(order(needs)):
        result[node] = cost[node] + max((result[user] for user in users[node]), default=0.0)
    return result
