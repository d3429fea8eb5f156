"""Faults in a file, or on a command line."""

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from acsctl.emulator.faults.mistakes import Mistake, MistakesError
from acsctl.emulator.faults.reading import read


def read_text(text: str) -> list[Any]:
    """The documents of a file in YAML or JSON: a list of faults. Raises MistakesError with the line of every mistake."""
    try:
        raw: Any = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise MistakesError([Mistake(f"no YAML: {error.problem or error.context}", (), *at)]) from error
    except yaml.YAMLError as error:
        raise MistakesError([Mistake(f"no YAML: {error}")]) from error
    if raw is None:
        return []
    documents: list[Any] = raw if isinstance(raw, list) else [raw]
    try:
        read(documents)
    except MistakesError as error:
        nodes = root if isinstance(root, SequenceNode) else SequenceNode("", [root])
        placed = [Mistake(one.message, one.path, *_place(nodes, path=one.path)) for one in error.mistakes]
        raise MistakesError(placed) from error
    return documents


def read_words(text: str) -> dict[str, Any]:
    """A fault in one line: `vpc.Create* throttle share=0.3 seed=7`. Raises MistakesError."""
    action, *rest = text.split() or [""]
    document: dict[str, Any] = {"action": action}
    for number, word in enumerate(rest):
        name, equals, value = word.partition("=")
        if not equals and number == 0:
            document["kind"] = word
        elif not equals:
            raise MistakesError([Mistake(f"{word!r} in {text!r} is not NAME=VALUE")])
        elif name.startswith("parameters."):
            document.setdefault("parameters", {})[name.removeprefix("parameters.")] = value
        else:
            document[name] = _scalar(value)
    read(document)
    return document


def _scalar(text: str) -> Any:
    """As YAML reads it, so that numbers and lists in brackets are what they look like."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _place(node: Node, *, path: tuple[int | str, ...]) -> tuple[int, int]:
    """Line and column, from 1, of the last part of a path that stands in the file; of a field those of its name."""
    if isinstance(node, SequenceNode) and path and isinstance(path[0], int):
        return _place(node.value[path[0]], path=path[1:])
    for key, value in node.value if isinstance(node, MappingNode) and path else ():
        if key.value == path[0]:
            return _start(key) if len(path) == 1 else _place(value, path=path[1:])
    return _start(node)


def _start(node: Node) -> tuple[int, int]:
    return int(node.start_mark.line) + 1, int(node.start_mark.column) + 1
