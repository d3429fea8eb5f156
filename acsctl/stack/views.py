"""What an expression or a reference sees of resources and modules: one thing, many, one that is absent, a module's outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address
from acsctl.model.resource import Spec
from acsctl.model.schema import Schema
from acsctl.model.unknown import Deferred, Outputs, Ref


class NoSuch(ValueError):
    """A name behind a dot that is not there; `allowed` are those that are."""

    def __init__(self, message: str, *, word: str, allowed: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(message)
        self.word = word
        self.allowed = tuple(allowed)
        self.hint = hint


class View:
    """The base. `name` is what a person calls it, `addresses` are the whole resources that a use of it depends on."""

    name: str

    @property
    def addresses(self) -> frozenset[Address]:
        """The resources behind it, fleets as wholes."""
        raise NotImplementedError

    def get(self, key: str | int) -> Any:
        """What stands behind the dot, a View or a value. Raises NoSuch."""
        raise NotImplementedError

    def targets(self) -> list[Ref | str]:
        """What a reference to it means: one or several resources, or ids of existing things."""
        raise NotImplementedError

    @property
    def single(self) -> bool:
        """Whether it is one thing and no collection."""
        return True

    @property
    def label(self) -> str:
        """What it is, for a message."""
        return f"{self.name} is a resource"


@dataclass(frozen=True)
class One(View):
    """A resource, a fleet, or a member of a fleet (then `address` is numbered). `spec` is what the file says of it.

    `derived` are outputs that are known without the cloud; `given` is true for a thing that is only looked up.
    """

    name: str
    address: Address
    schema: Schema
    spec: Spec = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    count: int | None = None
    given: bool = False

    @property
    def addresses(self) -> frozenset[Address]:
        """The resource, without a member's number."""
        return frozenset((self.address.whole,))

    @property
    def single(self) -> bool:
        """A fleet with a written count is many."""
        return self.count is None

    def get(self, key: str | int) -> Any:
        """A member of a fleet, a written field, a computed output, or an output that is known later."""
        word = str(key)
        if self.count is not None:
            if word == "all":
                return Every(tuple(self.members()))
            if word.isdecimal():
                return self._member(int(word[:9]))
            if word == "id" or word in self.schema.aggregate.values():
                raise NoSuch(
                    f"{self.name} is a fleet of {self.count}",
                    word=word,
                    hint=f"{self.name}.1.{word} for one, {self.name}.all.{word} for all",
                )
        if word == "count" and self.schema.fleet:
            return self.count if self.count is not None else 1
        if word in self.spec:
            return self.spec[word]
        if word in self.derived:
            return self.derived[word]
        allowed = ("id", *self.schema.outputs, *self.schema.aggregate, *self.schema.fields)
        if word not in allowed:
            raise NoSuch(f"{self.name} has no {word!r}", word=word, allowed=allowed)
        return later(self.address, word)

    def members(self) -> list[One]:
        """The members of a fleet with a count; itself otherwise."""
        return [self] if self.count is None else [self._member(number) for number in range(1, self.count + 1)]

    def _member(self, number: int) -> One:
        count = self.count or 0
        if not 1 <= number <= count:
            raise NoSuch(
                f"{self.name} has no member {number}",
                word=str(number),
                hint=f"its members are 1 to {count}" if count else "it has none",
            )
        name = f"{self.name}.{number}"
        return One(name, self.address.member(number), self.schema, self.spec, self.derived, given=self.given)

    def targets(self) -> list[Ref | str]:
        """Itself, or all members of a fleet."""
        return [Ref(member.address) for member in self.members()]


def later(address: Address, output: str) -> Deferred:
    """An output of a resource, known once the cloud has told."""

    def compute(known: Mapping[Address, Outputs]) -> Any:
        return known[address][output]

    return Deferred(frozenset((address,)), compute, text=f"{'.'.join(address.path)}.{output}")


@dataclass(frozen=True)
class Existing(View):
    """An existing thing of which the file knows the id alone."""

    name: str
    id: str

    @property
    def addresses(self) -> frozenset[Address]:
        """None: it is not of this stack."""
        return frozenset()

    def get(self, key: str | int) -> Any:
        """Its id."""
        if key == "id":
            return self.id
        raise NoSuch(
            f"of {self.name} only the id is known",
            word=str(key),
            hint="describe it by a resource with `existing` to read more of it",
        )

    def targets(self) -> list[Ref | str]:
        """Its id."""
        return [self.id]


@dataclass(frozen=True)
class Absent(View):
    """A resource whose `when` is false: null in expressions, left out of lists."""

    name: str
    address: Address

    @property
    def addresses(self) -> frozenset[Address]:
        """None: nothing waits for what is not there."""
        return frozenset()

    def get(self, key: str | int) -> Any:
        """Null."""
        return None

    def targets(self) -> list[Ref | str]:
        """Nothing."""
        return []


@dataclass(frozen=True)
class Many(View):
    """What `for_each` made: members by key, in the order of the file."""

    name: str
    members: Mapping[str, View]

    @property
    def addresses(self) -> frozenset[Address]:
        """Those of all members."""
        return frozenset().union(*(member.addresses for member in self.members.values()))

    @property
    def single(self) -> bool:
        """Never, not even with one member."""
        return False

    def get(self, key: str | int) -> Any:
        """A member, or `all` of them."""
        word = str(key)
        if word in self.members:
            return self.members[word]
        if word == "all":
            return Every(tuple(self.members.values()))
        raise NoSuch(f"{self.name} has no member {word!r}", word=word, allowed=("all", *self.members))

    def targets(self) -> list[Ref | str]:
        """All members."""
        return [target for member in self.members.values() for target in member.targets()]


@dataclass(frozen=True)
class Every(View):
    """All members of something that is many: what stands behind the dot is a list."""

    members: tuple[View, ...]
    name: str = "`all`"

    @property
    def addresses(self) -> frozenset[Address]:
        """Those of all members."""
        return frozenset().union(*(member.addresses for member in self.members))

    @property
    def single(self) -> bool:
        """Never."""
        return False

    def get(self, key: str | int) -> Any:
        """The list of what each member has; absent members are left out."""
        found = [member.get(key) for member in self.members if not isinstance(member, Absent)]
        return Every(tuple(found)) if found and all(isinstance(item, View) for item in found) else found

    def targets(self) -> list[Ref | str]:
        """All members."""
        return [target for member in self.members for target in member.targets()]


@dataclass(frozen=True)
class Named:
    """What a name of the stack stands for. `edges` are the resources that its value was made from.

    `failed` where it has a problem of its own.
    """

    value: Any
    edges: frozenset[Address] = frozenset()
    failed: bool = False


@dataclass(frozen=True)
class Module(View):
    """One instance of a module: its outputs, and all resources inside for `needs`."""

    name: str
    outputs: Mapping[str, Named]
    inside: frozenset[Address]

    @property
    def label(self) -> str:
        """It is no resource."""
        return f"{self.name} is a module"

    @property
    def addresses(self) -> frozenset[Address]:
        """All resources inside."""
        return self.inside

    def get(self, key: str | int) -> Any:
        """The value of an output."""
        if key not in self.outputs:
            raise NoSuch(f"the module {self.name} has no output {str(key)!r}", word=str(key), allowed=self.outputs)
        return self.outputs[str(key)].value

    def targets(self) -> list[Ref | str]:
        """A module is no resource."""
        raise NoSuch(f"{self.name} is a module", word=self.name, allowed=[f"{self.name}.{output}" for output in self.outputs])
