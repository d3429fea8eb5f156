"""What the record remembers of a stack, as a value: read by the diff, written by `record`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address


@dataclass(frozen=True)
class Applied:
    """What was last applied to an address: the resolved spec without secrets, user tags, and the ids that it has."""

    spec: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The record of a stack. Everything is empty, and `clean` None, where there is no record.

    `made` and `destroyed` map ids to addresses; an id may stand in both. `clean` is whether the last run ended clean
    (design section 4.4); `unfinished` are the addresses that the last, unclean run had begun to change.
    """

    applied: Mapping[Address, Applied] = field(default_factory=dict[Address, Applied])
    made: Mapping[str, Address] = field(default_factory=dict[str, Address])
    destroyed: Mapping[str, Address] = field(default_factory=dict[str, Address])
    unfinished: frozenset[Address] = frozenset()
    clean: bool | None = None

    def knows(self, address: Address) -> bool:
        """Whether a run of this record has had to do with `address`."""
        return address in self.applied or address in self.made.values() or address in self.unfinished

    def lost(self, address: Address, seen: frozenset[str]) -> tuple[str, ...]:
        """Ids that a clean record has at `address` and that are not among `seen`: destroyed behind our back."""
        if not self.clean or address not in self.applied:
            return ()
        return tuple(sorted(set(self.applied[address].ids) - seen))
