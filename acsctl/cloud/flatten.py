"""Nested parameters to the dotted names of the wire: Tag=[{"Key": "a"}] becomes Tag.1.Key=a (sheet wire.md 1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast


def flatten(params: Mapping[str, Any]) -> dict[str, str]:
    """One text per dotted name; indexes from 1, booleans as true and false, None and what is empty left out.

    Raises TypeError for what has no form on the wire (bytes, objects).
    """
    return dict(_flat("", value=params))


def _flat(name: str, *, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, str | int | float):
        yield name, str(value)
    elif isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            yield from _flat(f"{name}.{key}" if name else key, value=inner)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for number, inner in enumerate(cast("Sequence[object]", value), start=1):
            yield from _flat(f"{name}.{number}", value=inner)
    else:
        raise TypeError(f"{name}: {type(value).__name__} cannot be sent")
