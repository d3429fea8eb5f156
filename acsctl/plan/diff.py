"""diff(stack, live, record, schemas) -> plan: pure, and it knows no kind.

Resources are visited in the order of creation, so that when one is compared everything that it refers to has been decided:
what stays lends its id, what is made or replaced is not known yet. What is live and not wanted comes last. Late references know
no order: their targets are taken to stay until one turns out not to, then everything is decided again without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.history import Applied, History
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Desired, Live, Spec, Stack
from acsctl.model.schema import Schema, Schemas, references
from acsctl.model.unknown import Outputs, Ref
from acsctl.plan import graph, members, unwanted, values
from acsctl.plan.contradictions import contradictions
from acsctl.plan.difference import Wanted, differences, is_unfinished, wanted_mark
from acsctl.plan.pairing import Pairs, pair
from acsctl.plan.takeover import emptied, fresh, wiped, without_taken
from acsctl.plan.unwanted import begun
from acsctl.plan.work import Asked, Work, changed, created, learn


def diff(stack: Stack, *, seen: Observation, history: History, schemas: Schemas, asked: Asked) -> Plan:
    """The plan that makes `seen` what `stack` says. The same input gives the same plan."""
    stack = without_taken(stack, schemas)
    pairs = pair(stack, seen, schemas)
    order = graph.order({address: sorted(desired.edges) for address, desired in stack.resources.items()})
    staying = _late_targets(stack, pairs, schemas)
    while True:
        work = Work(stack, seen, history, schemas, asked, pairs, staying, findings=list(pairs.findings))
        work.specs.update({item.id: item.spec for item in seen.everything()})
        work.above = unwanted.above(work)
        for address in order:
            _resource(work, stack.resources[address])
        moving = {address for address, known in staying.items() if work.known.get(address, {}).get("id") != known["id"]}
        if not moving or asked.destroy:
            break
        staying = {address: known for address, known in staying.items() if address not in moving}
    if work.missing:
        # What stands on something that cannot be found would all seem to change.
        return Plan(stack=stack, changes=(), findings=tuple(work.findings), known=work.known)
    left = unwanted.sweep(work, order)
    work.findings.extend(contradictions(work, left))
    return Plan(
        stack=stack,
        changes=tuple(work.changes),
        unchanged=tuple(work.unchanged),
        left_standing=tuple(left),
        findings=tuple(work.findings),
        wanted=work.wanted,
        secrets=_secrets(pairs, history),
        known=work.known,
        outputs={} if asked.destroy else {name: values.resolve(value, work.known) for name, value in stack.outputs.items()},
        destroy=asked.destroy,
    )


def _secrets(pairs: Pairs, history: History) -> dict[Address, tuple[str, ...]]:
    """By the address that things have now."""
    moved = {old: new for new, old in pairs.moved.items()}
    return {moved.get(address, address): past.secrets for address, past in history.applied.items() if past.secrets}


def _late_targets(stack: Stack, pairs: Pairs, schemas: Schemas) -> dict[Address, Outputs]:
    """What late references point to and is live, with its id."""
    found: dict[Address, Outputs] = {}
    for desired in stack.resources.values():
        for item, value in references(schemas[desired.address.kind].fields, desired.spec):
            if item.meta.reference and item.meta.reference.late and isinstance(value, Ref) and pairs.lives.get(value.address):
                found[value.address] = {"id": pairs.lives[value.address][0].id}
    return found


def _resource(work: Work, desired: Desired) -> None:
    address = desired.address
    if desired.absent or work.asked.destroy:
        return
    if desired.existing:
        _existing(work, desired)
    else:
        schema = work.schemas[address.kind]
        want = _wanted(work, desired, schema)
        lives = work.pairs.lives.get(address, ()) or _candidates(work, desired)
        work.wanted[address] = applied(want, tuple(live.id for live in lives))
        if schema.fleet:
            members.compare_fleet(work, want, lives)
        else:
            _single(work, want, lives[0] if lives else None)


def _existing(work: Work, desired: Desired) -> None:
    found = work.seen.existing.get(desired.address, ())
    if len(found) != 1:
        candidates = ", ".join(sorted(f"{item.id} ({item.name})" if item.name else item.id for item in found))
        message = f"{desired.address}: `existing` finds {candidates if found else 'nothing'}; exactly one match is wanted"
        work.findings.append(Finding("error", message, desired.address, "name it by its id"))
        work.missing = not work.asked.destroy
        return
    work.known[desired.address] = found[0].known
    work.specs[found[0].id] = found[0].spec
    work.changes.append(Change(desired.address, Action.READ, desired, live=found, spec=found[0].spec))


def _wanted(work: Work, desired: Desired, schema: Schema) -> Wanted:
    spec = schema.normalise(values.resolve(desired.spec, {**work.staying, **work.known}))
    return Wanted(
        desired=desired,
        schema=schema,
        spec=spec,
        tags=values.resolve(desired.tags, work.known),
        mark=wanted_mark(work.stack.name, desired, schema, spec),
        past=work.history.applied.get(work.pairs.moved.get(desired.address, desired.address)),
        unfinished=is_unfinished(work.history, desired.address),
        gone=frozenset(work.gone),
        spec_of=lambda target: _spec_of(work, target),
        foresight=work.seen.foreseen.get(desired.address),
        anew=frozenset(_anew(work)),
        asked=frozenset(
            live.id
            for change in work.changes
            if change.action.replaces and change.reason is Reason.ASKED
            for live in change.live
        ),
    )


def _anew(work: Work) -> Iterator[str]:
    """The ids of what was destroyed behind our back, or has drifted beyond a change in place."""
    for change in work.changes:
        if change.reason is Reason.DRIFT and change.action.replaces:
            yield from (live.id for live in change.live)
        elif change.reason in (Reason.DRIFT, Reason.BOTH) and change.action is Action.CREATE:
            there = frozenset(live.id for live in work.pairs.lives.get(change.address, ()))
            yield from work.history.lost(change.address, there)


def applied(want: Wanted, ids: tuple[str, ...]) -> Applied:
    """What the record keeps of a wanted resource."""
    tags = {key: str(value) for key, value in want.tags.items() if not values.unresolved(value)}
    guards = {"protect": want.desired.protect, "retain": want.desired.retain}
    return replace(values.recorded(want.spec, tags, ids, past=want.past), guards=guards)


def _spec_of(work: Work, target: Any) -> Spec | None:
    if isinstance(target, Ref):
        desired = work.stack.resources.get(target.address.whole)
        return desired.spec if desired and not desired.existing else work.known.get(target.address)
    return work.specs.get(target)


def _candidates(work: Work, desired: Desired) -> tuple[Live, ...]:
    """What `adopt` names; what stands under a wanted unique name without our mark is a conflict."""
    found = work.seen.candidates.get(desired.address, ())
    address = desired.address
    for live in found:
        if live.mark and (live.mark.stack, live.mark.address.tag) != (work.stack.name, address.tag):
            message = f"{address}: {live.id} belongs to {live.mark.address} of stack {live.mark.stack}"
            work.findings.append(Finding("error", message, address, "take it out of that stack first, or use `existing`"))
        elif not live.mark and live.id not in desired.adopt and not begun(work, address):
            message = f"{address}: {live.name or live.id} exists already and is not ours"
            work.findings.append(Finding("error", message, address, f"to take it over, write  adopt: {live.id}", passing=True))
    missing = sorted(set(desired.adopt) - {live.id for live in found})
    if missing:
        work.findings.append(Finding("error", f"{address}: there is no {', '.join(missing)} to adopt", address))
    return found


def _single(work: Work, want: Wanted, live: Live | None) -> None:
    address = want.desired.address
    foresight = want.foresight if want.foresight and want.foresight.spec == want.spec else None
    work.findings.extend(foresight.findings if foresight else ())
    if live is None:
        change = created(work, want)
        if foresight:
            change = replace(change, takes=foresight.takes, note=change.note or foresight.note)
        work.changes.append(change)
        learn(work, want, None)
        return
    changes = _with_losses(work, want, live)
    forced = any(change.forces for change in changes) or work.is_asked(live, address)
    if forced:
        beside = want.schema.create_first(live, want.spec) and not set(want.gone) & _ids(live.spec)
        beside = beside and not any(want.schema.clashes(other, want.spec) for other in _siblings(work, live))
        action = Action.CREATE_THEN_DELETE if beside else Action.REPLACE
        if not beside:
            work.leaves(live.id)
    elif live.mark is None or live.mark.stack != work.stack.name:
        action = Action.ADOPT
    else:
        action = Action.UPDATE if changes else Action.NONE
    learn(work, want, None if forced else live)
    if action is Action.NONE:
        work.unchanged.append(live)
        return
    takes = foresight.takes if foresight and action is not Action.CREATE_THEN_DELETE else ()
    work.changes.append(replace(changed(want, action, lives=(live,), fields=changes), takes=takes))


def _with_losses(work: Work, want: Wanted, live: Live) -> tuple[FieldChange, ...]:
    """What differs, and beside it what is lost in things that are newly named where naming empties them."""
    changes = differences(want, live)
    lost = wiped(want.schema, want.spec, have=live.spec, new=fresh(work.history, work.seen))
    return tuple(
        replace(change, impact=max(change.impact, Impact.DATA_LOSS), note=emptied(lost))
        if lost and change.top == want.schema.wipes
        else change
        for change in changes
    )


def _siblings(work: Work, live: Live) -> list[Live]:
    """The other live things of its kind."""
    every = work.seen.everything()
    return [other for other in every if other.address.kind == live.address.kind and other.id != live.id]


def _ids(spec: Spec) -> set[str]:
    return {
        item for value in spec.values() for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
    }
