"""Address ranges in specs: what may be compared at load, and what the cloud refuses; shared by the network kinds."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from acsctl.model.resource import Desired, Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.types import is_cidr
from acsctl.model.unknown import Ref

RESERVED = tuple(map(IPv4Network, ("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))
"""No VPC and no vSwitch may lie in these (sheet network.md 1)."""


def network(value: Any) -> IPv4Network | None:
    """The range that `value` says, None where it is not known yet or no range."""
    return IPv4Network(value, strict=False) if isinstance(value, str) and is_cidr(value) else None


def overlap(one: Any, other: Any) -> bool:
    """Whether both are known and have an address in common."""
    first, second = network(one), network(other)
    return first is not None and second is not None and first.overlaps(second)


def faults(value: Any, *, path: tuple[str | int, ...], shortest: int, longest: int) -> Iterator[Fault]:
    """A prefix length outside `shortest` to `longest`, or an overlap with a reserved range."""
    cidr = network(value)
    if cidr is None:
        return
    if not shortest <= cidr.prefixlen <= longest:
        yield Fault(path, f"{cidr} has prefix length {cidr.prefixlen}", hint=f"allowed are /{shortest} to /{longest}")
        return
    for reserved in RESERVED:
        if cidr.overlaps(reserved):
            yield Fault(path, f"{cidr} overlaps {reserved}, which the cloud keeps for itself")


def outside(value: Any, vpc: Desired | None) -> str:
    """The ranges of `vpc` as text where `value` lies in none of them; empty where it does, or where that is not known."""
    cidr = network(value)
    if cidr is None or vpc is None:
        return ""
    written = [vpc.spec.get("cidr"), *(vpc.spec.get("secondary_cidrs") or ())]
    known = [found for found in map(network, written) if found]
    inside = len(known) < len(written) or any(cidr.subnet_of(found) for found in known)
    return "" if inside else ", ".join(map(str, known))


def target(value: Any, others: Others) -> Desired | None:
    """The resource of the stack that a reference field points to, where its spec is in the file."""
    found = others.get(value.address.whole) if isinstance(value, Ref) else None
    return found if found and not found.existing else None


def before(spec: Spec, others: Others, *, kind: str) -> Iterator[Desired]:
    """The wanted resources of `kind` that stand before the one with `spec` in the file."""
    itself = next((item for item in others.values() if item.spec is spec), None)
    for item in others.values():
        if item is itself or (itself is None and item.spec == spec):
            return
        if item.address.kind == kind and not item.existing and not item.absent:
            yield item
