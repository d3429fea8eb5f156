"""The schema of a kind: a typed class, read once into a tree of fields.

From it come validation at load, the comparison in the diff, `explain`, the JSON Schema for editors and the table in
the documentation. A kind writes a pydantic class whose fields are made by `attr`; `Schema` adds what belongs to the
kind as a whole. Everything here is pure.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pydantic

from acsctl.errors import Place
from acsctl.model import introspect
from acsctl.model.field import MISSING, Field, Files, FileText, Folder, Meta, Reference, Shape, SpecModel, attr
from acsctl.model.resource import Desired, Live, Part, Spec


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a spec. `path` leads to it from the resource: ("ingress", 0, "port").

    `at` is "key" where the key itself is wrong, `allowed` what may stand there, for the nearest match. `place` is set where the
    mistake stands in another file, which the spec names.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    at: Literal["value", "key"] = "value"
    allowed: tuple[str, ...] = ()
    place: Place | None = None


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


def _no_parts(spec: Spec) -> Iterable[Part]:
    return ()


def _never_first(live: Live, spec: Spec) -> bool:
    return False


@dataclass(frozen=True)
class Schema:
    """What is known of a kind without a cloud.

    `outputs` are name -> description; `ids` is a regular expression for the kind's ids, empty where names are ids. A `fleet`
    has alike members and a `count`, dealt over the values of the field `spread`; `aggregate` are its outputs as lists over the
    members: {"ids": "id"}. Replacing a `stateful` kind loses data. `durations` are usual cloud seconds by verb ("create",
    "update", "delete"). `check` refuses at load, `derive` computes outputs that need no cloud, `normalise` brings a written
    spec into the shape of a live one (lists multiplied out), `keys(verb, spec)` are the queues that a
    write holds, `forces` names the fields that cannot be changed in place on this live thing (spec_of gives what is
    wanted, or known, of a referenced thing), `create_first` tells whether a replacement can be made beside the old one,
    `clashes` whether what is wanted cannot be there together with that live thing (of the same kind), `parts` are what a wanted
    thing is made of, where each is worth a line of the plan, and `part` is the word for one of them.

    `clears` are kinds without which a thing can no longer be cleared of what it has made in the cloud by itself: it is cleared
    before those of them that stand on it go, and after all others.

    A `markless` kind takes no tags, and our mark does not fit into its create call: what stands under its natural key after an
    unclean run that had begun to make it is taken for ours. `takes_over` maps a reference field to the fields of its targets
    that are no longer compared; `wipes` is the reference field whose targets lose what they hold when they are named. A kind
    that `waits` takes long: an update without fields waits for what an unclean run has left on its way. An `untagged` kind is a
    part of something else, known by that: tags are not compared. `trims` is the reference field that tells where what leaves
    the file goes last, once everything of the kind in that place is brought: one of them may take it over.
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
    clashes: Callable[[Live, Spec], bool] = _never_first
    parts: Callable[[Spec], Iterable[Part]] = _no_parts
    part: str = ""
    markless: bool = False
    takes_over: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    wipes: str = ""
    waits: bool = False
    untagged: bool = False
    clears: tuple[str, ...] = ()
    trims: str = ""

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields in the order of the class."""
        return introspect.fields(self.model)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of a spec, for editors."""
        with warnings.catch_warnings():
            # MISSING is no JSON, and is rightly left out.
            warnings.simplefilter("ignore", pydantic.json_schema.PydanticJsonSchemaWarning)
            return self.model.model_json_schema()


Schemas = Mapping[str, Schema]


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


__all__ = [
    "MISSING",
    "Fault",
    "Field",
    "FileText",
    "Files",
    "Folder",
    "Meta",
    "Others",
    "Part",
    "Reference",
    "Schema",
    "Schemas",
    "Shape",
    "SpecModel",
    "SpecOf",
    "attr",
    "references",
]
