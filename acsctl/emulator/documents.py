"""JSON bodies of the ROA style, by the published metadata: types are strict, as the servers' own decoders are.

Unknown fields are kept, since a newer client may rightly send them, and handed back to be reported. Null counts as absent.
"""

from collections.abc import Mapping
from typing import Any, cast

from acsctl.emulator.api import Action, Parameter
from acsctl.emulator.errors import ApiError

_INTEGERS = frozenset({"int32", "int64", "int"})
_FLOATS = frozenset({"float", "double", "number"})


def read(body: Any, *, parameter: Parameter, action: Action, unknown: list[str]) -> Any:
    """The body with its types checked. Raises ApiError for a wrong one, and for a missing field of the outermost object."""
    try:
        document = _typed(body, parameter=parameter, path="", unknown=unknown)
    except _Mismatch as error:
        raise ApiError("InvalidParameter", message=f"The request body is not valid: {error}.", status=400) from error
    fields = cast("Mapping[str, Any]", document) if isinstance(document, dict) else None
    for one in parameter.properties if fields is not None else ():
        value = fields.get(one.name) if fields is not None else None
        if one.required and value in (None, "", [], {}):
            raise ApiError(f"MissingParameter.{camel(one.name)}", message=f"{one.name} is mandatory.", status=400)
        if one.enum and value not in (None, "") and str(value) not in one.enum:
            code = f"InvalidParameter.{camel(one.name)}"
            raise ApiError(code, message=f"{one.name} is one of {', '.join(one.enum)} (action {action.name}).", status=400)
    return document


def nothing(action: Action) -> Any:
    """What a body that was not sent counts as, so that its mandatory fields are missed."""
    kinds = {one.type for one in action.parameters.values() if one.place == "body"}
    return {"object": {}, "array": []}.get(kinds.pop()) if len(kinds) == 1 else None


def camel(name: str) -> str:
    """`api_server_eip_id` -> `ApiServerEipId`, as error codes spell the fields of bodies."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


class _Mismatch(ValueError):
    """A value that is not of its published type."""


def _typed(node: Any, *, parameter: Parameter, path: str, unknown: list[str]) -> Any:
    if parameter.type == "array":
        item = parameter.items or Parameter("", "any")
        if not isinstance(node, list):
            raise _Mismatch(f"{path or 'the body'} is a list")
        rows = enumerate(node)
        return [_typed(one, parameter=item, path=f"{path}[{index}]", unknown=unknown) for index, one in rows]
    if parameter.type == "object":
        return _object(node, parameter=parameter, path=path, unknown=unknown)
    if not _fits(node, kind=parameter.type):
        raise _Mismatch(f"{path} is of type {parameter.type}")
    return node


def _object(node: Any, *, parameter: Parameter, path: str, unknown: list[str]) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise _Mismatch(f"{path or 'the body'} is an object")
    known = {one.name: one for one in parameter.properties}
    values: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", node).items():
        below = f"{path}.{name}" if path else name
        if value is None:
            continue
        if name in known:
            values[name] = _typed(value, parameter=known[name], path=below, unknown=unknown)
            continue
        values[name] = value
        if known and not parameter.free_keys:
            unknown.append(below)
    return values


def _fits(node: Any, *, kind: str) -> bool:
    if kind in _INTEGERS:
        return isinstance(node, int) and not isinstance(node, bool)
    if kind in _FLOATS:
        return isinstance(node, int | float) and not isinstance(node, bool)
    if kind == "boolean":
        return isinstance(node, bool)
    return isinstance(node, str) if kind == "string" else True
