"""Guards: what a plan must not do unless the user says so by name. Pure; gives findings, raises nothing."""

from __future__ import annotations

from collections.abc import Iterator

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, Impact
from acsctl.model.plan import Finding, Plan
from acsctl.plan.work import DOUBLE, SUPERSEDED

MANY = 5
SHARE = 1 / 3


def guard(plan: Plan, allow: frozenset[str]) -> tuple[Finding, ...]:
    """Findings of severity "error" for what is refused. `allow` holds addresses as text, and "all" for mass deletion.

    `destroy` is its own consent to mass deletion and data loss; `protect` refuses always.
    """
    findings = [*_protected(plan), *_taking(plan, allow)]
    if not plan.destroy:
        findings += _lossy(plan, allow)
        findings += _mass(plan, allow)
    return tuple(findings)


def covers(allow: frozenset[str], address: Address) -> bool:
    """Whether an allowed address covers this one: itself, its members, and what is in that module."""
    return any(str(address) == entry or str(address).startswith(f"{entry}.") for entry in allow)


def _protected(plan: Plan) -> Iterator[Finding]:
    for change in plan.changes:
        destroys = change.action is Action.DELETE or change.action.replaces
        if destroys and change.note not in (DOUBLE, SUPERSEDED) and _is_protected(change):
            verb = "replaced" if change.action.replaces else "destroyed"
            message = f"{change.address} is protected and would be {verb}"
            yield Finding("error", message, change.address, "set  protect: false  and apply that first")


def _taking(plan: Plan, allow: frozenset[str]) -> Iterator[Finding]:
    """What others hold is taken from them with consent only."""
    for change in () if plan.destroy else plan.changes:
        if covers(allow, change.address):
            continue
        remedy = f"to take it over, allow it with  --allow {change.address}; else leave it out of the manifest"
        for sentence in change.takes:
            yield Finding("error", f"{change.address}: {sentence}", change.address, remedy)
        for field in change.fields:
            if field.asks and field.holder:
                message = f"{change.address}: {field.path} is held by {field.holder}"
                yield Finding("error", message, change.address, remedy)
            elif field.asks:
                message = f"{change.address}: {field.path} is {field.after}, which means {field.impact.word}"
                yield Finding("error", message, change.address, f"allow it with  --allow {change.address}")


def _is_protected(change: Change) -> bool:
    """By the file, or by the tag that outlives its block."""
    written = change.desired is not None and change.desired.protect
    return written or any(live.mark and live.mark.protect for live in change.live)


def _lossy(plan: Plan, allow: frozenset[str]) -> Iterator[Finding]:
    seen: set[Address] = set()
    for change in plan.changes:
        if change.impact is Impact.DATA_LOSS and change.address not in seen and not _consented(change, allow):
            seen.add(change.address)
            what = "is replaced and what it holds is lost" if change.action.replaces else "loses data"
            yield Finding("error", f"{change.address} {what}", change.address, f"allow it with  --allow {change.address}")


def _consented(change: Change, allow: frozenset[str]) -> bool:
    """Whether the address is allowed, or each member that the change is about."""
    numbers = change.numbers
    return covers(allow, change.address) or bool(numbers and all(covers(allow, change.address.member(n)) for n in numbers))


def _mass(plan: Plan, allow: frozenset[str]) -> Iterator[Finding]:
    going = [change for change in plan.changes if change.action is Action.DELETE and not covers(allow, change.address)]
    count = sum(change.size for change in going)
    there = [change for change in (*plan.changes, *plan.left_out) if change.action is not Action.READ]
    total = len(plan.unchanged) + sum(len(change.live) for change in there)
    if count > MANY and count > total * SHARE and "all" not in allow:
        yield Finding("error", f"{count} of {total} resources would be destroyed", None, "allow it with  --allow all")


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    """Those that stop an apply."""
    return [finding for finding in findings if finding.severity == "error"]
