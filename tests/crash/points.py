"""The points at which a command is killed: all of them, of which a sample runs every day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.crash.scene import Point

CALLS = 130
"""More calls than an undisturbed apply or destroy sends, which a test checks."""


def points(calls: int = CALLS) -> Iterator[Point]:
    """Every point at which an apply or a destroy of so many calls can be killed, with the record kept and lost."""
    for at in range(1, calls + 1):
        for when in ("before", "after"):
            for record in (True, False):
                yield Point(at, when, record)


def dealt(calls: int) -> Iterator[Point]:
    """Every call, before and after its effect; every other point has lost the record."""
    for at in range(1, calls + 1):
        yield Point(at, "before", bool(at % 2))
        yield Point(at, "after", not at % 2)


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
