"""Addresses: the name that people, tags and the record have for a resource."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, order=True)
class Address:
    """`kind.name`, with modules in front and a `for_each` key behind the name: `vswitch.net.private.h`.

    `number` is a member of a fleet, counted from 1. All members of a fleet carry one address without number in
    their tag, because RunInstances has one set of tags a call (sheet compute.md 1.1).
    """

    kind: str
    path: tuple[str, ...]
    number: int | None = None

    def __str__(self) -> str:
        return self.tag if self.number is None else f"{self.tag}.{self.number}"

    @property
    def tag(self) -> str:
        """The text that is kept in the ownership tag: the address without a member's number."""
        return ".".join((self.kind, *self.path))

    @property
    def whole(self) -> Address:
        """The resource that this is a member of; itself where it is no member."""
        return self if self.number is None else replace(self, number=None)

    def member(self, number: int) -> Address:
        """Member `number` of this fleet."""
        return replace(self, number=number)

    def default_name(self, stack: str) -> str:
        """The name in the cloud of something without a written name: `<stack>-<name>[-key]`, without a number."""
        return "-".join((stack, *self.path)).replace("_", "-")


def parse(text: str) -> Address:
    """Read `kind.name[...]` as it stands in a tag; the number of a member is not told apart from a key here.

    Raises ValueError where there is no kind or no name.
    """
    kind, *path = text.split(".")
    if not kind or not path or not all(path):
        raise ValueError(f"{text!r} is not an address: expected kind.name")
    return Address(kind, tuple(path))
