"""What keeps a resource from being deleted, said by those who depend on it.

A service that puts things into a VPC, say, declares a check beside its own resource type; the service of the VPC runs all
of them and knows none. So services depend on each other's words only, in whatever order they are imported.
"""

from collections.abc import Callable
from typing import Protocol

from acsctl.emulator.call import Call
from acsctl.emulator.resource import Resource, ResourceType


class Blocker(Protocol):
    """Raises ApiError, DependencyViolation or the like, when the resource is still needed."""

    def __call__(self, call: Call, *, resource: Resource) -> None: ...


_BLOCKERS: dict[str, list[tuple[int, Blocker]]] = {}


def blocks(kind: ResourceType, *, rank: int = 1) -> Callable[[Blocker], Blocker]:
    """Declares a check before each delete of a type: `@blocks(VPC)`. Where several things depend, one of the lowest
    rank is told."""

    def declare(blocker: Blocker) -> Blocker:
        found = _BLOCKERS.setdefault(kind.name, [])
        found.append((rank, blocker))
        found.sort(key=lambda row: row[0])
        return blocker

    return declare


def check_deletable(call: Call, *, resource: Resource) -> None:
    """Runs the checks of a resource's type. Raises what the first of them raises."""
    for _, blocker in _BLOCKERS.get(resource.type, ()):
        blocker(call, resource=resource)
