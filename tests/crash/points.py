"""The writes of the stack private-network, as points at which a command is killed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.crash.scene import Point

APPLY = (
    "CreateVpc", "AllocateEipAddress", "CreateVSwitch 3", "CreateSecurityGroup", "AuthorizeSecurityGroup",
    "AuthorizeSecurityGroupEgress", "CreateNatGateway", "AssociateEipAddress", "CreateSnatEntry", "RunInstances 3",
)  # fmt: skip
DESTROY = (
    "DeleteInstances", "DeleteSnatEntry", "DeleteSecurityGroup", "UnassociateEipAddress", "DeleteNatGateway",
    "ReleaseEipAddress", "DeleteVSwitch 3", "DeleteVpc",
)  # fmt: skip
"""The writes of the stack; the number says how many there are of it."""


def writes(actions: Iterable[str]) -> Iterator[Point]:
    """Every write, before and after its effect, with the record and without it."""
    for text in actions:
        action, _, count = text.partition(" ")
        for at in range(1, int(count or 1) + 1):
            for record in (True, False):
                yield Point(at, "after", record, action)
                yield Point(at, "before", record, action)
