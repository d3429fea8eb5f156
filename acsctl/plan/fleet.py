"""Which member of a fleet is which number; which are missing, one too many, or only misnamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from acsctl.model.resource import Live

DIGITS = 3
SLOT = 100


def number_of(name: str) -> int | None:
    """The number that ends a member's name, or None."""
    _, dash, digits = name.rpartition("-")
    return int(digits) if dash and len(digits) >= DIGITS and digits.isdecimal() else None


@dataclass(frozen=True)
class Roll:
    """Members by number (None: the single member of a fleet without `count`), the numbers to make, and the surplus."""

    members: tuple[tuple[int | None, Live], ...]
    missing: tuple[int | None, ...]
    surplus: tuple[Live, ...]


def member_name(base: str, number: int | None) -> str:
    """The name in the cloud: the number ends it."""
    return base if number is None else f"{base}-{number:0{DIGITS}d}"


def roll(lives: Sequence[Live], count: int | None) -> Roll:
    """Call the roll: a lost or doubled number is a rename, only a surplus is destroyed, the highest numbers first."""
    wanted: list[int | None] = [None] if count is None else list(range(1, count + 1))
    places: dict[int | None, Live] = {}
    spare: list[Live] = []
    for live in sorted(lives, key=lambda item: (item.address.number or 0, item.created, item.id)):
        number = live.address.number
        if number in wanted and number not in places:
            places[number] = live
        else:
            spare.append(live)
    missing = [number for number in wanted if number not in places]
    for number, live in zip(list(missing), list(spare), strict=False):
        places[number] = live
        missing.remove(number)
        spare.remove(live)
    members = tuple((number, places[number]) for number in wanted if number in places)
    return Roll(members, tuple(missing), tuple(spare))


@dataclass(frozen=True)
class Batch:
    """Members that one create call makes: contiguous numbers of one slot, in one of the places given to `share`."""

    numbers: tuple[int, ...]
    place: str


def share(numbers: Iterable[int], *, places: Sequence[str], taken: dict[str, int]) -> list[Batch]:
    """Deal `numbers` to `places` (vSwitches), the emptiest first, in runs that one call can make.

    Up to a hundred are spread evenly; of more, a full slot goes whole to one place, so that calls grow with slots.
    `taken` is how many members each place has. The same input gives the same batches on every machine, so that an
    apply that is run again after a kill sends the same calls with the same tokens.
    """
    load = {place: taken.get(place, 0) for place in places}
    runs = _runs(sorted(numbers))
    many = sum(map(len, runs)) > SLOT
    batches = [_emptiest_batch(run, load) for run in runs if many and len(run) == SLOT]
    todo = [number for run in runs if not (many and len(run) == SLOT) for number in run]
    quota = dict.fromkeys(places, 0)
    for _ in todo:
        quota[_fill(load, 1)] += 1
    for place in places:
        mine, todo = todo[: quota[place]], todo[quota[place] :]
        batches += [Batch(tuple(run), place) for run in _runs(mine)]
    return batches


def _emptiest_batch(run: Sequence[int], load: dict[str, int]) -> Batch:
    return Batch(tuple(run), _fill(load, len(run)))


def _fill(load: dict[str, int], count: int) -> str:
    """The emptiest place, the first of equals; it counts as fuller from now on."""
    emptiest = min(load, key=lambda place: load[place])
    load[emptiest] += count
    return emptiest


def slot(number: int) -> int:
    """The fixed range of a hundred numbers that `number` lies in, counted from 0."""
    return (number - 1) // SLOT


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1 and slot(runs[-1][-1]) == slot(number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
