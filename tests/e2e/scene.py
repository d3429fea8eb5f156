"""One resource among others, and what somebody else does to it: the words in which the tables of cases are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from acsctl.kinds import registry
from acsctl.model.schema import Field
from tests.support.lab import Block, Lab

NAME = "it"
ALONE: Mapping[str, Block] = {}


@dataclass(frozen=True)
class Edit:
    """What is written into the block instead. `base` comes before it, `also` are further fields that then change too."""

    block: Block
    base: Block = field(default_factory=dict[str, Any])
    also: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Drift:
    """What somebody else does. `paths` are the fields that the plan shows, `replaces` whether repairing takes a new one."""

    does: Callable[[Scene], None]
    paths: frozenset[str] = frozenset()
    replaces: bool = False


@dataclass(frozen=True)
class Case:
    """One kind: a block with every field written, and for every field what else may stand there.

    `edits` are for fields that can change, `replacements` for those that cannot, by dotted path; `drifts` for those that the
    API can change and read, `fixed` says of the others why not. `tagged` is the product and its word for the kind.
    """

    kind: str
    block: Block
    edits: Mapping[str, Edit]
    replacements: Mapping[str, Edit]
    drifts: Mapping[str, Drift]
    tagged: tuple[str, str]
    delete: Callable[[Scene], None]
    around: Mapping[str, Block] = field(default_factory=dict[str, Block])
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    count: int | None = None

    def __str__(self) -> str:
        return self.kind if self.count is None else f"{self.kind}-fleet"

    @property
    def address(self) -> str:
        """The address of the resource that it is about."""
        return f"{self.kind}.{NAME}"

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every field of the schema by dotted path; of an object those inside."""
        return dict(leaves(registry.schemas()[self.kind].fields))

    @property
    def stateful(self) -> bool:
        """Whether its replacement has to be allowed."""
        return registry.schemas()[self.kind].stateful

    @property
    def things(self) -> int:
        """How many things it is."""
        return self.count or 1

    def deep(self, path: str) -> tuple[str, ...]:
        """The flag that a plan needs to see a drift of this field."""
        return ("--deep",) if self.fields[path].meta.read == "each" else ()


def leaves(fields: Mapping[str, Field], prefix: str = "", immutable: bool = False) -> Iterator[tuple[str, Field]]:
    """Fields by dotted path, those of objects instead of the objects."""
    for name, item in fields.items():
        if item.shape == "object":
            yield from leaves(item.fields, f"{prefix}{name}.", immutable or item.meta.immutable)
        else:
            yield f"{prefix}{name}", item


class Scene:
    """A case in a lab. Attributes of the cloud are asked for when they are needed."""

    def __init__(self, lab: Lab, case: Case) -> None:
        self.lab = lab
        self.case = case

    def write(self, *changes: Block, without: str = "") -> None:
        """The stack with the block changed; `without` names a field, dotted, that is taken out of it."""
        block = dict(self.case.block)
        for change in changes:
            block |= {name: _merged(block.get(name), value) for name, value in change.items()}
        block = {name: value for name, value in _without(block, without).items() if value is not None}
        fleet = {} if self.case.count is None else {"count": self.case.count}
        self.lab.stack({**self.case.around, NAME: {"kind": self.case.kind, **fleet, **block}})

    def leave(self) -> None:
        """The stack without the block."""
        self.lab.stack(self.case.around)

    @property
    def things(self) -> list[Any]:
        """What the tool sees of it, in the order of numbers."""
        shown = self.lab.show("--deep")
        names = [self.case.address, *(f"{self.case.address}.{number}" for number in range(1, self.case.things + 1))]
        return [thing for name in names for thing in shown.get(name, [])]

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [str(thing["id"]) for thing in self.things]

    @property
    def id(self) -> str:
        """The first one's id."""
        return self.ids[0]

    def of(self, address: str) -> str:
        """The id of something around it."""
        return self.lab.id(address)

    def vpc(self, action: str, **fields: Any) -> Any:
        """Somebody else's call of the VPC product, to the end."""
        return self.lab.behind("vpc", action, **fields)

    def ecs(self, action: str, **fields: Any) -> Any:
        """Somebody else's call of the ECS product, to the end."""
        return self.lab.behind("ecs", action, **fields)

    def stopped(self, action: str, **fields: Any) -> None:
        """Somebody else's call for an instance that has to be stopped for it."""
        id = fields.get("InstanceId") or self.id
        self.ecs("StopInstance", InstanceId=id, StoppedMode="KeepCharging")
        self.ecs(action, InstanceId=id, **{name: value for name, value in fields.items() if name != "InstanceId"})
        self.ecs("StartInstance", InstanceId=id)

    def disk(self, type: str) -> str:
        """The id of a disk of the first instance."""
        (found,) = self.ecs("DescribeDisks", InstanceId=self.id, DiskType=type)["Disks"]["Disk"]
        return str(found["DiskId"])

    def rule(self, direction: str) -> Any:
        """The first rule of a direction, as the API lists it."""
        answer = self.ecs("DescribeSecurityGroupAttribute", SecurityGroupId=self.id, Direction=direction)
        return answer["Permissions"]["Permission"][0]

    def entry(self) -> Any:
        """The first SNAT entry, as the API lists it."""
        return self.vpc("DescribeSnatTableEntries", NatGatewayId=self.id)["SnatTableEntries"]["SnatTableEntry"][0]

    def ip(self, eip: str) -> str:
        """The address of an EIP of the stack."""
        return str(self.lab.thing(eip)["outputs"]["address"])


def _merged(old: Any, new: Any) -> Any:
    """Objects change key by key, as a case names only the field that it is about."""
    return {**old, **new} if isinstance(old, Mapping) and isinstance(new, Mapping) else new


def _without(block: Mapping[str, Any], path: str) -> dict[str, Any]:
    top, _, rest = path.partition(".")
    if not rest:
        return {name: value for name, value in block.items() if name != top}
    return {**block, top: _without(block[top], rest)}
