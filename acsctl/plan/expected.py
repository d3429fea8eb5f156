"""What is wanted of each resource, resolved as far as live things tell: for who must know before there is a plan. Pure.

A look ahead of `diff`, which alone knows what stays: what is replaced lends its old id here. Who uses it compares again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acsctl.model.address import Address
from acsctl.model.plan import Observation
from acsctl.model.resource import Desired, Live, Spec, Stack
from acsctl.model.schema import Schemas
from acsctl.plan import graph, members, values
from acsctl.plan.pairing import pair


def expected(stack: Stack, seen: Observation, schemas: Schemas) -> dict[Address, Spec]:
    """The written specs of all wanted resources with ids and outputs in the place of references; `UNKNOWN` elsewhere."""
    lives = pair(stack, seen, schemas).lives
    known: dict[Address, Mapping[str, Any]] = {}
    specs: dict[Address, Spec] = {}
    for address in graph.order({address: sorted(desired.edges) for address, desired in stack.resources.items()}):
        desired = stack.resources[address]
        if desired.existing:
            found = seen.existing.get(address, ())
            known |= {address: found[0].known} if len(found) == 1 else {}
        elif not desired.absent and address.kind in schemas:
            specs[address] = values.resolve(desired.spec, known)
            known |= _known(desired, specs[address], lives.get(address, ()), schemas)
    return specs


def _known(desired: Desired, spec: Spec, lives: tuple[Live, ...], schemas: Schemas) -> dict[Address, Mapping[str, Any]]:
    schema = schemas[desired.address.kind]
    plain = {name: value for name, value in spec.items() if not values.unresolved(value)}
    derived = schema.derive(spec) if not values.unresolved(spec) else {}
    whole = {**(lives[0].known if lives and not schema.fleet else {}), **plain, **derived}
    if not schema.fleet:
        return {desired.address: whole}
    group = {live.address.number: live.known for live in lives}
    found = {desired.address.member(number): item for number, item in group.items() if number is not None}
    if len(group) == (desired.count if desired.count is not None else 1):
        whole = {**whole, **members.known_of(group, schema.aggregate)}
    return {**found, desired.address: whole}
