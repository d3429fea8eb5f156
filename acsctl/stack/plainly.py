"""Values of the language's own words, which must be known at load: no deferred value, no resource, no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import leaves, tree
from acsctl.stack.expand import SPOILED, data
from acsctl.stack.leaves import LeafError
from acsctl.stack.problems import Failed, Problems
from acsctl.stack.tree import Map, Node, Scalar, Seq
from acsctl.stack.views import View

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def known(node: Node, what: str, problems: Problems) -> Any:
    """The data of an expanded node. Raises Failed, with the problem noted, where it is not known or secret."""
    value = data(node)
    bad = _first(value)
    if isinstance(bad, Secret) or (isinstance(bad, Deferred) and bad.secret):
        raise problems.add(node.span, f"`{what}` cannot be secret", hint="use a value that is not secret", hide=True)
    if isinstance(bad, (Deferred, Ref)):
        raise problems.add(
            node.span,
            f"`{what}` must be known before anything is made",
            hint="use variables, or fields that are written in the file",
        )
    if bad is not None:
        raise problems.add(node.span, f"`{what}` takes a value, not a resource", hint="name an attribute of it, such as `id`")
    return value


def _first(value: Any) -> Any:
    """The first part of a value that is no plain data."""
    if isinstance(value, (Deferred, Ref, Secret, View)) or value is SPOILED:
        return value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := _first(part)) is not None), None)


def boolean(node: Node, what: str, problems: Problems) -> bool:
    """True or false."""
    value = known(node, what, problems)
    if not isinstance(value, bool):
        raise _wrong(node, what=what, problems=problems, error=leaves.wrong_type(value, "boolean"))
    return value


def integer(node: Node, what: str, problems: Problems) -> int:
    """A whole number."""
    value = known(node, what, problems)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(node, what=what, problems=problems, error=leaves.wrong_type(value, "integer"))
    return value


def text(node: Node, what: str, problems: Problems) -> str:
    """A text; a plain scalar is its source text."""
    known(node, what, problems)
    if not isinstance(node, Scalar) or tree.is_null(node):
        raise problems.add(node.span, f"`{what}` is a text", hint=f"write `{what}: TEXT`")
    try:
        return str(leaves.typed(node, "text"))
    except LeafError as error:
        raise _wrong(node, what=what, problems=problems, error=error) from error


def texts(node: Node, what: str, problems: Problems) -> list[str]:
    """A list of texts; one text is a list of one."""
    known(node, what, problems)
    return [text(item, what, problems) for item in (node.items if isinstance(node, Seq) else (node,))]


def mapping(node: Node, what: str, problems: Problems) -> Map:
    """A mapping; its values are not looked at."""
    if not isinstance(node, Map):
        if isinstance(node, Scalar) and node.value is SPOILED:
            raise Failed(what)
        raise problems.add(node.span, f"`{what}` is a mapping", hint="write `key: value`, one a line, indented")
    return node


def seconds(node: Node, what: str, problems: Problems) -> float:
    """A duration in seconds: `10m`, `90s`, `1h30m`, or a number of seconds."""
    value = known(node, what, problems)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    else:
        found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
        if not found:
            raise problems.add(node.span, f"`{what}` is a duration", hint="write it as 10m, 90s, 1h30m or a number of seconds")
        hours, minutes, rest = (float(part or 0) for part in found.groups())
        number = hours * 3600 + minutes * 60 + rest
    if not 0 < number <= 86400:
        raise problems.add(
            node.span, f"`{what}` is more than 0 and at most 24h", hint="write it as 10m, 90s, 1h30m or a number of seconds"
        )
    return number


def _wrong(node: Node, *, what: str, problems: Problems, error: LeafError) -> Failed:
    return problems.add(node.span, f"`{what}`: {error}", hint=error.hint)
