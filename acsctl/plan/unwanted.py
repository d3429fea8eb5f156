"""What is live and not wanted: destroyed, forgotten, or left standing because nobody here made it."""

from __future__ import annotations

from collections.abc import Sequence

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, Reason
from acsctl.model.plan import Finding
from acsctl.model.resource import Live
from acsctl.model.schema import references
from acsctl.plan.difference import is_unfinished, why_surplus
from acsctl.plan.work import DOUBLE, SUPERSEDED, Work


def sweep(work: Work, order: Sequence[Address]) -> list[Live]:
    """Add the destructions to `work`, in the reverse of the order of creation; returns what is left standing."""
    left: list[Live] = []
    for note, lives in ((SUPERSEDED, work.pairs.superseded), (DOUBLE, work.pairs.doubles)):
        for live in lives:
            if _licensed(work, live.address.whole, [live]):
                work.changes.append(_surplus(work, live, note))
            else:
                left.append(live)
    standing = {**work.pairs.lives, **_unmarked(work)}
    rank = {address: place for place, address in enumerate(order)}
    unwanted = [address for address, lives in standing.items() if lives and not _wanted(work, address)]
    for address in sorted(unwanted, key=lambda item: (-rank.get(item, -1), str(item))):
        lives = standing[address]
        if _licensed(work, address, lives):
            work.changes.append(_gone(work, address, lives))
        else:
            left += lives
    return left


def begun(work: Work, address: Address) -> bool:
    """Whether an unclean run may have made what cannot bear a mark: nothing stood there when that run began."""
    return work.schemas[address.kind].markless and is_unfinished(work.history, address)


def _unmarked(work: Work) -> dict[Address, tuple[Live, ...]]:
    """When everything is destroyed: what can bear no mark and stands where the file says, by the record's word or with consent.

    What holds something would bear a mark in that if it were ours.
    """
    found: dict[Address, tuple[Live, ...]] = {}
    for address, lives in work.seen.candidates.items() if work.asked.destroy else ():
        schema = work.schemas[address.kind]
        lives = tuple(live for live in lives if live.mark is None)
        if not schema.markless or not lives or work.stack.resources[address].retain:
            continue
        empty = not any(live.spec.get(item.name) for live in lives for item in schema.fields.values() if item.meta.holds)
        if (begun(work, address) and empty) or allowed(work, address):
            found[address] = lives
        else:
            message = f"{address}: {lives[0].id} bears no mark, and no record tells that it is ours: not destroyed unasked"
            work.findings.append(Finding("warning", message, address, f"--allow {address}"))
    return found


def above(work: Work) -> dict[str, set[str]]:
    """By the id of a thing: the unwanted ones that stand on it, and cannot let go of it."""
    lives = [live for address, group in work.pairs.lives.items() if not _wanted(work, address) for live in group]
    found: dict[str, set[str]] = {}
    for live in (*lives, *work.pairs.superseded, *work.pairs.doubles):
        for item, value in references(work.schemas[live.address.kind].fields, live.spec):
            reference = item.meta.reference
            if reference and not reference.late and not reference.detachable and isinstance(value, str):
                found.setdefault(value, set()).add(live.id)
    return found


def _surplus(work: Work, live: Live, note: str) -> Change:
    desired = work.stack.resources.get(live.address.whole)
    reason = why_surplus(work.history, [live])
    return Change(live.address.whole, Action.DELETE, desired, live=(live,), spec=live.spec, note=note, reason=reason)


def _wanted(work: Work, address: Address) -> bool:
    desired = work.stack.resources.get(address)
    return bool(desired and not desired.absent and not desired.existing and not work.asked.destroy)


def _licensed(work: Work, address: Address, lives: Sequence[Live]) -> bool:
    """The file names it, the record has seen it, or the user allows it: another file may bear the same stack name."""
    named = address in work.stack.resources
    return named or work.history.knows(address) or any(live.id in work.history.made for live in lives) or allowed(work, address)


def allowed(work: Work, address: Address) -> bool:
    """Whether `--allow` covers the address: itself, what it is a member of, or the module that it is in."""
    text = str(address)
    return any(text == entry or text.startswith(f"{entry}.") for entry in work.asked.allow)


def _gone(work: Work, address: Address, lives: tuple[Live, ...]) -> Change:
    desired = work.stack.resources.get(address)
    retained = any(live.mark and live.mark.retain for live in lives) or bool(desired and desired.retain)
    numbers = tuple(live.address.number for live in lives if live.address.number is not None)
    return Change(
        address,
        Action.FORGET if retained else Action.DELETE,
        desired,
        live=lives,
        numbers=numbers if len(numbers) == len(lives) else (),
        spec=lives[0].spec,
        reason=Reason.EDIT,
        note=desired.absent if desired else "",
    )
