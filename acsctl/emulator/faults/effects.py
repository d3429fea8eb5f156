"""What effects have in common: a kind, the moments that they are possible at, and fields that documents can set."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Moment = Literal["before", "after", "within"]
"""Of a call: before its effect, after it, or while the service performs it."""
MOMENTS: tuple[Moment, ...] = ("before", "after")
"""Those that a document can choose from."""
Place = Literal["cloud", "oss", "kube"]
"""The calls of the products, of OSS, which has a wire of its own, and the requests to an API server."""


@dataclass(frozen=True)
class Effect:
    """MOMENTS: the first is the default. LASTING: strikes without end unless told otherwise. PLACES: where it can be met."""

    KIND: ClassVar[str] = ""
    MOMENTS: ClassVar[tuple[Moment, ...]] = MOMENTS
    LASTING: ClassVar[bool] = False
    PLACES: ClassVar[tuple[Place, ...]] = ("cloud", "oss", "kube")
