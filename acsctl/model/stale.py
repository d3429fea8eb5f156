"""In what a plan that was kept differs from the one that would be made now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["file", "value", "variable", "live", "record", "offer", "change", "output"]
How = Literal["new", "gone", "different"]


@dataclass(frozen=True)
class Difference:
    """One thing that is new, gone or different. `detail` tells how, where it can be told.

    `part` is where: a `file` of the stack, a `value` of env() or file(), a `variable`, a `live` thing, the `record`, what the
    cloud has on `offer`; and as their consequences each `change` and each `output` of the plan.
    """

    part: Part
    name: str
    how: How = "different"
    detail: str = ""
