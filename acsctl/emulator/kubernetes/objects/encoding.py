"""What a built-in object looks like after the server has read and written it: empty fields go, structures come, quantities and
nulls are put in order, and defaults are filled in on the way."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from acsctl.emulator.kubernetes.objects.quantity import BadQuantity, canonical
from acsctl.emulator.kubernetes.objects.schema import Schema

QUANTITY = "api.resource.Quantity"
MILLI = "1e-3"
"""Lists of resources know nothing finer."""

ZEROS: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": None, "object": None}

Defaulting = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""From a type's name and a value's fields, so far, to the fields that are missing."""


def no_defaults(name: str, made: dict[str, Any]) -> Mapping[str, Any]:
    return {}


def encoded(value: Any, schema: Schema, *, defaulting: Defaulting = no_defaults) -> Any:
    """A value of a built-in type; what the schema does not know is kept."""
    if isinstance(value, Mapping) and schema.fields:
        return _fields(value, schema, defaulting=defaulting)
    if isinstance(value, Mapping) and schema.values is not None:
        if schema.values.name == QUANTITY:
            return {key: _quantity(one or "0", smallest=MILLI) for key, one in value.items()}
        return {key: _item(one, schema.values, defaulting=defaulting) for key, one in value.items()}
    if isinstance(value, list) and schema.item is not None:
        return [_item(one, schema.item, defaulting=defaulting) for one in value]
    return _quantity(value) if schema.name == QUANTITY else value


def _item(value: Any, schema: Schema, *, defaulting: Defaulting) -> Any:
    """Of a list or map, where null is the empty value of the type."""
    if value is None:
        value = {} if schema.fields else _zero(schema)
    return encoded(value, schema, defaulting=defaulting)


def _fields(value: Mapping[str, Any], schema: Schema, *, defaulting: Defaulting) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, one in value.items():
        place = schema.fields.get(key)
        item = encoded(one, place, defaulting=defaulting) if place is not None and one is not None else one
        if place is None or (item is not None and not (_goes_when_empty(place) and _is_empty(item))):
            made[key] = item
    structs = {key: place for key, place in schema.fields.items() if place.zero == "always" and key not in made}
    made |= {key: encoded({}, place, defaulting=defaulting) for key, place in structs.items() if place.fields}
    for key, default in defaulting(schema.name, made).items():
        if default is None:
            made.pop(key, None)
            continue
        made[key] = encoded(deepcopy(default), schema.fields[key], defaulting=defaulting)
        if _goes_when_empty(schema.fields[key]) and _is_empty(made[key]):
            del made[key]
    return made | {key: _zero(place) for key, place in structs.items() if key not in made}


def _goes_when_empty(place: Schema) -> bool:
    return place.zero != "keep" and not place.fields


def _zero(place: Schema) -> Any:
    if place.name == QUANTITY:
        return "0"
    if place.int_or_string:
        return 0
    return None if place.format == "date-time" else ZEROS.get(place.type)


def _is_empty(item: Any) -> bool:
    return item in ({}, [], "", 0, False)


def _quantity(value: Any, *, smallest: str = "1e-9") -> Any:
    try:
        return canonical(str(value), smallest=smallest)
    except BadQuantity:
        return value
