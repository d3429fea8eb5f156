"""What is said of each change behind its address: what is made, why it changes, what goes."""

from __future__ import annotations

from collections.abc import Iterable

from acsctl.model.change import Action, Change, Impact
from acsctl.model.resource import Live
from acsctl.view import style, summary, wording
from acsctl.view.page import Page

Remarks = list[tuple[str, str]]
"""Texts with their styles, in the order in which they stand on the line."""


def about(change: Change, *, page: Page, room: int, destroy: bool = False) -> Remarks:
    """All that stands behind the address. `room` are the columns of a line, `destroy` that the whole stack goes."""
    note = (change.note, "")
    which = (members(change), style.DIM)
    match change.action:
        case Action.CREATE:
            remarks = ", ".join(part for part in (which[0], change.note) if part)
            text = summary.summary(change, page=page, width=room)
            words = [(text, ""), (f"({remarks})" if text and remarks else remarks, style.DIM)]
        case Action.UPDATE:
            words = [_because(change), which, note]
        case Action.REPLACE | Action.CREATE_THEN_DELETE:
            words = [_because(change, "replace", *_gone_for(change, page=page)), which, note]
        case Action.DELETE:
            danger = change.impact.word if change.impact is Impact.DATA_LOSS else ""
            words = [(_deleted(change, page=page, destroy=destroy), ""), (danger, style.DANGER)]
        case Action.ADOPT:
            words = [(f"adopts {things(change.live, page=page)}, which exists and is not yet ours", ""), note]
        case Action.FORGET:
            words = [(f"forgotten (retain), stays in the cloud: {things(change.live, page=page)}", ""), note]
        case _:
            words = [(things(change.live, page=page), style.DIM), note]
    return [word for word in words if word[0]]


def _because(change: Change, *more: str) -> tuple[str, str]:
    """Reason, what else is to be said, and impact: "drift · restart", "edit · replace · gone for about 12 min · outage"."""
    impact = change.impact.word if change.impact not in (Impact.NONE, Impact.REPLACE) else ""
    words = (change.reason.value if change.reason else "", *more, impact)
    return " · ".join(word for word in words if word), style.impact(change.impact) or style.ACTIONS[change.action]


def _gone_for(change: Change, *, page: Page) -> tuple[str, ...]:
    """How long nothing is there, as far as the schema knows how long destroying and making usually take."""
    schema = page.schema(change.address.kind)
    if schema is None or change.action is not Action.REPLACE:
        return ()
    seconds = schema.durations.get("delete", 0.0) + schema.durations.get("create", 0.0)
    return (f"gone for about {wording.rough(seconds)}",) if seconds else ()


def members(change: Change) -> str:
    """Which members of a fleet, unless it is all of them."""
    count = change.desired.count if change.desired else len(change.numbers)
    if not change.numbers or change.numbers == tuple(range(1, (count or 0) + 1)):
        return ""
    return f"member{'s' if len(change.numbers) > 1 else ''} {wording.ranges(change.numbers)}"


def _deleted(change: Change, *, page: Page, destroy: bool) -> str:
    absent = change.desired.absent if change.desired else ("" if destroy else "no longer in the file")
    schema = page.schema(change.address.kind)
    parts = sum(len(live.parts) for live in change.live)
    what = wording.count(parts, schema.part) if schema and parts else things(change.live, page=page)
    words = (what, members(change), change.note or absent)
    return " · ".join(word for word in words if word)


def things(lives: Iterable[Live], *, page: Page) -> str:
    """Ids, with the name in the cloud where there is one thing only."""
    rows = list(lives)
    if len(rows) == 1 and rows[0].name:
        return f"{page.id(rows[0].id)} ({rows[0].name})"
    return wording.names((page.id(live.id) for live in rows), most=3)
