"""What a plan cannot do, found before its first write: it would take something away on which something else stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from acsctl.model.change import Action, Change
from acsctl.model.plan import Finding
from acsctl.model.resource import Live
from acsctl.model.schema import references
from acsctl.plan.work import Work


def contradictions(work: Work, left: Sequence[Live]) -> Iterator[Finding]:
    """Findings on what has been decided; `left` is left standing."""
    gone = {
        live.id: change
        for change in work.changes
        if change.action is Action.DELETE or change.action.replaces
        for live in change.live
    }
    yield from _looked_up(work, gone)
    for live, remedy, touched in _staying(work, left):
        fields = {name: field for name, field in work.schemas[live.address.kind].fields.items() if name not in touched}
        for _, value in references(fields, live.spec):
            change = gone.get(value) if isinstance(value, str) else None
            if change and value != live.id:
                verb = "replaced" if change.action.replaces else "destroyed"
                message = f"{change.address} would be {verb}, and {live.address} ({live.id}), which stays, stands on it"
                yield Finding("error", message, change.address, remedy)


def _staying(work: Work, left: Sequence[Live]) -> Iterator[tuple[Live, str, set[str]]]:
    """What is not destroyed, what to do if it stands on something that is, and its fields that change."""
    for live in left:
        yield live, f"to destroy both, add  --allow {live.address.whole}", set()
    for live in work.unchanged:
        yield live, "say in the file what it should have instead", set()
    for change in work.changes:
        touched = {field.path.split(".")[0] for field in change.fields}
        for live in change.live:
            if change.action is Action.FORGET:
                yield live, "retain what it stands on, too", set()
            elif change.action in (Action.UPDATE, Action.ADOPT):
                yield live, "say in the file what it should have instead", touched


def _looked_up(work: Work, gone: dict[str, Change]) -> Iterator[Finding]:
    """What is only to be looked up from now on, and would be destroyed because it was ours."""
    for change in work.changes:
        for live in change.live if change.action is Action.READ else ():
            if live.id in gone:
                message = f"{change.address}: `existing` names {live.id}, which this stack owns and would destroy"
                yield Finding("error", message, change.address, "to give it up first, apply its block with  retain: true")
