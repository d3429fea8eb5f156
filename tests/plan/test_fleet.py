"""Fleets: who is which number, and how new members are dealt over places and calls."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from acsctl.model.address import Address
from acsctl.model.resource import Live
from acsctl.plan import fleet

PLACES = ["a", "b", "c"]
numbers = st.sets(st.integers(1, 450), max_size=300)
places = st.integers(1, 3).map(lambda count: PLACES[:count])
taken = st.dictionaries(st.sampled_from(PLACES), st.integers(0, 50))
counts = st.none() | st.integers(0, 6)


@st.composite
def members(draw: st.DrawFn) -> list[Live]:
    found = draw(st.lists(st.none() | st.integers(1, 8), max_size=8))
    whole = Address("host", ("web",))
    return [Live(whole if number is None else whole.member(number), f"host-{index}") for index, number in enumerate(found)]


def test_a_name_ends_with_its_number() -> None:
    assert fleet.member_name("web", 7) == "web-007"
    assert fleet.member_name("web", 1234) == "web-1234"
    assert fleet.member_name("web", None) == "web"


def test_a_number_has_three_digits_at_least() -> None:
    assert [fleet.number_of(name) for name in ("web-007", "web-1234", "web-07", "web", "007", "web-00x")] == [
        7,
        1234,
        None,
        None,
        None,
        None,
    ]


@given(numbers, places, taken)
def test_every_number_is_dealt_once_in_calls_of_one_slot(todo: set[int], where: list[str], load: dict[str, int]) -> None:
    batches = fleet.share(todo, places=where, taken=load)
    assert sorted(number for batch in batches for number in batch.numbers) == sorted(todo)
    for batch in batches:
        first, last = batch.numbers[0], batch.numbers[-1]
        assert list(batch.numbers) == list(range(first, last + 1))
        assert fleet.slot(first) == fleet.slot(last)
        assert batch.place in where


@given(numbers, places, taken)
def test_places_fill_evenly(todo: set[int], where: list[str], load: dict[str, int]) -> None:
    batches = fleet.share(todo, places=where, taken=load)
    added = Counter(dict.fromkeys(where, 0))
    for batch in batches:
        added[batch.place] += len(batch.numbers)
    after = {place: load.get(place, 0) + added[place] for place in where}
    step = fleet.SLOT if len(todo) > fleet.SLOT else 1
    for place, count in added.items():
        if count:
            assert after[place] <= min(after.values()) + step


@given(numbers, places, taken)
def test_the_same_is_dealt_the_same(todo: set[int], where: list[str], load: dict[str, int]) -> None:
    again = dict(reversed(list(load.items())))
    assert fleet.share(todo, places=where, taken=load) == fleet.share(sorted(todo, reverse=True), places=where, taken=again)


def test_five_hundred_are_five_calls() -> None:
    batches = fleet.share(range(1, 501), places=PLACES, taken={})
    assert [len(batch.numbers) for batch in batches] == [100] * 5


@given(members(), counts)
def test_the_roll_loses_nobody(lives: list[Live], count: int | None) -> None:
    roll = fleet.roll(lives, count)
    assert sorted(live.id for live in (*(live for _, live in roll.members), *roll.surplus)) == sorted(live.id for live in lives)
    wanted = [None] if count is None else list(range(1, count + 1))
    assert sorted([*(number for number, _ in roll.members), *roll.missing], key=str) == sorted(wanted, key=str)
    assert not (roll.missing and roll.surplus)


@given(members(), counts)
def test_who_has_a_wanted_number_alone_keeps_it(lives: list[Live], count: int | None) -> None:
    roll = fleet.roll(lives, count)
    names = Counter(live.address.number for live in lives)
    wanted = [None] if count is None else range(1, count + 1)
    for live in lives:
        if names[live.address.number] == 1 and live.address.number in wanted:
            assert (live.address.number, live) in roll.members
