"""Structural schemas: of the built-in kinds from the metadata, of custom resources from their OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Type = Literal["", "object", "array", "string", "integer", "number", "boolean"]
ListType = Literal["atomic", "set", "map"]
MapType = Literal["granular", "atomic"]


@dataclass(frozen=True, eq=False)
class Schema:
    """One place of an object. Recursive types hold themselves: walk by the object, never by the schema.

    type: empty takes anything. fields: of an object that has named fields; values: of a map; item: of an array.
    has_default tells a default of null or false from none. rules: the further checks of a custom resource's schema
    (minimum, pattern, ... as in OpenAPI).
    """

    type: Type = ""
    fields: Mapping[str, "Schema"] = MappingProxyType({})
    values: "Schema | None" = None
    item: "Schema | None" = None
    required: tuple[str, ...] = ()
    enum: tuple[Any, ...] = ()
    nullable: bool = False
    format: str = ""
    int_or_string: bool = False
    preserve_unknown: bool = False
    embedded: bool = False
    list_type: ListType = "atomic"
    list_keys: tuple[str, ...] = ()
    map_type: MapType = "granular"
    patch_strategy: tuple[str, ...] = ()
    patch_merge_key: str = ""
    has_default: bool = False
    default: Any = None
    rules: Mapping[str, Any] = MappingProxyType({})
    name: str = ""


def schema_of(api_version: str, *, kind: str) -> Schema | None:
    """The schema of a built-in kind, also of those that are no resource of their own (Scale, Eviction, DeleteOptions)."""
    raise NotImplementedError


def from_openapi(document: Mapping[str, Any]) -> Schema:
    """The schema of a custom resource from its `openAPIV3Schema`, with apiVersion, kind and metadata as the server adds them."""
    raise NotImplementedError
