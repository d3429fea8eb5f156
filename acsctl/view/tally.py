"""The sentences that sum a plan up, the same for people and for programs."""

from __future__ import annotations

from acsctl.model.change import Action
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
    if plan.destroy:
        cost = f" ({', '.join(_cost(stats))})" if stats.calls else ""
        return f"Nothing to destroy. The cloud has nothing of this stack{cost}."
    seen = ", ".join((wording.count(len(plan.unchanged), "resource"), *_cost(stats)))
    return f"No changes. The cloud matches the stack ({seen})."


def _cost(stats: Stats) -> tuple[str, ...]:
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
