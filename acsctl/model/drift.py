"""What the cloud has become behind the stack's back: a part of a plan, seen from the other side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Stack

What = Literal["changed", "gone", "added"]


@dataclass(frozen=True)
class Drifted:
    """A change that would take a drift back, with only the fields that it is about. `gone` are ids that are no longer there."""

    change: Change
    gone: tuple[str, ...] = ()

    @property
    def what(self) -> What:
        """What happened to it in the cloud."""
        if self.change.action is Action.CREATE:
            return "gone"
        return "added" if self.change.action is Action.DELETE else "changed"

    @property
    def reason(self) -> str:
        """The reason's word."""
        return (self.change.reason or Reason.UNKNOWN).value

    @property
    def seen(self) -> Change:
        """The change from the cloud's side: of each field the file's value first, then the cloud's."""
        return replace(self.change, fields=tuple(map(_turned, self.change.fields)))

    @property
    def count(self) -> int:
        """How many things it concerns."""
        return self.change.size

    @property
    def certain(self) -> bool:
        """Whether the record tells that it is a drift; else its reason is unknown or unfinished."""
        return self.change.reason in (Reason.DRIFT, Reason.BOTH)


def _turned(field: FieldChange) -> FieldChange:
    """A difference as what happened; what repairing it would do to the thing is another matter."""
    turned = replace(field, before=field.after, after=field.before, added=field.removed, removed=field.added)
    return replace(turned, forces=False, impact=Impact.NONE)


@dataclass(frozen=True)
class Drift:
    """All of it, in the order of the plan. `unsure` are differences of which no record tells whether they are drift.

    `checked` is how many things were compared, `edits` how many changes come from the file alone. `findings` are what kept
    the look from being taken (severity "error"), and what carries the mark unknown to file and record is `left_standing`.
    """

    stack: Stack
    rows: tuple[Drifted, ...] = ()
    unsure: tuple[Drifted, ...] = ()
    left_standing: tuple[Live, ...] = ()
    findings: tuple[Finding, ...] = ()
    checked: int = 0
    edits: int = 0
