"""Finding a field by the dotted path under which a change names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acsctl.model.field import Field


def field_at(fields: Mapping[str, Field], path: str) -> Field | None:
    """The field at a dotted path, or the last one on the way to it that the schema knows."""
    found: Field | None = None
    for name in path.split("."):
        if name not in fields:
            break
        found = fields[name]
        fields = found.fields
    return found
