"""Variables: declared in the file, given from outside or by the user of a module, read by their type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from acsctl.model.schema import Schemas
from acsctl.model.unknown import Deferred, Secret
from acsctl.stack import dump, expand, files, plainly, regex, scalars, tree, words
from acsctl.stack.leaves import LeafError, wrong_type
from acsctl.stack.problems import Failed, Problems, meant, nearest
from acsctl.stack.session import Session
from acsctl.stack.source import Source, Span
from acsctl.stack.tree import Entry, Map, Node, Scalar, Seq

TYPES = ("string", "integer", "number", "boolean", "list", "mapping")
_SHAPES: Mapping[str, Any] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
    "mapping": "mapping",
}
PREFIX = "ACSCTL_VAR_"


@dataclass(frozen=True)
class Variable:
    """A declared variable. `default` is not expanded; `limits` are the words of JSON Schema."""

    name: str
    key: Scalar
    type: str
    default: Node | None
    secret: bool
    limits: Mapping[str, Any]

    @property
    def is_reference(self) -> bool:
        """Whether its type is a kind, so that it takes a reference."""
        return self.type not in TYPES


def declared(name: str, *, entry: Entry, problems: Problems, schemas: Schemas) -> Variable:
    """Read a declaration. Raises Failed."""
    body = entry.value
    if not isinstance(body, Map):
        raise problems.add(
            entry.key.span, f"the variable {name} is a mapping with a `type`", hint=f"write `{name}: {{type: string}}`"
        )
    for key, item in body.entries.items():
        if key not in words.VARIABLE:
            problems.add(item.key.span, f"a variable has no {key!r}", hint=meant(key, words.VARIABLE, kind="it has"))
    kind = body.get("type")
    if kind is None:
        raise problems.add(entry.key.span, f"the variable {name} has no 'type'", hint=f"one of {', '.join(TYPES)}, or a kind")
    if not isinstance(kind, Scalar) or kind.text not in (*TYPES, *schemas):
        text = kind.text if isinstance(kind, Scalar) else ""
        raise problems.add(
            kind.span, f"{text[:60]!r} is not the type of a variable", hint=meant(_ALIASES.get(text, text), TYPES)
        )
    secret = body.get("secret")
    limits = {
        key: dump.data(node)
        for key in ("minimum", "maximum", "enum", "pattern", "items")
        if (node := body.get(key)) is not None
    }
    _check_limits(limits, body=body, problems=problems)
    default = body.entries.get("default")
    return Variable(
        name,
        entry.key,
        kind.text,
        default.value if default else None,
        secret is not None and plainly.boolean(secret, "secret", problems),
        limits,
    )


_ALIASES = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "bool": "boolean",
    "array": "list",
    "object": "mapping",
    "map": "mapping",
    "float": "number",
    "dict": "mapping",
}


def _check_limits(limits: Mapping[str, Any], *, body: Map, problems: Problems) -> None:
    wanted: tuple[tuple[str, Any, str], ...] = (
        ("minimum", (int, float), "a number"),
        ("maximum", (int, float), "a number"),
        ("enum", list, "a list"),
        ("pattern", str, "a regular expression"),
        ("items", dict, "a mapping with a `type`"),
    )
    for key, types, name in wanted:
        if key in limits and (not isinstance(limits[key], types) or isinstance(limits[key], bool)):
            raise problems.add(
                body.entries[key].value.span, f"`{key}` of a variable is {name}", hint=f"found {scalars.name_of(limits[key])}"
            )
    if isinstance(limits.get("pattern"), str):
        try:
            re.compile(limits["pattern"])
        except (re.error, RecursionError, OverflowError) as error:
            raise problems.add(body.entries["pattern"].value.span, f"`pattern` is no regular expression: {error}") from error


def read(variable: Variable, *, node: Node, problems: Problems) -> Any:
    """The value of a variable from an expanded node, by its type; a Secret if it is one. Raises Failed."""
    if isinstance(node, Scalar) and isinstance(node.value, (Deferred, Secret)) and node.computed:
        value = node.value
        if isinstance(value, Deferred):
            return replace(value, secret=value.secret or variable.secret)
        return Secret(_checked(variable, node=expand.computed(node.span, value.reveal()), problems=problems))
    value = _checked(variable, node=node, problems=problems)
    return Secret(value) if variable.secret and value is not None else value


def _checked(variable: Variable, *, node: Node, problems: Problems) -> Any:
    if tree.is_null(node):
        return None
    try:
        value = _typed(variable.type, node)
        _within(variable.limits, value)
    except LeafError as error:
        shown = "the value is not allowed" if variable.secret else str(error)
        raise problems.add(
            node.span, f"variable {variable.name}: {shown}", hint="" if variable.secret else error.hint, hide=variable.secret
        ) from None
    return value


def _typed(type: str, node: Node) -> Any:
    if type == "string" and isinstance(node, Scalar):
        return node.text if not node.computed else _text(node.value)
    value = expand.data(node)
    fits = {
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "list": isinstance(value, list),
        "mapping": isinstance(value, dict),
    }
    if not fits.get(type, False):
        raise wrong_type(value, _SHAPES.get(type, "text"))
    return value


def _text(value: Any) -> str:
    try:
        return scalars.as_text(value)
    except TypeError as error:
        raise wrong_type(value, "text") from error


def _within(limits: Mapping[str, Any], value: Any) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in limits and value < limits["minimum"]:
            raise LeafError(f"{value} is too small: at least {limits['minimum']}")
        if "maximum" in limits and value > limits["maximum"]:
            raise LeafError(f"{value} is too large: at most {limits['maximum']}")
    if "enum" in limits and value not in limits["enum"]:
        allowed = [str(item) for item in limits["enum"]]
        raise LeafError(f"{str(value)[:60]!r} is not allowed", hint=meant(str(value), allowed))
    if "pattern" in limits and isinstance(value, str):
        try:
            fits = regex.found(value, limits["pattern"])
        except ValueError as error:
            raise LeafError(str(error)) from error
        if not fits:
            raise LeafError(f"{value[:60]!r} does not have the form {limits['pattern']}")
    if isinstance(value, list) and "items" in limits:
        for item in value:
            _item(limits["items"], item)


def _item(limits: Mapping[str, Any], item: Any) -> None:
    if isinstance(item, (Deferred, Secret)):
        return
    type = limits.get("type")
    if type in TYPES:
        _typed(type, expand.computed(Span(Source("", " ", Path(), Path()), 0, 0), item))
    _within(limits, item)


def given(declarations: Mapping[str, Variable], session: Session) -> dict[str, Node]:
    """The values from --var, --var-file and the environment, the first of these that has one."""
    problems = session.problems
    found: dict[str, Node] = {}
    for path in session.inputs.files:
        found.update(_file(path, declarations=declarations, session=session))
    for name, variable in declarations.items():
        text = session.inputs.environ.get(PREFIX + name)
        if name not in found and text is not None:
            _put(found, name=name, node=_outside(variable, text=text, name=f"{PREFIX}{name}", problems=problems))
    for name, text in session.inputs.values.items():
        if name in declarations:
            _put(found, name=name, node=_outside(declarations[name], text=text, name=f"--var {name}", problems=problems))
        else:
            span = Span(Source("--var", name or " ", Path(), Path(), is_file=False), 0, len(name))
            problems.add(span, f"the stack has no variable {name[:60]!r}", hint=meant(name, declarations, kind="variables:"))
    return found


def _put(found: dict[str, Node], *, name: str, node: Node | None) -> None:
    if node is not None:
        found[name] = node


def _file(path: Path, *, declarations: Mapping[str, Variable], session: Session) -> dict[str, Node]:
    try:
        source = files.read(path, session.problems)
        root = tree.parse(source, session.problems)
    except Failed:
        return {}
    if root is None or tree.is_null(root):
        return {}
    if not isinstance(root, Map):
        session.problems.add(root.span, "a file of variables is a mapping", hint="write `name: value`, one a line")
        return {}
    for key, entry in root.entries.items():
        close = nearest(key, declarations) if key not in declarations else ""
        if close and close not in root.entries:  # a typing error; other names may belong to other stacks
            session.problems.add(entry.key.span, f"the stack has no variable {key[:60]!r}", hint=f"did you mean {close!r}?")
    return {
        key: frozen(entry.value) for key, entry in root.entries.items() if key in declarations and not tree.is_null(entry.value)
    }


def frozen(node: Node) -> Node:
    """A node whose scalars hold no expressions, whatever they look like: text from outside is never evaluated."""
    if isinstance(node, Map):
        return Map(node.span, {key: Entry(entry.key, frozen(entry.value)) for key, entry in node.entries.items()})
    if isinstance(node, Seq):
        return Seq(node.span, tuple(frozen(item) for item in node.items))
    return node if node.computed or "{" not in node.text else replace(node, value=node.text, computed=True)


def _outside(variable: Variable, *, text: str, name: str, problems: Problems) -> Node | None:
    """A text from outside as a node: `string` and references are never parsed."""
    source = Source(name, text or " ", Path(), Path(), is_file=False)
    span = Span(source, 0, len(text))
    if variable.type in ("list", "mapping"):
        try:
            node = tree.parse(source, problems)
        except Failed:
            return None
        return frozen(node) if node is not None else Scalar(span, "", None, plain=True)
    if variable.type in ("integer", "number", "boolean"):
        return Scalar(span, text, scalars.resolve(text.strip()), plain=True, computed=True)
    return Scalar(span, "", text, computed=True)
