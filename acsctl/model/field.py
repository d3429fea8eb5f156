"""One field of a kind's schema: how it is declared, and what the rest of acsctl reads of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from acsctl.model.change import FieldChange, Impact

if TYPE_CHECKING:
    from acsctl.model.foresight import Compared

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

    `kinds` may be pointed to, `ids` is a regular expression for the cloud's own ids (empty where names are ids), `also` tells
    other texts that the field takes (a CIDR in a rule). A `late` reference makes no edge: it is written after both exist and
    removed before either goes. A `detachable` one can be taken off before its target is replaced.
    """

    kinds: tuple[str, ...]
    ids: str
    late: bool = False
    detachable: bool = False
    also: Callable[[str], bool] | None = None


@dataclass(frozen=True)
class Files:
    """Marks a field whose texts are paths of files: `load` puts a `FileText` in the place of each.

    `globs`: a path may be a pattern and mean several. `shipped` is how the name of a file that comes with acsctl ends, which a
    plain word names; empty where there are none. `folder`: the path is that of a folder or of an archive, and a `Folder` takes
    its place. `url`: the text is an address, of which a `Folder` that is nowhere on this machine is made.
    """

    globs: bool = False
    shipped: str = ""
    folder: bool = False
    url: bool = False


@dataclass(frozen=True)
class FileText:
    """What a file holds: `path` as a person finds it, and for whom it was read: the stack's name and the address.

    `name` is the path from the stack's folder, which is the same in every checkout.
    """

    path: str
    text: str = field(repr=False)
    stack: str = ""
    address: str = ""
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class Folder:
    """A folder or an archive that a field names: `path` as a person finds it, and for whom it was read, as of a `FileText`.

    `where` is its full path, `fence` that of the folder of the stack; both are empty for an address. `listing` has a digest and
    the name of each file in it.
    """

    path: str
    where: str = ""
    fence: str = ""
    listing: str = field(default="", repr=False)
    stack: str = ""
    address: str = ""
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.path


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
    holds: bool = False
    files: Files | None = None
    lasting: bool = False
    compare: Callable[[Compared], Iterable[FieldChange]] | None = None


def attr(default: Any = MISSING, *, doc: str, meta: Meta | None = None, **limits: Any) -> Any:
    """Declare a field of a kind's schema class.

    `default` is `...` for a required field, MISSING for one that is not managed unless written. `limits` are pydantic's
    (`ge`, `le`, `pattern`, `min_length`, ...). The words of `Meta`: `immutable` cannot change in place; `secret` is never
    shown; `natural_key` must be known at load; `choice`: the wanted value is a list and a live thing has one of it;
    `as_set`: a list whose order means nothing, compared item by item; `read` is how the cloud gives it back (with lists,
    by a call `each`, `never`); `impact` of a change; `reset` is what the cloud has when nothing is written; `same`
    compares wanted and live where equality is not enough; `key` names the item of a list of objects; `holds`: an
    item that is taken out of the list takes data with it; `files`: its texts are
    paths, and load reads what they hold; `lasting`: its change goes on after the cloud shows the new value, so that where a run
    broke off in it it is taken up again; `compare` tells what differs where no field-by-field look does (see `Compared`).
    """
    info = pydantic.Field(default=... if default is ... else default, description=doc, **limits)
    info.metadata.append(meta or Meta())
    return info


class SpecModel(pydantic.BaseModel):
    """The base of a kind's schema class and of the objects inside it."""

    model_config = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


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
