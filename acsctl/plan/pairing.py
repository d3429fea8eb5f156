"""Which live thing belongs to which address: renames, replacements that were cut short, and doubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from acsctl.model.address import Address
from acsctl.model.plan import Finding, Observation
from acsctl.model.resource import Live, Stack
from acsctl.model.schema import Schemas, references


@dataclass(frozen=True)
class Pairs:
    """Live things by the address under which the file knows them, and what is one too many.

    `moved` has the old address of what still bears it, by the new one; `superseded` things have a live replacement.
    """

    lives: Mapping[Address, tuple[Live, ...]]
    superseded: tuple[Live, ...] = ()
    doubles: tuple[Live, ...] = ()
    findings: tuple[Finding, ...] = ()
    moved: Mapping[Address, Address] = field(default_factory=dict[Address, Address])


def pair(stack: Stack, seen: Observation, schemas: Schemas) -> Pairs:
    """Sort what was seen under the addresses of the file."""
    lives, moved, findings = _moved(stack, dict(seen.live))
    referred = _referred(seen, schemas)
    kept: dict[Address, tuple[Live, ...]] = {}
    superseded: list[Live] = []
    doubles: list[Live] = []
    for address, group in lives.items():
        replaced = {item.mark.replaces for item in group if item.mark and item.mark.replaces}
        superseded += [item for item in group if item.id in replaced]
        rest = [item for item in group if item.id not in replaced]
        if address.kind in schemas and not schemas[address.kind].fleet:
            rest.sort(key=lambda item: (item.id not in referred, item.created, item.id))
            doubles += rest[1:]
            rest = rest[:1]
        kept[address] = tuple(rest)
    return Pairs(kept, tuple(superseded), tuple(doubles), tuple(findings), moved)


_Lives = dict[Address, tuple[Live, ...]]


def _moved(stack: Stack, lives: _Lives) -> tuple[_Lives, dict[Address, Address], list[Finding]]:
    moved: dict[Address, Address] = {}
    findings: list[Finding] = []
    for old, new in stack.moved:
        if old != old.whole or new != new.whole:
            findings += _member_moved(lives, old, new)
            continue
        for address in [entry for entry in lives if _below(entry, old)]:
            target = Address(new.kind or address.kind, new.path + address.path[len(old.path) :])
            if lives.get(target):
                message = f"moved: {address} and {target} both exist"
                findings.append(Finding("error", message, target, "destroy one of them, or take the line out of `moved`"))
            else:
                lives[target] = tuple(_at(target, live) for live in lives.pop(address))
                moved[target] = moved.pop(address, address)
    return lives, moved, findings


def _member_moved(lives: _Lives, old: Address, new: Address) -> list[Finding]:
    """One member changes places: out of its fleet, into another, or to another number."""
    going = tuple(live for live in lives.get(old.whole, ()) if live.address.number == old.number)
    there = lives.get(new.whole, ())
    if going and any(live.address.number == new.number and live not in going for live in there):
        message = f"moved: {old} and {new} both exist"
        return [Finding("error", message, new.whole, "destroy one of them, or take the line out of `moved`")]
    if going:
        lives[old.whole] = tuple(live for live in lives[old.whole] if live not in going)
        lives[new.whole] = (*lives.get(new.whole, ()), *(replace(live, address=new) for live in going))
    return []


def _at(address: Address, live: Live) -> Live:
    """A thing under its new address; its mark still has the old one."""
    return replace(live, address=replace(address, number=live.address.number))


def _below(address: Address, old: Address) -> bool:
    """Whether `address` is `old`, or inside it where `old` is a module (which has no kind)."""
    return address == old if old.kind else address.path[: len(old.path)] == old.path


def _referred(seen: Observation, schemas: Schemas) -> set[str]:
    """The ids that some live thing refers to: of two doubles the one in use stays."""
    return {
        value
        for item in seen.everything()
        if item.address.kind in schemas
        for _, value in references(schemas[item.address.kind].fields, item.spec)
        if isinstance(value, str)
    }
