"""Faults in a file, or on a command line."""

from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from acsctl.emulator.faults.mistakes import Mistake, MistakesError
from acsctl.emulator.faults.reading import read


def read_file(path: Path) -> list[Any]:
    """See read_text. Raises OSError too."""
    return read_text(path.read_text(encoding="utf-8"))


def read_text(text: str) -> list[Any]:
    """The documents of a file in YAML or JSON: a list of faults. Raises MistakesError with the line of every mistake."""
    try:
        raw: Any = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise MistakesError(
            [Mistake(f"no YAML: {getattr(error, 'problem', error)}", line=mark.line + 1 if mark else 0)]
        ) from error
    if raw is None:
        return []
    documents: list[Any] = raw if isinstance(raw, list) else [raw]
    try:
        read(documents)
    except MistakesError as error:
        nodes = root if isinstance(root, SequenceNode) else SequenceNode("", [root])
        raise MistakesError([Mistake(one.message, one.path, _line(nodes, path=one.path)) for one in error.mistakes]) from error
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


def _line(node: Node, *, path: tuple[int | str, ...]) -> int:
    """Of the last part of a path that stands in the file; of a field it is that of its name."""
    line = int(node.start_mark.line) + 1 if node.start_mark else 1
    if not path:
        return line
    if isinstance(node, SequenceNode) and isinstance(path[0], int):
        return _line(node.value[path[0]], path=path[1:])
    for key, value in node.value if isinstance(node, MappingNode) else ():
        if key.value == path[0]:
            return int(key.start_mark.line) + 1 if len(path) == 1 else _line(value, path=path[1:])
    return line
