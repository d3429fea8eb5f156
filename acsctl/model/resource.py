"""What is wanted and what is there, in one shape: a normalised spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from acsctl.errors import NOWHERE, Place
from acsctl.model.address import Address
from acsctl.model.ownership import Mark

Spec = Mapping[str, Any]
"""Field name -> value. Leaves are JSON values; in a desired spec also `Deferred`, `Ref` and `Secret`."""


@dataclass(frozen=True)
class Lookup:
    """How to find an existing thing: `existing: ID` gives `{"id": ID}`; exactly one match is wanted."""

    query: Mapping[str, Any]


@dataclass(frozen=True)
class Desired:
    """One resource of the stack file, a fleet being one resource with a `count`.

    `spec` holds the written fields and the schema's defaults, without the words that every resource may carry;
    `written` the names of the fields that the file has. `edges` are all resources that must exist before
    (references, names read by expressions, `needs`). `count` is None where the kind is no fleet or none is written.
    `absent` is why the resource is not wanted though its block stands ("`when` is false"), else empty.
    """

    address: Address
    spec: Spec = field(default_factory=dict[str, Any])
    written: frozenset[str] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    edges: frozenset[Address] = frozenset()
    count: int | None = None
    existing: Lookup | None = None
    adopt: tuple[str, ...] = ()
    protect: bool = False
    retain: bool = False
    ignore: tuple[str, ...] = ()
    timeout: float | None = None
    absent: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True)
class Part:
    """One of the things that a resource is made of, for a line of its own: `title`, and what is to be said in short."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Live:
    """One thing in the cloud, normalised to its kind's schema.

    `spec` has ids where the desired one has references. `tags` are the user's, `mark` is ours (None on a thing that
    is only looked up). `state` is "ready", "pending" or "failed", `reason` the cloud's word for it. `created` is
    ISO 8601 or empty, and only compared. `number` of a fleet's member stands in `address`. `parts` are what it is made of,
    where that is several, and `raw` is what the list showed, for the kind that listed it.
    """

    address: Address
    id: str
    spec: Spec = field(default_factory=dict[str, Any])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    mark: Mark | None = None
    state: Literal["pending", "ready", "failed"] = "ready"
    reason: str = ""
    created: str = ""
    name: str = ""
    parts: tuple[Part, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)

    @property
    def known(self) -> dict[str, Any]:
        """What expressions may read of it: its fields, its outputs, its name and its id."""
        return {"name": self.name, **self.spec, **self.outputs, "id": self.id}


@dataclass(frozen=True)
class Stack:
    """A loaded stack file.

    `resources` are in the order of the file. `moved` are pairs of addresses (from, to). `outputs` are values, `Deferred`
    where they read what is not known at load; `secret_outputs` names those that are shown only on request.
    What it was made from, for saved plans: the texts of `files` by their path from the stack's folder, `values` that env() and
    file() gave, by "env NAME" and "file PATH", and `variables`, those that are secret as `Secret`.
    """

    name: str
    region: str
    account: str = ""
    resources: Mapping[Address, Desired] = field(default_factory=dict)
    moved: tuple[tuple[Address, Address], ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret_outputs: frozenset[str] = frozenset()
    record: str = ""
    file: str = ""
    files: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
