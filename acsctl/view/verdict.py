"""The end of a plan: how much of what, how long it takes, and what must be thought about before saying yes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from acsctl.model.change import Action
from acsctl.model.plan import Finding, Plan
from acsctl.view import fields, style, wording
from acsctl.view.contract import Stats
from acsctl.view.page import Page
from acsctl.view.style import line

ALWAYS = {Action.CREATE: "create", Action.UPDATE: "change", Action.REPLACE: "replace", Action.DELETE: "destroy"}
IF_ANY = {Action.ADOPT: "adopt", Action.FORGET: "forget"}
ORDER = {"note": 0, "warning": 1, "error": 2}


def verdict(plan: Plan, stats: Stats, page: Page) -> Iterator[Text]:
    """The counts, then the findings, the gravest last."""
    if plan.empty:
        yield nothing(plan, stats)
    else:
        yield from (line((row, style.BOLD)) for row in fields.wrapped(counts(plan, stats), room=page.width))
    if plan.left_standing:
        yield from _warning(standing(plan), page)
    for finding in sorted(plan.findings, key=lambda item: ORDER.get(item.severity, 1)):
        yield from _warning(finding, page)


def counts(plan: Plan, stats: Stats) -> str:
    """ "Plan: 8 to create, 2 to change, 1 to replace, 0 to destroy. About 14 min." """
    numbers = plan.counts()
    words = [f"{numbers[action]} to {word}" for action, word in ALWAYS.items()]
    words += [f"{numbers[action]} to {word}" for action, word in IF_ANY.items() if numbers[action]]
    time = f" About {wording.rough(stats.expected)}." if stats.expected else ""
    return f"Plan: {', '.join(words)}.{time}"


def nothing(plan: Plan, stats: Stats) -> Text:
    """What is said instead of a plan."""
    if plan.destroy:
        return line(("Nothing to destroy.", style.BOLD), f" The cloud has nothing of this stack{_cost(stats)}.")
    seen = f" ({', '.join((wording.count(len(plan.unchanged), 'resource'), *_parts(stats)))})"
    return line(("No changes.", f"{style.BOLD} {style.GOOD}"), f" The cloud matches the stack{seen}.")


def _cost(stats: Stats) -> str:
    return f" ({', '.join(_parts(stats))})" if stats.calls else ""


def _parts(stats: Stats) -> tuple[str, ...]:
    return (wording.count(stats.calls, "call"), wording.length(stats.seconds)) if stats.calls else ()


def standing(plan: Plan) -> Finding:
    """Why things that carry the stack's mark are not destroyed."""
    addresses = list(dict.fromkeys(live.address.whole for live in plan.left_standing))
    number = len(plan.left_standing)
    message = (
        f"{wording.names(addresses)} {'carries' if number == 1 else 'carry'} this stack's mark, but neither the file names "
        f"{'it' if number == 1 else 'them'} nor the record has seen {'it' if number == 1 else 'them'}: not destroyed unasked"
    )
    return Finding("warning", message, remedy=" ".join(f"--allow {address}" for address in addresses))


def _warning(finding: Finding, page: Page) -> Iterator[Text]:
    """The sentence, with what to type or write behind it or below."""
    symbol, color = style.SEVERITIES.get(finding.severity, style.SEVERITIES["warning"])
    text = finding.message
    if finding.address and str(finding.address.whole) not in text:
        text = f"{finding.address}: {text}"
    remedy = f"allow it with  {finding.remedy}" if finding.remedy.startswith("--allow") else finding.remedy
    room = page.width - 3
    if remedy and len(text) + 2 + len(remedy) <= room and finding.remedy.startswith("--allow"):
        text, remedy = f"{text}: {remedy}", ""
    for number, row in enumerate(fields.wrapped(text, room=room)):
        yield line((f"{symbol if number == 0 else ' ':<3}", color), (row, color))
    if remedy:
        yield line("   ", ("do    ", style.DIM), remedy)
