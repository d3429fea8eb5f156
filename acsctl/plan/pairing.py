"""Which live thing belongs to which address: renames, replacements that were cut short, and doubles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acsctl.model.address import Address
from acsctl.model.plan import Finding, Observation
from acsctl.model.resource import Live, Stack
from acsctl.model.schema import Schemas, references


@dataclass(frozen=True)
class Pairs:
    """Live things by the address under which the file knows them, and what is one too many.

    `moved` are the addresses whose things still bear an old name; `superseded` things have a live replacement.
    """

    lives: Mapping[Address, tuple[Live, ...]]
    superseded: tuple[Live, ...] = ()
    doubles: tuple[Live, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def pair(stack: Stack, seen: Observation, schemas: Schemas) -> Pairs:
    """Sort what was seen under the addresses of the file."""
    lives, findings = _moved(stack, dict(seen.live))
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
    return Pairs(kept, tuple(superseded), tuple(doubles), tuple(findings))


def _moved(stack: Stack, lives: dict[Address, tuple[Live, ...]]) -> tuple[dict[Address, tuple[Live, ...]], list[Finding]]:
    findings: list[Finding] = []
    for old, new in stack.moved:
        for address in [entry for entry in lives if _below(entry, old)]:
            target = Address(new.kind or address.kind, new.path + address.path[len(old.path) :])
            if lives.get(target):
                message = f"moved: {address} and {target} both exist"
                findings.append(Finding("error", message, target, "destroy one of them, or take the line out of `moved`"))
            else:
                lives[target] = lives.pop(address)
    return lives, findings


def _below(address: Address, old: Address) -> bool:
    """Whether `address` is `old`, a member of it, or inside it where `old` is a module (which has no kind)."""
    return old.kind in ("", address.kind) and address.path[: len(old.path)] == old.path


def _referred(seen: Observation, schemas: Schemas) -> set[str]:
    """The ids that some live thing refers to: of two doubles the one in use stays."""
    return {
        value
        for item in seen.everything()
        if item.address.kind in schemas
        for _, value in references(schemas[item.address.kind].fields, item.spec)
        if isinstance(value, str)
    }
