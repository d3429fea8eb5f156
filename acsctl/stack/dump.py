"""Plain data -> YAML text and back, by the scalar rules of the stack language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from acsctl.errors import StackError
from acsctl.stack import scalars, tree
from acsctl.stack.problems import Failed, Problems
from acsctl.stack.source import MAX_BYTES, Source


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would be read as something else, by YAML 1.1 or by 1.2; never writes anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if not isinstance(scalars.resolve(value), str) or scalars.looks_numeric(value):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')
    block = "\n" in value and all(line == line.rstrip() and (line.isprintable()) for line in value.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if block else None)


_Dumper.add_representer(str, _text_node)


def text(value: Any) -> str:
    """YAML text of plain data, keys in their order."""
    try:
        return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    except yaml.YAMLError as error:
        raise TypeError("only texts, numbers, booleans, lists and mappings can be written as YAML") from error


def load(text: str, *, name: str = "text") -> Any:
    """Plain data of a YAML text, within the bounds of a stack file. Raises ValueError with the first problem."""
    problems = Problems()
    if len(text) > MAX_BYTES:
        raise ValueError("the text is larger than 1 MB")
    try:
        node = tree.parse(Source(name, text, Path(), Path()), problems)
        problems.raise_if_any()
    except (Failed, StackError) as error:
        first = problems.sorted[0]
        raise ValueError(f"line {first.place.line}: {first.message}") from error
    return data(node) if node else None


def data(node: tree.Node) -> Any:
    """The data that a tree without expressions means."""
    if isinstance(node, tree.Map):
        return {key: data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, tree.Seq):
        return [data(item) for item in node.items]
    return node.value
