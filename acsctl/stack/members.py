"""The values that evaluating passes around: how many a block is, where an instance stands, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address
from acsctl.model.resource import Desired
from acsctl.stack.tree import Map
from acsctl.stack.views import Named

FAILED = Named(None, failed=True)


@dataclass
class Result:
    """What an instance gave: resources with the bodies they were read from, and outputs."""

    resources: dict[Address, Desired] = field(default_factory=dict)
    bodies: dict[Address, Map] = field(default_factory=dict)
    outputs: dict[str, Named] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """One of what a block makes. `key` is None without `for_each`; `edges` come from `for_each`, `when` and `count`."""

    key: str | None
    each: Named | None
    absent: str = ""
    count: int | None = None
    edges: frozenset[Address] = frozenset()


@dataclass(frozen=True)
class Setting:
    """Where an instance stands: in front of its addresses, whether it is absent as a whole, what it waits for, and its tags."""

    prefix: tuple[str, ...] = ()
    absent: str = ""
    edges: frozenset[Address] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict)
