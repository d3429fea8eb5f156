"""The defaults of the built-in kinds, and those that a custom resource's schema names."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from acsctl.emulator.kubernetes.objects.defaulting import RULES
from acsctl.emulator.kubernetes.objects.encoding import encoded
from acsctl.emulator.kubernetes.objects.metadata import load
from acsctl.emulator.kubernetes.objects.schema import Schema, schema_of


def with_defaults(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A built-in object as the server completes it before it is checked and stored; another kind as it is.

    Also brought into the server's form: empty fields are left out, quantities are canonical, nulls are gone.
    """
    schema = schema_of(str(obj.get("apiVersion", "")), kind=str(obj.get("kind", "")))
    if schema is None:
        return deepcopy(dict(obj))
    made: dict[str, Any] = encoded(obj, schema, defaulting=_missing)
    return made


def _missing(name: str, made: dict[str, Any]) -> Mapping[str, Any]:
    table = load("kubernetes-defaults.json").get(name, {})
    found = {key: value for key, value in table.items() if key not in made}
    rule = RULES.get(name)
    return {**found, **rule({**found, **made})} if rule else found


def with_schema_defaults(obj: Any, schema: Schema) -> Any:
    """A custom resource with the defaults that its schema names. A null that may not be one gives way to the default.

    Its metadata is of a built-in type and takes its form, `labels: {}` goes.
    """
    if schema.name:
        return encoded(obj, schema)
    if isinstance(obj, Mapping):
        made = {}
        for key, value in obj.items():
            place = schema.child(key)
            if value is None and place is not None and place.has_default and not place.nullable:
                continue
            made[key] = with_schema_defaults(value, place) if place is not None else value
        for key, place in schema.fields.items():
            if place.has_default and key not in made and not place.name:
                made[key] = with_schema_defaults(deepcopy(place.default), place)
        return made
    if isinstance(obj, list) and schema.item is not None:
        return [with_schema_defaults(one, schema.item) for one in obj]
    return obj
