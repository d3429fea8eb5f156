"""The schema of a kind: a typed class, read once into a tree of fields.

From it come validation at load, the comparison in the diff, `explain`, the JSON Schema for editors and the table in
the documentation. A kind writes a pydantic class whose fields are made by `attr`; `Schema` adds what belongs to the
kind as a whole. Everything here is pure.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import pydantic

from acsctl.model.change import Impact
from acsctl.model.resource import Desired, Live, Spec

Shape = Literal["text", "integer", "number", "boolean", "any", "list", "object", "mapping"]
Read = Literal["bulk", "each", "never"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""The default of a field that has none: not written means not managed."""


@dataclass(frozen=True)
class Reference:
    """Marks a field as one in which names of the stack are looked up.

    `kinds` may be pointed to, `ids` is a regular expression for the cloud's own ids, `also` tells other texts that the
    field takes (a CIDR in a rule). A `late` reference makes no edge: it is written after both exist and removed
    before either goes. A `detachable` one can be taken off before its target is replaced.
    """

    kinds: tuple[str, ...]
    ids: str
    late: bool = False
    detachable: bool = False
    also: Callable[[str], bool] | None = None


@dataclass(frozen=True)
class Meta:
    """What a schema says of a field beyond its type; `attr` explains the words."""

    immutable: bool = False
    secret: bool = False
    natural_key: bool = False
    choice: bool = False
    as_set: bool = False
    read: Read = "bulk"
    impact: Impact = Impact.NONE
    reset: Any = MISSING
    reference: Reference | None = None
    same: Callable[[Any, Any], bool] | None = None
    key: str = ""


def attr(default: Any = MISSING, *, doc: str, meta: Meta | None = None, **limits: Any) -> Any:
    """Declare a field of a kind's schema class.

    `default` is `...` for a required field, MISSING for one that is not managed unless written. `limits` are pydantic's
    (`ge`, `le`, `pattern`, `min_length`, ...). The words of `Meta`: `immutable` cannot change in place; `secret` is never
    shown; `natural_key` must be known at load; `choice`: the wanted value is a list and a live thing has one of it;
    `as_set`: a list whose order means nothing, compared item by item; `read` is how the cloud gives it back (with lists,
    by a call `each`, `never`); `impact` of a change; `reset` is what the cloud has when nothing is written; `same`
    compares wanted and live where equality is not enough; `key` names the item of a list of objects.
    """
    info = pydantic.Field(default=... if default is ... else default, description=doc, **limits)
    info.metadata.append(meta or Meta())
    return info


class SpecModel(pydantic.BaseModel):
    """The base of a kind's schema class and of the objects inside it."""

    model_config = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a spec. `path` leads to it from the resource: ("ingress", 0, "port").

    `at` is "key" where the key itself is wrong, `allowed` what may stand there, for the nearest match.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    at: Literal["value", "key"] = "value"
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One field. `shape` is what stands there; `fields` are those of an object, or of the items of a list of objects.

    `item` is the shape of a list's items or of a mapping's values. `annotation` is the Python type with its limits, for lists
    and mappings that of an item; `limits` are those of the list itself (objects with `min_length`, `max_length`).
    """

    name: str
    shape: Shape
    doc: str
    required: bool
    default: Any
    meta: Meta
    annotation: Any
    item: Shape | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    limits: tuple[Any, ...] = ()

    @cached_property
    def adapter(self) -> pydantic.TypeAdapter[Any]:
        """Validates one value of the leaf (of an item, for a list or a mapping)."""
        return pydantic.TypeAdapter(self.annotation)

    @cached_property
    def each(self) -> Field:
        """One item of the list, or one value of the mapping, as a field of its own."""
        return replace(self, shape=self.item or "any", item=None, limits=())


Others = Mapping[Any, Desired]
SpecOf = Callable[[Any], Spec | None]


def _no_faults(spec: Spec, others: Others) -> Iterable[Fault]:
    return ()


def _nothing(spec: Spec) -> Mapping[str, Any]:
    return {}


def _same_spec(spec: Spec) -> Spec:
    return spec


def _no_keys(verb: str, spec: Spec) -> tuple[str, ...]:
    return ()


def _no_forces(live: Live, spec: Spec, spec_of: SpecOf) -> Iterable[str]:
    return ()


def _never_first(live: Live, spec: Spec) -> bool:
    return False


@dataclass(frozen=True)
class Schema:
    """What is known of a kind without a cloud.

    `outputs` are name -> description; `ids` is a regular expression for the kind's ids. A `fleet` has alike members and
    a `count`, dealt over the values of the field `spread`; `aggregate` are its outputs as lists over the members:
    {"ids": "id"}. Replacing a `stateful` kind loses data. `durations` are usual cloud seconds by verb ("create", "update",
    "delete"). `check` refuses at load, `derive` computes outputs that need no cloud, `normalise` brings a written spec
    into the shape of a live one (lists multiplied out), `keys(verb, spec)` are the queues that a
    write holds, `forces` names the fields that cannot be changed in place on this live thing (spec_of gives what is
    wanted, or known, of a referenced thing), `create_first` tells whether a replacement can be made beside the old one.
    """

    kind: str
    model: type[SpecModel]
    doc: str
    outputs: Mapping[str, str]
    ids: str
    fleet: bool = False
    spread: str = ""
    stateful: bool = False
    durations: Mapping[str, float] = field(default_factory=dict[str, float])
    aggregate: Mapping[str, str] = field(default_factory=dict[str, str])
    check: Callable[[Spec, Others], Iterable[Fault]] = _no_faults
    derive: Callable[[Spec], Mapping[str, Any]] = _nothing
    normalise: Callable[[Spec], Spec] = _same_spec
    keys: Callable[[str, Spec], tuple[str, ...]] = _no_keys
    forces: Callable[[Live, Spec, SpecOf], Iterable[str]] = _no_forces
    create_first: Callable[[Live, Spec], bool] = _never_first

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields in the order of the class."""
        return read_fields(self.model)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of a spec, for editors."""
        with warnings.catch_warnings():
            # MISSING is no JSON, and is rightly left out.
            warnings.simplefilter("ignore", pydantic.json_schema.PydanticJsonSchemaWarning)
            return self.model.model_json_schema()


Schemas = Mapping[str, Schema]


def read_fields(model: type[SpecModel]) -> dict[str, Field]:
    """The tree of fields of a schema class."""
    from acsctl.model import introspect  # needs this module's classes

    return introspect.fields(model)


def references(fields: Mapping[str, Field], spec: Any, *, path: tuple[str | int, ...] = ()) -> Iterable[tuple[Field, Any]]:
    """Each value of a spec that stands in a reference field, with the field; lists are spliced."""
    for name, item in fields.items():
        value = spec.get(name) if isinstance(spec, Mapping) else None
        if value is None:
            continue
        rows: Sequence[Any] = value if isinstance(value, (list, tuple)) else [value]
        if item.meta.reference:
            yield from ((item, row) for row in rows)
        elif item.fields:
            for row in rows:
                yield from references(item.fields, row, path=(*path, name))
