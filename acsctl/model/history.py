"""What the record remembers of a stack, as a value: read by the diff, written by `record`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address
from acsctl.model.digest import digest


@dataclass(frozen=True)
class Applied:
    """What was last applied to an address: the resolved spec without secrets, user tags, and the ids that it has.

    `secrets` are the dotted paths at which the file had a secret, this time or before, and the cloud may have it still.
    `guards` is whether it was to be protected and retained, by these words.
    """

    spec: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    ids: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    guards: Mapping[str, bool] = field(default_factory=dict[str, bool])

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that were set, in their order, those whose value was a secret last."""
        return tuple(dict.fromkeys([*self.spec, *(path for path in self.secrets if "." not in path)]))

    def is_secret(self, path: str) -> bool:
        """Whether what stands at a dotted path is a secret, is in one or has one inside."""
        return any(f"{path}.".startswith(f"{one}.") or one.startswith(f"{path}.") for one in self.secrets)


@dataclass(frozen=True)
class History:
    """The record of a stack. Everything is empty, and `clean` None, where there is no record.

    `made` and `destroyed` map ids to addresses, each by what was last. `clean` is whether the last run ended clean;
    `unfinished` are the addresses that the last, unclean run had begun to change, `gone` what it took to be gone from
    them, `fresh` the ids that it has made, or this one, `replacing` what it was told to replace, and `plan` is the digest of
    the plan that it was carrying out.
    """

    applied: Mapping[Address, Applied] = field(default_factory=dict[Address, Applied])
    made: Mapping[str, Address] = field(default_factory=dict[str, Address])
    destroyed: Mapping[str, Address] = field(default_factory=dict[str, Address])
    unfinished: frozenset[Address] = frozenset()
    gone: Mapping[Address, tuple[str, ...]] = field(default_factory=dict[Address, tuple[str, ...]])
    clean: bool | None = None
    plan: str = ""
    replacing: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()

    def has_replaced(self, asked: Address, id: str) -> bool:
        """Whether a thing is what the unclean run made where it was told to replace `asked`, a resource or one member.

        It may have been killed before it could note the id: then what it replaces tells.
        """
        gone = self.gone.get(asked.whole, ())
        return str(asked) in self.replacing and (id in self.fresh or (bool(gone) and id not in gone))

    def knows(self, address: Address) -> bool:
        """Whether a run of this record has had to do with `address`."""
        had = (*self.made.values(), *self.destroyed.values())
        return address in self.applied or address in had or address in self.unfinished

    def lost(self, address: Address, seen: frozenset[str]) -> tuple[str, ...]:
        """Ids that a clean record has at `address` and that are not among `seen`: destroyed behind our back."""
        if not self.clean or address not in self.applied:
            return ()
        return tuple(sorted(set(self.applied[address].ids) - seen))

    def before(self, address: Address, seen: frozenset[str]) -> tuple[str, ...]:
        """What stands for the ids that were at `address` and are not among `seen`: the tokens of their creation are spent.

        After an unclean run what that run knew, so that what it had sent is sent again with the same token.
        """
        if address in self.gone:
            return self.gone[address]
        destroyed = sorted(id for id, at in self.destroyed.items() if at == address)
        return (*self.lost(address, seen), *([digest(destroyed, key=str(address))] if destroyed else []))
