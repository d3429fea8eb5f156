"""CustomResourceDefinitions of a stack: the kinds that they bring, and their openAPIV3Schema as strict JSON Schema. Pure.

A structural schema (apiextensions.k8s.io/v1) says more and less than JSON Schema: `nullable`, `x-kubernetes-*`, exclusive
limits as booleans; what it does not name is pruned, and a required field with a default need not be written. Rules in CEL
(`x-kubernetes-validations`) are for the API server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.kube.manifest import DEFINITION, Manifest
from acsctl.model.unknown import UNKNOWN

_LIMITS = (
    *("enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    *("minProperties", "maxProperties", "required"),
)
_EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_EVERY = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {}}

Group = tuple[str, str]
"""Group and kind."""


@dataclass(frozen=True)
class Definition:
    """What a CRD called `name` declares, by served version."""

    name: str
    versions: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def schema(self, version: str) -> dict[str, Any]:
        """What objects of a version are checked against; {} where there is nothing, or it is not known yet."""
        schema = self.versions[version].get("schema")
        schema = schema.get("openAPIV3Schema") if isinstance(schema, Mapping) else None
        if not isinstance(schema, Mapping) or _is_unknown(schema):
            return {}
        found = strict(schema)
        if "properties" in found:
            found["properties"] = {**found["properties"], **_EVERY}
        return found


def declared(items: Iterable[Manifest]) -> dict[Group, Definition]:
    """By group and kind what the CRDs among `items` declare; one with unknown parts is left out."""
    found: dict[Group, Definition] = {}
    for item in items:
        spec = item.get("spec")
        if item.get("kind") != DEFINITION or not isinstance(spec, Mapping):
            continue
        names, rows = spec.get("names"), spec.get("versions")
        if isinstance(names, Mapping) and isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
            versions = {str(row.get("name")): row for row in rows if row.get("served") is not False}
            found[str(spec.get("group")), str(names.get("kind"))] = Definition(str(item["metadata"]["name"]), versions)
    return found


def _is_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_unknown, value.values()))
    return any(map(_is_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema as JSON Schema in which fields that have no place are wrong."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"], **_limits(schema)}
    found: dict[str, Any] = {**_limits(schema), **_alternatives(schema)}
    if isinstance(schema.get("type"), str):
        found["type"] = schema["type"]
    if isinstance(schema.get("items"), Mapping):
        found["items"] = strict(schema["items"])
    properties, rest = schema.get("properties"), schema.get("additionalProperties")
    if isinstance(properties, Mapping):
        found["properties"] = {name: strict(row) for name, row in properties.items() if isinstance(row, Mapping)}
        defaults = {name for name, row in properties.items() if isinstance(row, Mapping) and "default" in row}
        found["required"] = [name for name in found.get("required", ()) if name not in defaults]
    if schema.get("x-kubernetes-embedded-resource"):
        found["properties"] = {**_EVERY, **found.get("properties", {})}
    if isinstance(rest, Mapping):
        found["additionalProperties"] = strict(rest)
    elif "properties" in found and rest is not True and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found["additionalProperties"] = False
    return found


def _limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {word: schema[word] for word in _LIMITS if word in schema}
    for word, limit in _EXCLUSIVE.items():
        if schema.get(word) is True and limit in found:
            found[word] = found.pop(limit)
    if isinstance(schema.get("pattern"), str) and _compiles(schema["pattern"]):
        found["pattern"] = schema["pattern"]
    return found


def _alternatives(schema: Mapping[str, Any]) -> dict[str, Any]:
    """allOf, anyOf, oneOf and not: they only narrow what the rest allows."""
    found: dict[str, Any] = {}
    for word in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            found[word] = [_narrowing(row) for row in schema[word] if isinstance(row, Mapping)]
    if isinstance(schema.get("not"), Mapping):
        found["not"] = _narrowing(schema["not"])
    return found


def _narrowing(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = strict(schema)
    found.pop("additionalProperties", None)
    return found


def _compiles(pattern: str) -> bool:
    """The API server's expressions are RE2, nearly all of which Python reads the same."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
