"""Every field of every schema, and a stack that has a secret in one of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.kinds import registry
from acsctl.model.schema import Field
from tests.scenarios.everything import RESOURCES
from tests.support.lab import Block

Path = tuple[str | int, ...]
VARIABLES = {"canary": {"type": "string", "secret": True}}
HIDDEN = "{{ canary }}"
WORDS: tuple[Path, ...] = (("tags", "a"), ("description",), ("needs", 0), ("when",), ("existing",), ("adopt",))
NAMES = {block["kind"]: name for name, block in RESOURCES.items()}


def paths() -> Iterator[tuple[str, Path]]:
    """The kind and the way to each place of a block in which a value can stand."""
    for kind, schema in registry.schemas().items():
        yield from ((kind, path) for path in _below(schema.fields, ()))
        yield from ((kind, path) for path in WORDS)


def _below(fields: Mapping[str, Field], prefix: Path) -> Iterator[Path]:
    for name, item in fields.items():
        here: Path = (*prefix, name, 0) if item.shape == "list" else (*prefix, name)
        if item.shape == "object" or item.fields:
            yield from _below(item.fields, here)
        elif item.shape == "mapping":
            yield (*here, "a")
        else:
            yield here


def with_secret(kind: str, path: Path, value: Any = HIDDEN) -> dict[str, Block]:
    """The stack of every kind, with the secret in one place of one block."""
    found = copy.deepcopy(dict(RESOURCES))
    found[NAMES[kind]] = _put(dict(found[NAMES[kind]]), path, value)
    return found


def _put(where: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        first = where[0] if isinstance(where, list) and where else {}
        return [_put(first if isinstance(first, dict) else {}, tuple(rest), value)]
    inside = dict(where) if isinstance(where, Mapping) else {}
    return {**inside, step: _put(inside.get(step, {}), tuple(rest), value)}
