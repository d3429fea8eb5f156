"""What every formatter of the human view needs to know of its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acsctl.model.plan import Plan

if TYPE_CHECKING:
    from acsctl.model.schema import Field, Schema

SHORT_FROM = 15  # ids up to here stay whole


@dataclass(frozen=True)
class Page:
    """Columns, and how much to show. `names` are the addresses of live things by id.

    `shorten` is set where a person looks on: ids lose their middle there, and nowhere else.
    """

    width: int = 80
    shorten: bool = False
    verbose: bool = False
    schemas: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def fields(self, kind: str) -> Mapping[str, Field]:
        """The fields of a kind; none where its schema is not known."""
        schema = self.schema(kind)
        return schema.fields if schema else {}

    def schema(self, kind: str) -> Schema | None:
        """The schema of a kind, if it is known."""
        return self.schemas.get(kind)

    def id(self, text: str) -> str:
        """An id, without its middle where that is wanted: vpc-bp1k…3q."""
        return f"{text[:8]}…{text[-2:]}" if self.shorten and len(text) >= SHORT_FROM else text


def names_in(plan: Plan) -> dict[str, str]:
    """Address by id of every live thing that the plan speaks of."""
    lives = [live for change in plan.changes for live in change.live]
    return {live.id: str(live.address) for live in (*plan.unchanged, *plan.left_standing, *lives)}
