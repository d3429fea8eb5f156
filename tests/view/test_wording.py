"""Times and counts in words."""

from __future__ import annotations

import pytest

from acsctl.view import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (2.14, "2.1 s"), (9.96, "10 s"), (59.6, "1 min"), (192, "3 min 12 s"), (3600, "1 h"), (3900, "1 h 5 min")],
)
def test_length(seconds: float, text: str) -> None:
    assert wording.length(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (5, "5 s"), (41, "40 s"), (58, "1 min"), (840, "14 min"), (7200, "2 h")]
)
def test_rough(seconds: float, text: str) -> None:
    assert wording.rough(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (30, "30 s ago"), (380, "6 min ago"), (7300, "2 h ago"), (90000, "1 day ago"), (190000, "2 days ago")],
)
def test_ago(seconds: float, text: str) -> None:
    assert wording.ago(seconds) == text


@pytest.mark.parametrize(("numbers", "text"), [((2,), "2"), ((1, 2, 3), "1–3"), ((4, 9, 5, 12), "4–5, 9, 12")])
def test_ranges(numbers: tuple[int, ...], text: str) -> None:
    assert wording.ranges(numbers) == text


def test_names_are_counted_beyond_the_most() -> None:
    assert wording.names(["a", "b", "a", "c"], most=2) == "a, b and 1 more"


def test_the_longest_waits_are_told_first_and_the_rest_counted() -> None:
    causes = {"lists that lag": 5.0, "throttling ecs.RunInstances": 9.0, "nothing": 0.0}
    assert wording.waited(causes) == "throttling ecs.RunInstances 9.0 s, lists that lag 5.0 s"
    assert wording.waited({str(number): number + 1.0 for number in range(7)}, most=2) == "6 7.0 s, 5 6.0 s, 5 more"
