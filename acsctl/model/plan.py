"""A plan: frozen data that every later stage reads and none changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.history import Applied
from acsctl.model.resource import Live, Stack

if TYPE_CHECKING:
    from acsctl.model.foresight import Foresight


@dataclass(frozen=True)
class Finding:
    """What a check has to say. `severity` is "error" (exit 5), "warning" or "note"; `remedy` what to write or type.

    `passing`: what stands in the way may be what an earlier run has made, whose mark does not show yet.
    """

    severity: str
    message: str
    address: Address | None = None
    remedy: str = ""
    passing: bool = False


@dataclass(frozen=True)
class Observation:
    """What `observe` saw: live things that are ours, by address without number, and what `existing` blocks found.

    `candidates` are things under a wanted name without our mark; `foreseen` is what a dry run said of what is wanted.
    `at` is the clock's second at which looking began.
    """

    live: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)
    existing: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)
    candidates: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)
    foreseen: Mapping[Address, Foresight] = field(default_factory=dict)
    at: float = 0.0

    def everything(self) -> Iterable[Live]:
        """Each live thing that is ours."""
        return (live for lives in self.live.values() for live in lives)


@dataclass(frozen=True)
class Plan:
    """What would be done, in a valid order of creation, and what a person should know before saying yes.

    `left_standing` carry our tag but neither the file nor the record knows them: not destroyed unasked.
    `wanted` is what each address should be, resolved and without secrets, with the ids of what is there.
    `secrets` are the dotted paths at which the record knows of a secret that the cloud may have.
    `known` is what expressions may read of each address so far.
    `outputs` are the outputs as far as they are known before the apply.
    `left_out` would be done too, were the plan not restricted to a part.
    """

    stack: Stack
    changes: tuple[Change, ...]
    unchanged: tuple[Live, ...] = ()
    left_standing: tuple[Live, ...] = ()
    findings: tuple[Finding, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    wanted: Mapping[Address, Applied] = field(default_factory=dict[Address, Applied])
    secrets: Mapping[Address, tuple[str, ...]] = field(default_factory=dict[Address, tuple[str, ...]])
    known: Mapping[Address, Mapping[str, Any]] = field(default_factory=dict[Address, Mapping[str, Any]])
    destroy: bool = False
    left_out: tuple[Change, ...] = ()

    @property
    def applied(self) -> dict[Address, Applied]:
        """What is `wanted` where nothing is left out: once the plan is carried out, the record may keep it."""
        partly = {change.address for change in self.left_out}
        return {address: applied for address, applied in self.wanted.items() if address not in partly}

    @property
    def empty(self) -> bool:
        """Whether applying it would do nothing."""
        return not any(change.action not in (Action.NONE, Action.READ) for change in self.changes)

    def counts(self) -> Counter[Action]:
        """How many things each action concerns; both orders of a replacement count as REPLACE."""
        counts: Counter[Action] = Counter()
        for change in self.changes:
            counts[Action.REPLACE if change.action.replaces else change.action] += change.size
        return counts
