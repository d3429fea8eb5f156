"""Of a plan what the cloud changed, what the file changed left out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.drift import Drift, Drifted
from acsctl.model.history import History
from acsctl.model.plan import Plan
from acsctl.plan.difference import reason_of

CERTAIN = frozenset({Reason.DRIFT, Reason.BOTH})
UNSURE = frozenset({Reason.UNKNOWN, Reason.UNFINISHED})
BESIDE = (Action.READ, Action.NONE, Action.ADOPT, Action.FORGET)


def drift(plan: Plan, history: History) -> Drift:
    """What of `plan` is drift, and what may be. `history` is what the plan was made with."""
    changes = [change for change in plan.changes if change.action not in BESIDE]
    rows = tuple(_rows(changes, CERTAIN, plan=plan, history=history))
    unsure = tuple(_rows(changes, UNSURE, plan=plan, history=history))
    edited = [change for change in plan.changes if change.action not in (Action.READ, Action.NONE) and _edited(change)]
    return Drift(
        plan.stack,
        rows,
        unsure,
        left_standing=plan.left_standing,
        findings=tuple(finding for finding in plan.findings if finding.severity == "error" and not plan.changes),
        checked=len(plan.unchanged) + sum(len(change.live) for change in changes),
        edits=sum(change.size for change in edited),
    )


def only(found: Drift, addresses: Collection[str]) -> Drift:
    """What of a drift concerns `addresses`: resources, members, keys or modules; all of it where none is named."""
    if not addresses:
        return found

    def covered(row: Drifted) -> bool:
        return any(covers(wanted, row.change) for wanted in addresses)

    return replace(found, rows=tuple(filter(covered, found.rows)), unsure=tuple(filter(covered, found.unsure)))


def covers(wanted: str, change: Change) -> bool:
    """Whether an address that somebody typed means the change: its resource, one of its members, or what it is a part of."""
    address = str(change.address)
    members = [str(change.address.member(number)) for number in change.numbers]
    return wanted in _above(address) or wanted in members


def names(plan: Plan) -> set[str]:
    """Every address that somebody may type: of resources and of their members, of keys' and modules' wholes."""
    lives = [*plan.unchanged, *plan.left_standing, *(live for change in plan.changes for live in change.live)]
    members = [str(change.address.member(number)) for change in plan.changes for number in change.numbers]
    addresses = {*map(str, plan.stack.resources), *(str(live.address) for live in lives), *members}
    return {name for address in addresses for name in _above(address)}


def _above(address: str) -> set[str]:
    """The address and what it is a part of, down to its kind and first name."""
    parts = address.split(".")
    return {".".join(parts[:end]) for end in range(2, len(parts) + 1)}


def _rows(changes: list[Change], reasons: frozenset[Reason], *, plan: Plan, history: History) -> Iterator[Drifted]:
    for change in changes:
        fields = tuple(field for field in change.fields if field.reason in reasons)
        if fields:
            yield Drifted(_of(change, fields))
        elif change.action in (Action.CREATE, Action.DELETE) and change.reason in reasons and _happened(change, history):
            yield Drifted(_lost(change, history), _gone(change, plan=plan, history=history))


def _of(change: Change, fields: tuple[FieldChange, ...]) -> Change:
    """The change as far as these fields go."""
    impact = max((field.impact for field in fields), default=Impact.NONE)
    return replace(change, fields=fields, reason=reason_of(fields), impact=impact)


def _happened(change: Change, history: History) -> bool:
    """Whether something may have happened to it: what no record has seen was never there."""
    return change.action is Action.DELETE or history.knows(change.address)


def _lost(change: Change, history: History) -> Change:
    """Of members that are to be made those that were there: the fleet had so many."""
    past = history.applied.get(change.address)
    kept = tuple(number for number in change.numbers if past is None or number <= len(past.ids))
    return replace(change, numbers=kept or change.numbers)


def _gone(change: Change, *, plan: Plan, history: History) -> tuple[str, ...]:
    there = plan.wanted.get(change.address)
    return history.lost(change.address, frozenset(there.ids if there else ()))


def _edited(change: Change) -> bool:
    """Whether the file alone is the cause of a part of it."""
    whole = not change.fields and change.reason not in (CERTAIN | UNSURE)
    return whole or any(field.reason is Reason.EDIT for field in change.fields)
