"""What a built-in object looks like after the server has read and written it: empty fields go, structures come, quantities and
nulls are put in order."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects.quantity import BadQuantity, canonical
from acsctl.emulator.kubernetes.objects.schema import Schema

QUANTITY = "api.resource.Quantity"
ZEROS: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": None, "object": None}


def encoded(value: Any, schema: Schema) -> Any:
    """A value of a built-in type; what the schema does not know is kept."""
    if isinstance(value, Mapping) and schema.fields:
        return _encoded_fields(value, schema)
    if isinstance(value, Mapping) and schema.values is not None:
        return {key: encoded(one, schema.values) for key, one in value.items()}
    if isinstance(value, list) and schema.item is not None:
        return [encoded(one, schema.item) for one in value]
    return _quantity(value) if schema.name == QUANTITY else value


def zero(schema: Schema) -> Any:
    """The empty value of a type."""
    if schema.fields:
        return _encoded_fields({}, schema)
    if schema.name == QUANTITY:
        return "0"
    if schema.int_or_string:
        return 0
    return None if schema.format == "date-time" else ZEROS.get(schema.type)


def _encoded_fields(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, one in value.items():
        place = schema.fields.get(key)
        if place is None:
            made[key] = one
            continue
        item = None if one is None else encoded(one, place)
        if item is None or (place.zero != "keep" and _is_empty(item) and not place.fields):
            continue
        made[key] = item
    for key, place in schema.fields.items():
        if place.zero == "always" and key not in made:
            made[key] = zero(place)
    return made


def _is_empty(item: Any) -> bool:
    return item in ({}, [], "", 0, False) and not isinstance(item, float)


def _quantity(value: Any) -> Any:
    try:
        return canonical(str(value))
    except BadQuantity:
        return value
