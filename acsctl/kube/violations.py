"""What a JSON Schema validator finds in an object, in the words of people. Pure; no value of a Secret is repeated.

What is not known yet, what is secret and what is null (which the API server takes for not written) is wrong in no way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from acsctl.kube.manifest import Manifest, unknown
from acsctl.model.unknown import UNKNOWN, Secret

SHOWN = 40
MANY = 12
_TYPES = {
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
    "pattern": "a text of the form {}",
}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong in an object, with the path to it, and what is allowed or near."""

    path: Path
    message: str
    hint: str = ""

    @property
    def text(self) -> str:
        """The path as people write it: `spec.containers[0].image`."""
        text = "".join(f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in self.path)
        return text.removeprefix(".")


def told(errors: Iterable[Any], *, item: Manifest, source: str) -> Iterator[Violation]:
    """The errors of a validator. `source` is what says so, such as `Kubernetes 1.35`."""
    for error in errors:
        if error.instance is None or error.instance is UNKNOWN or isinstance(error.instance, Secret):
            continue
        path = tuple(error.absolute_path)
        match error.validator:
            case "additionalProperties":
                yield from _no_fields(error, path, source)
            case "required":
                yield from _missing(error, path, source)
            case "type":
                yield _type(error.validator_value, error.instance, path=path, quiet=_is_quiet(item, path))
            case _ if not unknown(error.instance):
                yield _other(error, path, quiet=_is_quiet(item, path))


def _is_quiet(item: Manifest, path: Path) -> bool:
    """Whether the value there is one that nobody may see."""
    return item.get("kind") == "Secret" and bool(path) and path[0] in ("data", "stringData")


def _no_fields(error: Any, path: Path, source: str) -> Iterator[Violation]:
    known = [*error.schema.get("properties", {})]
    for key in error.instance:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            listed = ", ".join(known[:MANY]) + (", ..." if len(known) > MANY else "")
            hint = f"did you mean {near[0]!r}?" if near else f"there are {listed}"
            yield Violation((*path, str(key)), f"{source} has no such field", hint=hint)


def _missing(error: Any, path: Path, source: str) -> Iterator[Violation]:
    """The validator finds each missing field by itself; its message begins with the name."""
    for name in error.validator_value:
        if name not in error.instance and error.message.startswith(f"{name!r} "):
            yield Violation((*path, name), f"is missing: {source} wants it")


def _type(wanted: Any, value: Any, *, path: Path, quiet: bool) -> Violation:
    types = [word for word in ([wanted] if isinstance(wanted, str) else wanted) if word != "null"]
    words = " or ".join(_TYPES.get(word, word) for word in types)
    return Violation(path, f"expected {words}, found {_found(value, quiet=quiet)}", hint=_rewritten(value, types, quiet=quiet))


def _rewritten(value: Any, types: list[str], *, quiet: bool) -> str:
    """How the value would be written right, where only quotes are wrong."""
    if "string" in types and isinstance(value, (bool, int, float)):
        return "write it in quotes" if quiet else f'write "{_plain(value)}"'
    if {"integer", "number"} & set(types) and isinstance(value, str) and value.isdecimal():
        return f"write {value} without quotes"
    if "boolean" in types and value in ("true", "false"):
        return f"write {value} without quotes"
    return ""


def _other(error: Any, path: Path, *, quiet: bool) -> Violation:
    word, wanted = error.validator, error.validator_value
    found = _found(error.instance, quiet=quiet)
    if word == "enum":
        near = get_close_matches(str(error.instance), [row for row in wanted if isinstance(row, str)], n=1)
        hint = f"did you mean {near[0]!r}?" if near and not quiet else ""
        return Violation(path, f"{found} is none of {', '.join(map(str, wanted[:MANY]))}", hint=hint)
    if word in _BOUNDS:
        return Violation(path, f"expected {_BOUNDS[word].format(wanted)}, found {found}")
    if word in ("oneOf", "anyOf"):
        types = [type for row in wanted for type in _types(row)]
        if types and all(_types(row) for row in wanted):
            return _type(types, error.instance, path=path, quiet=quiet)
        choice = [name for row in wanted for name in row.get("required", ())]
        hint = f"one of {', '.join(dict.fromkeys(choice))}" if choice else ""
        return Violation(path, "fits none of the alternatives, or several", hint=hint)
    return Violation(path, f"is not allowed here ({word})")


def _types(schema: Mapping[str, Any]) -> list[str]:
    wanted = schema.get("type", [])
    return [wanted] if isinstance(wanted, str) else list(dict.fromkeys(wanted))


def _found(value: Any, *, quiet: bool) -> str:
    match value:
        case bool():
            return "true or false" if quiet else _plain(value)
        case int() | float():
            return "a number" if quiet else f"the number {value}"
        case str():
            shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}..."
            return "a text" if quiet else f"the text {shown!r}"
        case list() | tuple():
            return "a list"
        case _:
            return "a mapping"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
