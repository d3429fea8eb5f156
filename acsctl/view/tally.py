"""The sentences that sum a plan up, the same for people and for programs."""

from __future__ import annotations

from collections import Counter

from acsctl.model.change import Action
from acsctl.model.drift import Drift
from acsctl.model.plan import Finding, Plan
from acsctl.view import wording
from acsctl.view.contract import Stats

ALWAYS = {Action.CREATE: "create", Action.UPDATE: "change", Action.REPLACE: "replace", Action.DELETE: "destroy"}
IF_ANY = {Action.ADOPT: "adopt", Action.FORGET: "forget"}


def counts(plan: Plan, *, stats: Stats) -> str:
    """ "Plan: 8 to create, 2 to change, 1 to replace, 0 to destroy. About 14 min." """
    numbers = plan.counts()
    words = [f"{numbers[action]} to {word}" for action, word in ALWAYS.items()]
    words += [f"{numbers[action]} to {word}" for action, word in IF_ANY.items() if numbers[action]]
    time = f" About {wording.rough(stats.expected)}." if stats.expected else ""
    return f"Plan: {', '.join(words)}.{time}"


def nothing(plan: Plan, *, stats: Stats) -> str:
    """What is said instead of a plan."""
    if any(finding.severity == "error" for finding in plan.findings):
        return "There is no plan:"
    if plan.left_out:
        return "Nothing to do for what is asked for."
    if plan.destroy:
        took = f" ({', '.join(cost(stats))})" if stats.calls else ""
        return f"Nothing to destroy. The cloud has nothing of this stack{took}."
    seen = ", ".join((wording.count(len(plan.unchanged), "resource"), *cost(stats)))
    return f"No changes. The cloud matches the stack ({seen})."


def cost(stats: Stats) -> tuple[str, ...]:
    """What reading took."""
    return (wording.count(stats.calls, "call"), wording.length(stats.seconds)) if stats.calls else ()


def left_out(plan: Plan) -> str:
    """What a plan that was restricted does not do."""
    number = sum(change.size for change in plan.left_out)
    names = wording.names(change.address for change in plan.left_out)
    return f"{wording.count(number, 'change')} of other addresses {'is' if number == 1 else 'are'} left out: {names}"


def standing(plan: Plan) -> Finding:
    """Why things that carry the stack's mark are not destroyed."""
    addresses = list(dict.fromkeys(live.address.whole for live in plan.left_standing))
    number = len(plan.left_standing)
    message = (
        f"{wording.names(addresses)} {'carries' if number == 1 else 'carry'} this stack's mark, but neither the file names "
        f"{'it' if number == 1 else 'them'} nor the record has seen {'it' if number == 1 else 'them'}: not destroyed unasked"
    )
    return Finding("warning", message, remedy=" ".join(f"--allow {address}" for address in addresses))


def drifted(found: Drift) -> dict[str, int]:
    """How many things were changed, are gone, were added, and are not told of."""
    counted = Counter[str]()
    for row in found.rows:
        counted[row.what] += row.count
    for row in found.unsure:
        counted[row.reason] += row.count
    return {word: counted[word] for word in ("changed", "gone", "added", "unknown", "unfinished")}


def drift(found: Drift, *, stats: Stats) -> str:
    """ "Drift: 2 changed, 1 gone, 0 added." or that there is none."""
    if found.findings:
        return "What has drifted cannot be told:"
    number = drifted(found)
    words = [f"{number[word]} {word}" for word in ("changed", "gone", "added")]
    unsure = ", ".join(f"{number[word]} {word}" for word in ("unknown", "unfinished") if number[word])
    if found.rows:
        return f"Drift: {', '.join(words)}; {unsure}." if unsure else f"Drift: {', '.join(words)}."
    checked = ", ".join((wording.count(found.checked, "resource"), *cost(stats)))
    if unsure:
        return f"No drift that is known: {unsure} ({checked})."
    if found.edits and stats.last is None:
        return "No drift. Nothing was applied from here yet."
    as_what = "is as the last apply left it" if found.edits else "matches the stack"
    return f"No drift. The cloud {as_what} ({checked})."
