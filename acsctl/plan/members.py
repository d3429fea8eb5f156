"""The members of a fleet: up to three changes, to add, to change and to remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.resource import Live
from acsctl.plan import compare, fleet
from acsctl.plan.difference import Wanted, differences, why_surplus
from acsctl.plan.work import DOUBLE, Work, changed, created, learn

Fields = tuple[FieldChange, ...]


def compare_fleet(work: Work, want: Wanted, lives: Sequence[Live]) -> None:
    """Add to `work` what makes `lives` the fleet that is wanted, and what later resources may read of it."""
    roll = fleet.roll(lives, want.desired.count)
    stay: dict[int | None, Live] = {}
    groups: dict[str, tuple[Action, Fields, list[tuple[int | None, Live]]]] = {}
    for number, live in roll.members:
        changes = (*differences(want, live), *_name(work, want, number=number, live=live))
        action = _action(work, want, number=number, live=live, changes=changes)
        if action is Action.NONE:
            work.unchanged.append(live)
        else:
            key = f"{action.name} {compare.canonical([replace(change, before=None) for change in _alike(changes)])}"
            groups.setdefault(key, (action, changes, []))[2].append((number, live))
        if action.replaces:
            work.leaves(live.id)
        else:
            stay[number] = live
    if roll.missing:
        work.changes.append(created(work, want, [number for number in roll.missing if number is not None]))
    for action, changes, pairs in groups.values():
        change = changed(want, action, lives=tuple(live for _, live in pairs), fields=changes)
        numbers = tuple(number for number, _ in pairs if number is not None)
        work.changes.append(replace(_rolling(change), numbers=numbers))
    work.changes += _surplus(work, want, roll.surplus)
    _learn(work, want, stay)


def _alike(changes: Fields) -> Fields:
    """A rename differs for every member by nature; members that are only renamed still change alike."""
    return tuple(replace(change, after=None) if change.path == "name" else change for change in changes)


def _name(work: Work, want: Wanted, *, number: int | None, live: Live) -> Fields:
    """The name's number is compared even where the name is defaulted; the rest of it only where it is written."""
    written = "name" in want.desired.written and "name" not in want.desired.ignore
    base = str(want.spec["name"]) if written else want.desired.address.default_name(work.stack.name)
    name = fleet.member_name(base, number)
    misnumbered = live.address.number != number or fleet.number_of(live.name) != number
    wrong = live.name != name and (written or misnumbered)
    return (FieldChange("name", live.name, name, reason=_why(want, number, live)),) if wrong else ()


def _why(want: Wanted, number: int | None, live: Live) -> Reason:
    """Why a name is wrong. A number that is wrong in a fleet of unchanged size was changed by somebody else."""
    past = want.past
    if want.unfinished:
        return Reason.UNFINISHED
    if past is None:
        return Reason.UNKNOWN
    if past.spec.get("name") != want.spec.get("name"):
        return Reason.EDIT
    same_size = len(past.ids) == len(_numbers(want.desired.count)) > 1
    return Reason.DRIFT if live.address.number == number or same_size else Reason.EDIT


def _action(work: Work, want: Wanted, *, number: int | None, live: Live, changes: Fields) -> Action:
    address = want.desired.address
    names = (address,) if number is None else (address, address.member(number))
    if work.is_asked(live, *names) or any(change.forces for change in changes):
        return Action.REPLACE
    if live.mark is None or live.mark.stack != work.stack.name:
        return Action.ADOPT
    return Action.UPDATE if changes else Action.NONE


def _rolling(change: Change) -> Change:
    """Several members that restart do so one after another."""
    rolls = change.impact is Impact.RESTART and len(change.live) > 1
    return replace(change, impact=Impact.ROLLING) if rolls else change


def _surplus(work: Work, want: Wanted, lives: Sequence[Live]) -> Iterator[Change]:
    """What is one too many: a number that is there twice, and numbers that are no more wanted."""
    count = want.desired.count
    wanted = _numbers(count)
    doubled = tuple(live for live in lives if live.address.number in wanted)
    others = tuple(live for live in lives if live.address.number not in wanted)
    for note, group in ((DOUBLE, doubled), (f"the fleet has {1 if count is None else count} now", others)):
        numbers = tuple(live.address.number for live in group if live.address.number is not None)
        if group:
            yield Change(
                want.desired.address,
                Action.DELETE,
                want.desired,
                live=group,
                numbers=numbers if len(numbers) == len(group) else (),
                spec=group[0].spec,
                reason=why_surplus(work.history, group),
                note=note,
            )


def _numbers(count: int | None) -> Sequence[int | None]:
    return [None] if count is None else range(1, count + 1)


def _learn(work: Work, want: Wanted, stay: Mapping[int | None, Live]) -> None:
    """A fleet is known by its members, and as a whole once every member is there."""
    learn(work, want, None)
    address: Address = want.desired.address
    for number, live in stay.items():
        work.known[address if number is None else address.member(number)] = {**live.known, "id": live.id}
    wanted = _numbers(want.desired.count)
    if all(number in stay for number in wanted):
        members = {number: stay[number].known for number in wanted}
        work.known[address] = {**work.known[address], **known_of(members, want.schema.aggregate)}


def known_of(lives: Mapping[int | None, Mapping[str, Any]], aggregate: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of a whole fleet from those of its members, in the order of their numbers."""
    ordered = [lives[number] for number in sorted(lives, key=lambda number: number or 0)]
    return {name: [outputs.get(of) for outputs in ordered] for name, of in aggregate.items()}
