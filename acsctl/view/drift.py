"""The screen of a drift: what the file says beside what the cloud has become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.text import Text

from acsctl.model.drift import Drift, Drifted, What
from acsctl.view import fields, remarks, style, tally, verdict, wording
from acsctl.view.contract import Stats
from acsctl.view.layout import Layout, heading, layout, title
from acsctl.view.page import Page
from acsctl.view.style import line

SYMBOLS: dict[What, tuple[str, str]] = {
    "changed": ("  ~", "yellow"),
    "gone": ("  -", "red"),
    "added": ("  +", "green"),
}
UNSURE = ("  ?", style.CARE)


def lines(drift: Drift, *, stats: Stats, page: Page) -> Iterator[Text]:
    """The whole screen."""
    every = [*drift.rows, *drift.unsure]
    page = replace(page, names={live.id: str(live.address) for row in every for live in row.change.live})
    laid = layout((row.change for row in every), page)
    if every or drift.left_standing:
        yield from heading(drift.stack, stats=stats, page=page)
        yield line("")
    if any(row.change.fields for row in every):
        yield line((f"{fields.INDENT}what the file says → what the cloud has", style.DIM))
    for row in drift.rows:
        yield from _entry(row, symbol=SYMBOLS[row.what], laid=laid, page=page)
    for row in drift.unsure:
        yield from _entry(row, symbol=UNSURE, laid=laid, page=page)
    for live in drift.left_standing:
        told = f"{page.id(live.id)} bears this stack's mark; neither file nor record know it"
        yield from laid.row(UNSURE, title=str(live.address), words=[(told, "")])
    if every or drift.left_standing:
        yield line("")
    yield from _ending(drift, stats=stats, page=page)


def _entry(row: Drifted, *, symbol: tuple[str, str], laid: Layout, page: Page) -> Iterator[Text]:
    change = row.change
    yield from laid.row(symbol, title=title(change), words=_words(row, page=page))
    yield from fields.changed(row.seen, page=page)


def _words(row: Drifted, *, page: Page) -> remarks.Remarks:
    change = row.change
    reason = row.reason
    told = {
        "changed": reason,
        "gone": f"{reason} · gone" if row.certain else f"{reason} · not there",
        "added": f"{reason} · added by somebody else: {remarks.things(change.live, page=page)}",
    }[row.what]
    ids = wording.names((page.id(id) for id in row.gone), most=3)
    why = "" if row.certain or change.fields or change.reason is None else wording.WHY[change.reason]
    note = change.note if row.what == "added" else why
    words = [(told, SYMBOLS[row.what][1]), (ids, ""), (remarks.members(change), style.DIM), (note, style.DIM)]
    return [word for word in words if word[0]]


def remedies(drift: Drift) -> Iterator[Text]:
    """What can be done, and how."""
    rows: list[tuple[str, str]] = []
    if any(row.what == "changed" for row in drift.rows):
        rows.append(("acsctl drift --accept", "writes what the cloud has into the file"))
    if drift.rows:
        rows.append(("acsctl drift --revert", "makes the cloud again what the file says"))
    if drift.unsure:
        rows.append(("acsctl apply", "repairs what differs, whatever the reason"))
    for number, (command, what) in enumerate(rows):
        yield line(("   " if number else "do ", style.NOTE), f"{command:<23}", (what, style.DIM))


def _ending(drift: Drift, *, stats: Stats, page: Page) -> Iterator[Text]:
    good = not drift.rows and not drift.unsure and not drift.findings
    color = f"{style.BOLD} {style.GOOD}" if good else style.BOLD
    yield from (line((text, color)) for text in fields.wrapped(tally.drift(drift, stats=stats), room=page.width))
    for finding in drift.findings:
        yield from verdict.warning(finding, page=page)
    if drift.edits:
        edits = f"{wording.count(drift.edits, 'change')} of the file not shown: see  acsctl plan"
        yield from (line((text, style.DIM)) for text in fields.wrapped(edits, room=page.width))
