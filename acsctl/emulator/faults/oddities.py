"""Faults of the service itself, which it has to be asked for while it performs a call (sheet behaviour.md 3, 6 and 8)."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from acsctl.emulator.faults.effects import Effect, Moment, Place

WITHIN: tuple[Moment, ...] = ("within",)
_TOTALS = frozenset({"totalcount", "total_count", "total"})
_MARKERS = frozenset({"nexttoken", "next_token"})


@dataclass(frozen=True)
class Oddity(Effect):
    """The service does what it is asked to, but not as usual."""

    MOMENTS: ClassVar[tuple[Moment, ...]] = WITHIN
    PLACES: ClassVar[tuple[Place, ...]] = ("cloud",)


@dataclass(frozen=True)
class EmptyList(Oddity):
    """Lists are empty, as an unprivileged RAM user gets them."""

    KIND: ClassVar[str] = "empty-list"

    def empty(self, answer: Any, *, name: str = "") -> Any:
        """An answer without what it lists."""
        if isinstance(answer, list):
            return []
        if isinstance(answer, dict):
            return {key: self.empty(value, name=key) for key, value in cast("dict[str, Any]", answer).items()}
        if name.lower() in _TOTALS:
            return "0" if isinstance(answer, str) else 0
        return "" if name.lower() in _MARKERS else answer


@dataclass(frozen=True)
class ShiftingPages(Oddity):
    """Rows move between pages while somebody turns them."""

    KIND: ClassVar[str] = "shifting-pages"
    LASTING: ClassVar[bool] = True


@dataclass(frozen=True)
class Lag(Oddity):
    """Creates, deletes and tags show so many cloud seconds late; None as the settings say. types: names of resource types as in
    GET /_emulator/world; empty for all."""

    KIND: ClassVar[str] = "lag"
    LASTING: ClassVar[bool] = True
    creates: float | None = None
    deletes: float | None = None
    tags: float | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tokens(Oddity):
    """How ClientTokens are remembered: for how many cloud seconds, and whether that of a failed call is. None as the settings
    say."""

    KIND: ClassVar[str] = "tokens"
    LASTING: ClassVar[bool] = True
    memory: float | None = None
    keep_failed: bool | None = None


@dataclass(frozen=True)
class LateNoStock(Oddity):
    """Instances are accepted, and found to be without stock later. count: how many of a call; None for all."""

    KIND: ClassVar[str] = "late-no-stock"
    count: int | None = None


@dataclass(frozen=True)
class FailedTask(Oddity):
    """The task of the container service that the call begins fails."""

    KIND: ClassVar[str] = "failed-task"


@dataclass(frozen=True)
class Away(Oddity):
    """An API server hangs up on everybody and refuses connections for so many cloud seconds, then it is back."""

    KIND: ClassVar[str] = "away"
    MOMENTS: ClassVar[tuple[Moment, ...]] = ("before", "after")
    PLACES: ClassVar[tuple[Place, ...]] = ("kube",)
    lasts: float = 30.0
