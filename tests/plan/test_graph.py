"""The graph: any order that it gives is valid, a circle is named, weights are longest paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.plan import graph

Needs = dict[int, set[int]]
NODES = st.integers(0, 11)
needs = st.dictionaries(NODES, st.sets(NODES, max_size=4), max_size=12)


@st.composite
def without_circles(draw: st.DrawFn) -> Needs:
    """Each node needs only smaller ones; the nodes come in any order."""
    found = draw(needs)
    order = draw(st.permutations(sorted(found)))
    return {node: {need for need in found[node] if need < node} for node in order}


@given(without_circles())
def test_everything_comes_after_what_it_needs(found: Needs) -> None:
    order = graph.order(found)
    assert sorted(order) == sorted(found)
    for node, wanted in found.items():
        assert all(order.index(need) < order.index(node) for need in wanted if need in found)


def test_the_given_order_is_kept_where_there_is_a_choice() -> None:
    assert graph.order({"c": [], "a": [], "b": []}) == ["c", "a", "b"]
    assert graph.order({"c": ["b"], "a": [], "b": []}) == ["b", "c", "a"]


def test_a_long_chain_needs_no_deep_stack() -> None:
    assert graph.order({node: [node + 1] for node in range(20_000)})[0] == 19_999


@given(needs)
def test_a_circle_is_named(found: Needs) -> None:
    circular = any(node in graph.reach(found, node) for node in found)
    if not circular:
        assert len(graph.order(found)) == len(found)
        return
    with pytest.raises(graph.CycleError) as raised:
        graph.order(found)
    circle = raised.value.members
    assert all(after in found[node] for node, after in zip(circle, (*circle[1:], circle[0]), strict=True))
    assert str(raised.value).startswith(f"{circle[0]} -> ")


@given(needs, NODES)
def test_reach_is_closed(found: Needs, start: int) -> None:
    reached = graph.reach(found, start)
    assert found.get(start, set()) & found.keys() <= reached
    assert all(found[node] & found.keys() <= reached for node in reached)


@given(needs)
def test_reversed_twice_is_the_same(found: Needs) -> None:
    known = {node: items & found.keys() for node, items in found.items()}
    assert graph.reverse(graph.reverse(found)) == known


@given(without_circles(), st.lists(st.floats(0, 100), min_size=12, max_size=12))
def test_a_weight_is_the_longest_path_to_the_end(found: Needs, costs: list[float]) -> None:
    weight = graph.weights(found, dict(enumerate(costs)))

    def longest(node: int) -> float:
        return costs[node] + max((longest(user) for user in graph.reverse(found)[node]), default=0.0)

    assert weight == pytest.approx({node: longest(node) for node in found})
