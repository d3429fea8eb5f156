"""Writing into a stack file without touching the rest of it: text is spliced in at a node's place, comments stay."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from acsctl.errors import Place, UsageError


def write_adopt(place: Place, ids: Sequence[str]) -> None:
    """Write `adopt: ID` (a list for several) into the block whose name stands at `place`.

    Raises UsageError where the block adopts already, or is not written out there (an alias).
    """
    path = Path(place.file)
    text = text_of(path)
    replace_text(path, text, with_adopt(text, place, ids))


def text_of(path: Path) -> str:
    """What a file says, its line ends and the mark at its beginning as they are."""
    return path.read_bytes().decode("utf-8")


def replace_text(path: Path, old: str, new: str) -> None:
    """Put `new` in the place of `old`, whole or not at all. Raises UsageError where that cannot be."""
    path = path.resolve()
    if text_of(path) != old:
        raise UsageError(f"{path.name} was changed meanwhile", remedy="Run the command again.")
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(new.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(stat.S_IMODE(path.stat().st_mode))
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}", remedy="Make it writable, and its folder.") from error


def with_adopt(text: str, place: Place, ids: Sequence[str]) -> str:
    """`text` with the line added; see `write_adopt`."""
    block = _block(text, place)
    if any(key.value == "adopt" for key, _ in block.value):
        raise UsageError(f"{place}: this block has `adopt` already", remedy="Change it there.")
    value = ids[0] if len(ids) == 1 else f"[{', '.join(ids)}]"
    if block.flow_style:
        at = block.start_mark.index + 1
        return f"{text[:at]}adopt: {value}, {text[at:]}"
    first, (_, after) = block.value[0][0], _kind(block)
    at = text.find("\n", after.end_mark.index)
    line = f"{' ' * first.start_mark.column}adopt: {value}"
    return f"{text}\n{line}\n" if at < 0 else f"{text[: at + 1]}{line}\n{text[at + 1 :]}"


def _kind(block: yaml.MappingNode) -> tuple[yaml.Node, yaml.Node]:
    """The pair after which the line goes: `kind: ...`, which every resource has."""
    pair: tuple[yaml.Node, yaml.Node] = next(entry for entry in block.value if entry[0].value == "kind")
    return pair


def _block(text: str, place: Place) -> yaml.MappingNode:
    for key, value in _pairs(yaml.compose(text, Loader=yaml.SafeLoader)):
        mark = key.start_mark
        if (mark.line + 1, mark.column + 1) == (place.line, place.column) and isinstance(value, yaml.MappingNode):
            return value
    raise UsageError(f"{place}: there is no block to write into", remedy="Write the  adopt:  line yourself.")


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key, value
            yield from _pairs(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _pairs(item)
