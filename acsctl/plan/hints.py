"""What a person might have meant, or should know, beside what the plan does. Pure; findings of severity "note"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from acsctl.model.address import Address
from acsctl.model.change import Action, Change
from acsctl.model.history import History
from acsctl.model.plan import Finding, Plan
from acsctl.model.resource import Spec
from acsctl.model.schema import MISSING, Schemas
from acsctl.plan import compare, values


def hints(plan: Plan, *, history: History, schemas: Schemas) -> tuple[Finding, ...]:
    """Renames that look like a destruction and a creation, and fields that were taken out of the file."""
    return (*_renames(plan, schemas), *_unmanaged(plan, history, schemas), *_untold(plan, history, schemas))


def _renames(plan: Plan, schemas: Schemas) -> Iterator[Finding]:
    """A thing that goes and one that comes with an equal spec are probably the same, under another name."""
    coming = [change for change in plan.changes if change.action is Action.CREATE]
    for gone in plan.changes:
        if gone.action is not Action.DELETE or gone.address in plan.stack.resources or not gone.live:
            continue
        match = next(
            (change for change in coming if change.address.kind == gone.address.kind and _alike(gone, change, schemas)), None
        )
        if match:
            coming.remove(match)
            line = f"moved: [{{from: {gone.address}, to: {match.address}}}]"
            yield Finding(
                "note", f"{gone.address} and {match.address} are alike", match.address, f"if it is the same, write  {line}"
            )


def _alike(gone: Change, made: Change, schemas: Schemas) -> bool:
    """Whether all that is known of the new spec is what the old one has; names are defaulted from addresses.

    What is made of several is alike if those are called alike: each may bear the address.
    """
    schema = schemas[gone.address.kind]
    if schema.part:
        titles = sorted(part.title for part in schema.parts(made.spec))
        return bool(titles) and titles == sorted(part.title for part in gone.live[0].parts)
    fields = schema.fields
    known = {name: value for name, value in made.spec.items() if name != "name" and not values.unresolved(value)}
    have = gone.live[0].spec
    return bool(known) and all(
        name not in have or compare.same(fields[name], value, have[name]) for name, value in known.items()
    )


def _unmanaged(plan: Plan, history: History, schemas: Schemas) -> Iterator[Finding]:
    """A field that the last apply set and the file has no more stays as it is, where the cloud has no default for it."""
    replaced = {change.address for change in plan.changes if change.action.replaces}
    for address, wanted in plan.wanted.items():
        past = history.applied.get(address)
        for name in _dropped(address, past.names if past else (), wanted.spec, schemas):
            if address not in replaced:
                yield Finding("note", f"{address}: {name} is no longer managed, and stays as it is", address)


def _untold(plan: Plan, history: History, schemas: Schemas) -> Iterator[Finding]:
    """Without a record nobody knows whether a field that has another value than the cloud's default was once in the file."""
    staying = [live for change in plan.changes if change.action is Action.UPDATE for live in change.live]
    for live in (*plan.unchanged, *staying):
        wanted, fields = plan.wanted.get(live.address), schemas[live.address.kind].fields
        if wanted is None or live.mark is None or live.address in history.applied:
            continue
        for name, field in fields.items():
            known = field.meta.reset is not MISSING and field.meta.read == "bulk" and live.spec.get(name) is not None
            if known and name not in wanted.spec and not compare.same(field, field.meta.reset, live.spec[name]):
                text = f"{live.address}: {name} is no longer managed, or never was: no record tells, and it stays as it is"
                yield Finding("note", text, live.address)


def _dropped(address: Address, last: Iterable[str], now: Spec, schemas: Schemas) -> list[str]:
    fields = schemas[address.kind].fields
    return sorted(name for name in set(last) - now.keys() if name in fields and fields[name].meta.reset is MISSING)
