"""The end of a plan: how much of what, how long it takes, and what must be thought about before saying yes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from acsctl.model.plan import Finding, Plan
from acsctl.view import fields, style, tally
from acsctl.view.contract import Stats
from acsctl.view.page import Page
from acsctl.view.style import line

ORDER = {"note": 0, "warning": 1, "error": 2}


def verdict(plan: Plan, *, stats: Stats, page: Page) -> Iterator[Text]:
    """The counts, then the findings, the gravest last."""
    sentence = tally.nothing(plan, stats=stats) if plan.empty else tally.counts(plan, stats=stats)
    color = f"{style.BOLD} {style.GOOD}" if plan.empty else style.BOLD
    yield from (line((row, color)) for row in fields.wrapped(sentence, room=page.width))
    if plan.left_out:
        yield from (line((row, style.NOTE)) for row in fields.wrapped(tally.left_out(plan), room=page.width))
    if plan.left_standing:
        yield from warning(tally.standing(plan), page=page)
    for finding in sorted(plan.findings, key=lambda item: ORDER.get(item.severity, 1)):
        yield from warning(finding, page=page)


def warning(finding: Finding, *, page: Page) -> Iterator[Text]:
    """The sentence, with what to type or write behind it or below."""
    symbol, color = style.SEVERITIES.get(finding.severity, style.SEVERITIES["warning"])
    text = finding.message
    if finding.address and str(finding.address.whole) not in text:
        text = f"{finding.address}: {text}"
    remedy = f"allow it with  {finding.remedy}" if finding.remedy.startswith("--") else finding.remedy
    room = page.width - 3
    if "--allow" in remedy and len(text) + 2 + len(remedy) <= room:
        text, remedy = f"{text}: {remedy}", ""
    for number, row in enumerate(fields.wrapped(text, room=room)):
        yield line((f"{symbol if number == 0 else ' ':<3}", color), (row, color))
    if remedy:
        for number, row in enumerate(fields.wrapped(remedy, room=max(30, page.width - 9))):
            yield line("   ", (f"{'' if number else 'do':<6}", style.DIM), row)
