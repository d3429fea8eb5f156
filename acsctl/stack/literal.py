"""Plain data as YAML text to splice in: in the style of what stood there, quoted so that it reads back the same. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from acsctl.stack import marked, scalars
from acsctl.stack.marked import Style

WIDTH = 100
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_OLD: Any = yaml.SafeLoader("")
_TEXT = "tag:yaml.org,2002:str"


class NoLiteralError(ValueError):
    """A value that no literal can say; the message says why."""


@dataclass(frozen=True)
class Manner:
    """How to write: `column` is that of the key or the dash before the value, `step` an indentation, `newline` the line's end.

    In `flow` everything is on one line. `compact` writes lists and mappings inside of a block in brackets and braces where
    they fit; `style` is that of the scalar which stood there.
    """

    column: int = 0
    step: int = 2
    newline: str = "\n"
    flow: bool = False
    compact: bool = False
    style: Style = "plain"

    def below(self) -> Manner:
        """The manner of what stands one level deeper."""
        return replace(self, column=self.column + self.step, style="plain")


def tail(value: Any, manner: Manner) -> str:
    """What follows a `key:` or a dash: a blank and the value, or the lines of a block."""
    if not isinstance(value, (Mapping, list, tuple)):
        return f" {scalar(value, manner)}"
    if manner.flow or not value or (manner.compact and _fits(value, manner)) or _short(value, manner):
        return f" {flow(value)}"
    inner = manner.below()
    if isinstance(value, Mapping):
        return "".join(f"{manner.newline}{' ' * inner.column}{pair(key, item, inner)}" for key, item in value.items())
    return "".join(f"{manner.newline}{' ' * inner.column}{row(item, inner)}" for item in value)


def pair(key: str, value: Any, manner: Manner) -> str:
    """`key: value` of a block; the key stands in the column of `manner`."""
    return f"{_key(key)}:{tail(value, manner)}"


def row(value: Any, manner: Manner) -> str:
    """An item of a list in a block; its dash stands in the column of `manner`."""
    if isinstance(value, Mapping) and value and not (manner.compact and _fits(value, manner)):
        inner = replace(manner, column=manner.column + 2, style="plain")
        lines = [pair(key, item, inner) for key, item in value.items()]
        return "- " + f"{manner.newline}{' ' * inner.column}".join(lines)
    return f"-{tail(value, manner)}"


def flow(value: Any) -> str:
    """The value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value, Manner(flow=True))


def _short(value: Any, manner: Manner) -> bool:
    """A few words in a row need no lines of their own."""
    return not isinstance(value, Mapping) and not any(map(_nested, value)) and _fits(value, manner)


def _nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _fits(value: Any, manner: Manner) -> bool:
    text = flow(value)
    return manner.column + len(text) + 2 <= WIDTH


def scalar(value: Any, manner: Manner) -> str:
    """One scalar. Raises NoLiteralError where YAML or the language would read something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    if not isinstance(value, str):
        raise NoLiteralError(f"a {type(value).__name__} cannot be written")
    if "{{" in value or "{%" in value or "{#" in value:
        raise NoLiteralError("it has braces that would be read as an expression")
    return next(filter(None, _tried(value, manner)))


def _number(value: float) -> str:
    text = repr(value)
    if (isinstance(value, float) and not math.isfinite(value)) or scalars.resolve(text) != value:
        raise NoLiteralError("the number is too large")
    return text


def _tried(text: str, manner: Manner) -> Iterable[str]:
    """Ways to write the text, the one that is as before first; empty where it would not be the same."""
    block = _block(text, manner) if not manner.flow and (manner.style in ("literal", "folded") or "\n" in text) else ""
    ways = {"plain": _plain(text, manner), "single": _single(text), "double": double(text), "literal": block, "folded": block}
    return (ways[manner.style], block, ways["plain"] if manner.style not in ("single", "double") else "", double(text))


def _key(text: str) -> str:
    return _plain(text, Manner(flow=True)) or double(text)


def _plain(text: str, manner: Manner) -> str:
    """Without quotes, where no reader of YAML, old or new, takes it for something else."""
    if not text.isprintable() or not isinstance(scalars.resolve(text), str) or scalars.looks_numeric(text) or text == "<<":
        return ""
    signs = text == "=" or (text[0] in "-?:" and not text[1:2].isalnum())
    if signs or _OLD.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT:
        return ""
    around = ("[", "]") if manner.flow else ("k: ", "")
    keyed = ("{", ": 1}") if manner.flow else ("", ": 1")
    return text if _reads(text, around) and _reads(text, keyed) else ""


def _reads(text: str, around: tuple[str, str]) -> bool:
    """Whether the text, put between others, is one plain scalar that says it."""
    try:
        root = marked.read(f"{around[0]}{text}{around[1]}").root
    except yaml.YAMLError:
        return False
    if isinstance(root, marked.Map) and len(root.pairs) == 1:
        found = root.pairs[0].value if around[0] == "k: " else root.pairs[0].key
    elif isinstance(root, marked.Seq) and len(root.items) == 1:
        found = root.items[0]
    else:
        return False
    return isinstance(found, marked.Scalar) and found.style == "plain" and found.text == text and not found.anchor


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else ""


def double(text: str) -> str:
    """In double quotes, which can say everything."""
    return '"' + "".join(_ESCAPES.get(sign) or (sign if sign.isprintable() else _escape(sign)) for sign in text) + '"'


def _escape(sign: str) -> str:
    code = ord(sign)
    if 0xD800 <= code < 0xE000:
        raise NoLiteralError("it has half a character")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _block(text: str, manner: Manner) -> str:
    """As lines below a `|`; empty where YAML would not keep them as they are."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if not lines[0] or lines[0][0] == " " or not lines[-1]:
        return ""
    if any(line and (not line.replace("\t", " ").isprintable() or line != line.rstrip() or line[0] == "\t") for line in lines):
        return ""
    indent = " " * (manner.column + manner.step)
    rows = [f"{indent}{line}" if line else "" for line in lines]
    return manner.newline.join(["|" if text.endswith("\n") else "|-", *rows])
