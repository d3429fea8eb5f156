"""What is decided so far while a diff is being made, and the making of single changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.history import Applied, History
from acsctl.model.plan import Finding, Observation
from acsctl.model.resource import Live, Spec, Stack
from acsctl.model.schema import Schemas
from acsctl.model.unknown import Outputs
from acsctl.plan import values
from acsctl.plan.difference import STATE, Wanted, reason_of
from acsctl.plan.pairing import Pairs
from acsctl.plan.selection import EVERYTHING, Selection
from acsctl.plan.takeover import emptied, fresh, wiped

DOUBLE = "double"
SUPERSEDED = "its replacement is there"
"""Notes on what is one too many: it goes although its address is protected."""
NOTES = {Reason.DRIFT: "was destroyed behind our back", Reason.BOTH: "{} destroyed behind our back, the others are new"}


@dataclass(frozen=True)
class Asked:
    """What the command line asks beside the file: `replace` and `allow` hold addresses as text, `allow` also "all".

    `selection` is the part of the plan that is wanted.
    """

    destroy: bool = False
    replace: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    selection: Selection = EVERYTHING


@dataclass
class Work:
    """The state of one diff: what has been decided so far.

    `staying` are targets of late references, taken to stay; `above` has the unwanted things that stand on an id, `gone`
    the ids that are destroyed before something is made anew.
    """

    stack: Stack
    seen: Observation
    history: History
    schemas: Schemas
    asked: Asked
    pairs: Pairs
    staying: Mapping[Address, Outputs]
    known: dict[Address, Mapping[str, Any]] = field(default_factory=dict[Address, Mapping[str, Any]])
    specs: dict[str, Spec] = field(default_factory=dict[str, Spec])
    above: Mapping[str, Collection[str]] = field(default_factory=dict[str, set[str]])
    gone: set[str] = field(default_factory=set[str])
    changes: list[Change] = field(default_factory=list[Change])
    unchanged: list[Live] = field(default_factory=list[Live])
    findings: list[Finding] = field(default_factory=list[Finding])
    missing: bool = False
    wanted: dict[Address, Applied] = field(default_factory=dict[Address, Applied])

    def is_asked(self, live: Live, *names: Address) -> bool:
        """Whether one of these, by which `--replace` may name a thing, is asked for: not again where that is done already."""
        asked = [name for name in names if str(name) in self.asked.replace]
        done = [name for name in asked if self.history.has_replaced(name, live.id)]
        return bool(asked) and not done

    def leaves(self, id: str) -> None:
        """The thing is destroyed before its replacement is made, and before it all unwanted things that stand on it."""
        todo = [id]
        while todo:
            found = todo.pop()
            if found not in self.gone:
                self.gone.add(found)
                todo.extend(self.above.get(found, ()))


def created(work: Work, want: Wanted, numbers: Iterable[int] = ()) -> Change:
    """A create. Its reason is drift where a clean record says that it was there, both where more is wanted than that."""
    numbers = tuple(numbers)
    address = want.desired.address
    lost = work.history.lost(address, frozenset(item.id for item in work.pairs.lives.get(address, ())))
    reason = Reason.UNFINISHED if want.unfinished else _why_missing(len(lost) if want.past else 0, max(1, len(numbers)))
    lost_data = wiped(want.schema, want.spec, have={}, new=fresh(work.history, work.seen))
    return Change(
        address,
        Action.CREATE,
        want.desired,
        numbers=numbers,
        spec=want.spec,
        tags=want.tags,
        reason=reason,
        impact=Impact.DATA_LOSS if lost_data else Impact.NONE,
        note=emptied(lost_data) or NOTES.get(reason, "").format(len(lost)),
    )


def _why_missing(lost: int, made: int) -> Reason:
    if not lost:
        return Reason.EDIT
    return Reason.DRIFT if made <= lost else Reason.BOTH


def changed(want: Wanted, action: Action, *, lives: tuple[Live, ...], fields: tuple[FieldChange, ...]) -> Change:
    """An update, an adoption or a replacement of `lives`, with the worst impact of its fields."""
    impact = max((change.impact for change in fields), default=Impact.NONE)
    if action.replaces:
        holds = want.schema.stateful and not any(change.path == STATE and change.forces for change in fields)
        impact = max(impact, Impact.DATA_LOSS if holds else Impact.REPLACE)
    otherwise = Reason.ASKED if action.replaces else Reason.EDIT if action is not Action.NONE else None
    reason = reason_of(fields) or otherwise
    return Change(
        want.desired.address,
        action,
        want.desired,
        live=lives,
        spec=_with_resets(want.spec, fields),
        tags=want.tags,
        fields=fields,
        reason=reason,
        impact=impact,
    )


def _with_resets(spec: Spec, fields: tuple[FieldChange, ...]) -> Spec:
    resets = {change.path: change.after for change in fields if change.note.startswith("no longer")}
    return {**spec, **resets}


def learn(work: Work, want: Wanted, live: Live | None) -> None:
    """What later resources may read of this one: fields at once, outputs only of what stays."""
    spec = {name: value for name, value in want.spec.items() if not values.unresolved(value)}
    derived = want.schema.derive(want.spec) if not values.unresolved(want.spec) else {}
    work.known[want.desired.address] = {**(live.known if live else {}), **spec, **derived}
