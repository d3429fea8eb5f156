"""Flat text parameters -> typed values, by the published metadata.

`Tag.1.Key=a` becomes {"Tag": [{"Key": "a"}]}. Unknown names are not an error, since the gateway ignores them; they are
handed back to be reported. Missing and ill-typed ones are errors with the code that the action publishes for them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from acsctl.emulator import api, documents
from acsctl.emulator.api import Action, Parameter
from acsctl.emulator.errors import ApiError

# Accepted with every action: types in the metadata's wire.json, hidden_rpc_params.
COMMON = frozenset({"OwnerId", "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount", "SecurityToken", "RegionId"})
_INTEGERS = frozenset({"int32", "int64", "int"})
_FLOATS = frozenset({"float", "double", "number"})
_BOOLEANS = {"true": True, "false": False}
# ASCII digits only, and fewer than Python refuses to convert.
_INDEX = re.compile(r"[1-9][0-9]{0,8}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")
_INT32 = 2**31
_INT64 = 2**63


@dataclass(frozen=True)
class Parsed:
    values: dict[str, Any]
    unknown: list[str] = field(default_factory=list[str])


class _Mismatch(ValueError):
    """A value that is not of its published type."""


def parse(fields: Mapping[str, str], *, action: Action, body: Any = None) -> Parsed:
    """Typed values of a request; a JSON body is the value of the parameter that the metadata places there.

    Raises ApiError for a missing, ill-typed or out-of-range parameter.
    """
    tree = _grow(fields)
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for name, node in tree.items():
        parameter = action.parameters.get(name)
        if parameter is None:
            if name in COMMON or name in action.hidden:
                values[name] = node
            else:
                unknown.append(name)
            continue
        try:
            values[name] = _typed(node, parameter=parameter)
        except _Mismatch as error:
            raise _invalid(action, name=name, text=str(error)) from error
    if body is None and action.has_path and action.methods[0] != "GET":
        body = documents.nothing(action)
    if body is not None:
        found = [one for one in action.parameters.values() if one.place == "body"]
        values.update({one.name: documents.read(body, parameter=one, action=action, unknown=unknown) for one in found})
    check(values, action=action)
    return Parsed(values, [one for one in unknown if one not in action.hidden])


def check(values: Mapping[str, Any], *, action: Action) -> None:
    """Raises ApiError when a required parameter is absent or a value is outside its published range."""
    for name, parameter in action.parameters.items():
        value = values.get(name)
        if value is None or value in ("", [], {}):
            if parameter.required:
                raise _missing(action, name=name)
        else:
            _check_range(value, parameter=parameter, action=action)


def _check_range(value: Any, *, parameter: Parameter, action: Action) -> None:
    limit = api.choices()["limits"].get(f"{action.key}.{parameter.name}", {})
    low, high = limit.get("minimum", parameter.minimum), limit.get("maximum", parameter.maximum)
    wrong = parameter.enum and str(value) not in parameter.enum
    if isinstance(value, int | float) and not isinstance(value, bool):
        wrong = wrong or (low is not None and value < low) or (high is not None and value > high)
    if wrong and "code" in limit:
        raise ApiError(limit["code"], message=f"The value of {parameter.name} is outside its limits.")
    if wrong:
        raise _invalid(action, name=parameter.name, text=f"{value} is not supported")


def _missing(action: Action, *, name: str) -> ApiError:
    """The action's own code for this parameter, else its general one, else the gateway's (sheet behaviour.md 3)."""
    stems = ("MissingParameter", "MissingParam", "MissingParamter", "ParameterMissing")
    own = [f"{stem}.{word}" for word in (name, f"{name}s") for stem in stems]  # ResourceId.N is missed as ResourceIds
    code = _published(action, wanted=[*own, f"Missing{name}", "MissingParameter", "MissingParam"])
    return ApiError(code or f"Missing{name}", message=f"{name} is mandatory for this action.")


def _invalid(action: Action, *, name: str, text: str) -> ApiError:
    wanted = [f"InvalidParameter.{name}", f"InvalidParam.{name}", f"IllegalParam.{name}", f"Invalid{name}.Malformed"]
    code = _published(action, wanted=[*wanted, "InvalidParameter"])
    return ApiError(code or "InvalidParameter", message=f"The parameter {name} is not valid: {text}.")


def _published(action: Action, *, wanted: list[str]) -> str | None:
    codes = {code.lower(): code for code in api.published_codes(action)}
    return next((codes[one.lower()] for one in wanted if one.lower() in codes), None)


def _grow(fields: Mapping[str, str]) -> dict[str, Any]:
    """Dotted names -> a tree of dicts; a name that is both leaf and branch stays a branch."""
    tree: dict[str, Any] = {}
    for name in sorted(fields):
        *branches, leaf = name.split(".")
        node = tree
        for branch in branches:
            below = node.get(branch)
            if not isinstance(below, dict):
                below = node[branch] = dict[str, Any]()
            node = cast("dict[str, Any]", below)
        node[leaf] = fields[name]
    return tree


def _typed(node: Any, *, parameter: Parameter) -> Any:
    if parameter.type == "array":
        return _typed_list(node, parameter=parameter)
    if parameter.type == "object":
        return _typed_object(node, parameter=parameter)
    if isinstance(node, dict):
        raise _Mismatch("a single value is expected")
    return _typed_scalar(str(node), kind=parameter.type)


def _typed_list(node: Any, *, parameter: Parameter) -> list[Any]:
    item = parameter.items or Parameter("", "string")
    if isinstance(node, str):
        loaded = node.split(",") if parameter.style == "simple" else _loaded(node)
        parts = loaded if isinstance(loaded, list) else [loaded]
        return [_typed(one, parameter=item) for one in cast("list[Any]", parts)]
    if isinstance(node, list):
        return [_typed(one, parameter=item) for one in node]
    branches = cast("dict[str, Any]", node)
    if not all(_INDEX.fullmatch(key) for key in branches):
        raise _Mismatch("the indexes of a list begin with 1")
    return [_typed(branches[key], parameter=item) for key in sorted(branches, key=int)]


def _typed_object(node: Any, *, parameter: Parameter) -> dict[str, Any]:
    loaded = _loaded(node) if isinstance(node, str) else node
    if not isinstance(loaded, dict):
        raise _Mismatch("an object is expected")
    values: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", loaded).items():
        known = parameter.by_lower_name.get(key.lower())
        if known is not None:
            values[known.name] = _typed(value, parameter=known)
        elif parameter.free_keys or not parameter.properties:
            values[key] = value
    return values


def _loaded(text: str) -> Any:
    """JSON text; single quotes are accepted as some clients send them (sheet wire.md 1.2)."""
    for candidate in (text, text.replace("'", '"')):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return text


def _typed_scalar(text: str, *, kind: str) -> Any:
    if kind in _INTEGERS and text:
        if not _INTEGER.fullmatch(text):
            raise _Mismatch("an integer is expected")
        number = int(text)
        bound = _INT32 if kind == "int32" else _INT64
        if not -bound <= number < bound:
            raise _Mismatch(f"it does not fit {kind}")
        return number
    if kind in _FLOATS and text:
        if not _NUMBER.fullmatch(text):
            raise _Mismatch("a number is expected")
        return float(text)
    if kind == "boolean" and text:
        if text.lower() not in _BOOLEANS:
            raise _Mismatch("true or false is expected")
        return _BOOLEANS[text.lower()]
    return text
