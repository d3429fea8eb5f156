"""Structural schemas: of the built-in kinds from the metadata, of custom resources from their OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from acsctl.emulator.kubernetes.objects.metadata import load

Type = Literal["", "object", "array", "string", "integer", "number", "boolean"]
ListType = Literal["atomic", "set", "map"]
MapType = Literal["granular", "atomic"]
Zero = Literal["omit", "keep", "always"]

CHECKS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
LIST_TYPES: Mapping[str, ListType] = {"a": "atomic", "s": "set"}
MAP_TYPES: Mapping[int, MapType] = {0: "granular", 1: "atomic"}
ZEROS: Mapping[str, Zero] = {"": "omit", "k": "keep", "a": "always"}


@dataclass(frozen=True, eq=False)
class Schema:
    """One place of an object. Recursive types hold themselves: walk by the object, never by the schema.

    type: empty takes anything. fields: of an object that has named fields; values: of a map; item: of an array.
    has_default tells a default of null or false from none. checks: the further ones of a custom resource's schema (minimum,
    pattern ... as in OpenAPI). zero: what the server's encoder does with an empty value of a built-in kind. name: of a
    built-in type, `core.v1.PodSpec`. patch_strategy: `merge`, `replace`, `retainKeys`.
    """

    type: Type = ""
    fields: Mapping[str, "Schema"] = field(default_factory=dict)
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
    checks: Mapping[str, Any] = field(default_factory=dict)
    zero: Zero = "omit"
    name: str = ""

    def child(self, key: str) -> "Schema | None":
        """Of a field or of a map's value; None when such a field is unknown."""
        found = self.fields.get(key)
        return self.values if found is None else found


ANY = Schema(preserve_unknown=True, nullable=True)


@cache
def schema_of(api_version: str, *, kind: str) -> Schema | None:
    """The schema of a built-in kind, also of those that are no resource of their own (Scale, Eviction, DeleteOptions)."""
    name = load("kubernetes.json")["kinds"].get(f"{api_version} {kind}")
    return None if name is None else named(name)


_known: dict[str, Schema] = {}


def named(name: str) -> Schema:
    """A built-in type by its short name, `meta.v1.ObjectMeta`. Raises KeyError."""
    if name not in _known:
        data = load("kubernetes.json")["types"][name]
        fields: dict[str, Schema] = {}
        # Known before its fields are: a type may hold itself. Whoever refers to it shares this mapping.
        _known[name] = replace(_place(data), fields=fields, name=name, required=_required(data))
        if isinstance(data, dict):
            fields.update({key: _place(value) for key, value in data.get("p", {}).items()})
    return _known[name]


def _required(data: Any) -> tuple[str, ...]:
    return tuple(data.get("r", ())) if isinstance(data, dict) else ()


def _place(data: Any) -> Schema:
    if isinstance(data, str):
        return named(data[1:]) if data.startswith("@") else Schema(type=_type(data))
    if "@" in data:
        target = named(data["@"])
        return replace(target, **_marks(data), map_type=_map_type(data, target.map_type))
    kind = "object" if "p" in data else data.get("t", "")
    return Schema(
        type=_type(kind),
        format=data.get("f", ""),
        int_or_string=data.get("f") == "int-or-string",
        preserve_unknown=not data.get("p") and "v" not in data and kind in ("", "object"),
        item=_place(data["i"]) if "i" in data else None,
        values=_place(data["v"]) if "v" in data else None,
        list_type="map" if isinstance(data.get("l"), list) else LIST_TYPES[data.get("l", "a")],
        list_keys=tuple(data["l"]) if isinstance(data.get("l"), list) else (),
        map_type=_map_type(data, "granular"),
        **_marks(data),
    )


def _map_type(data: Mapping[str, Any], otherwise: MapType) -> MapType:
    return MAP_TYPES[data["m"]] if "m" in data else otherwise


def _marks(data: Mapping[str, Any]) -> dict[str, Any]:
    """What belongs to the place and not to the type."""
    return {
        "patch_strategy": tuple(data.get("s", ())),
        "patch_merge_key": data.get("k", ""),
        "has_default": "d" in data,
        "default": data.get("d"),
        "zero": ZEROS[data.get("z", "")],
    }


def _type(name: Any) -> Type:
    for one in ("object", "array", "string", "integer", "number", "boolean"):
        if name == one:
            return one
    return ""


def from_openapi(document: Mapping[str, Any]) -> Schema:
    """The schema of a custom resource from its `openAPIV3Schema`, completed with apiVersion, kind and metadata."""
    made = _custom(document, preserve=False)
    server = {"apiVersion": Schema(type="string"), "kind": Schema(type="string"), "metadata": named("meta.v1.ObjectMeta")}
    return replace(made, type="object", fields={**made.fields, **server})


def _custom(document: Mapping[str, Any], *, preserve: bool) -> Schema:
    preserve = bool(document.get("x-kubernetes-preserve-unknown-fields", preserve))
    embedded = bool(document.get("x-kubernetes-embedded-resource"))
    fields = {key: _custom(value, preserve=False) for key, value in document.get("properties", {}).items()}
    if embedded:
        fields = {
            "apiVersion": Schema(type="string"),
            "kind": Schema(type="string"),
            "metadata": named("meta.v1.ObjectMeta"),
            **fields,
        }
    more = document.get("additionalProperties")
    items = document.get("items")
    return Schema(
        type=_type(document.get("type", "")),
        fields=fields,
        values=_custom(more, preserve=False) if isinstance(more, Mapping) else (ANY if more is True else None),
        item=_custom(items, preserve=False) if isinstance(items, Mapping) else None,
        required=tuple(document.get("required", ())),
        enum=tuple(document.get("enum") or ()),
        nullable=bool(document.get("nullable")),
        format=document.get("format", ""),
        int_or_string=bool(document.get("x-kubernetes-int-or-string")),
        preserve_unknown=preserve,
        embedded=embedded,
        **_custom_merging(document),
        checks={key: document[key] for key in CHECKS if key in document},
        zero="keep",
    )


def _custom_merging(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "list_type": document.get("x-kubernetes-list-type", "atomic"),
        "list_keys": tuple(document.get("x-kubernetes-list-map-keys", ())),
        "map_type": document.get("x-kubernetes-map-type", "granular"),
        "has_default": "default" in document,
        "default": document.get("default"),
    }
