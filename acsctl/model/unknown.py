"""Values that are not plain data: not known yet, a name of the stack, or secret."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address

Outputs = Mapping[str, Any]
"""What is known of one resource: its spec fields and outputs by name."""


class Unknown(Exception):
    """Raised by `Deferred.value` while something that it reads is not known yet."""


@dataclass(frozen=True)
class Deferred:
    """A scalar that could not be evaluated at load, because it reads outputs of resources.

    `reads` are the resources whose outputs it needs; `compute` takes what is known of them (by address) and
    gives the value, raising `Unknown` or KeyError where something is missing. Made by `stack`, called below it.
    """

    reads: frozenset[Address]
    compute: Callable[[Mapping[Address, Outputs]], Any] = field(compare=False)
    text: str = ""
    secret: bool = False

    def value(self, known: Mapping[Address, Outputs]) -> Any:
        """The value, a `Secret` if it is one. Raises `Unknown` where an address that it reads is not in `known`."""
        if not self.reads <= known.keys():
            raise Unknown(self.text)
        try:
            return self.compute(known)
        except KeyError as error:
            raise Unknown(self.text) from error


@dataclass(frozen=True)
class NotKnown:
    """The place of a value that is known after apply; equal to nothing that a live thing has."""

    def __str__(self) -> str:
        return "(known after apply)"


UNKNOWN = NotKnown()


@dataclass(frozen=True)
class Ref:
    """A reference to a resource of the stack (or to one member of a fleet), standing where its id will stand."""

    address: Address

    def __str__(self) -> str:
        return str(self.address)


TOLD_APART = 4
"""Shorter secrets cannot be told from other words."""
_revealed: set[str] = set()


def hidden(text: str) -> str:
    """What somebody else says (the cloud, a cluster, a library) without the secrets that it may repeat."""
    for word in sorted(_revealed.copy(), key=len, reverse=True):
        text = text.replace(word, "(secret)")
    return text


@dataclass(frozen=True)
class Secret:
    """A value that is never shown, logged or stored. `reveal` is called only where it goes onto the wire."""

    _value: Any = field(repr=False)

    def reveal(self) -> Any:
        """The value itself; from now on `hidden` takes it out of what others say."""
        if isinstance(self._value, str) and len(self._value) >= TOLD_APART:
            _revealed.update({self._value, base64.b64encode(self._value.encode()).decode()})
        return self._value

    def __str__(self) -> str:
        return "(secret)"
