"""What the cloud's catalogue adds to a plan before it is shown: choices, and what would fail. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acsctl.kinds.contract import Prepared
from acsctl.model.change import Action, Change
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Spec
from acsctl.model.unknown import Ref
from acsctl.plan.compare import canonical
from acsctl.run.observe import World


def prepare(world: World, plan: Plan, seen: Observation) -> Plan:
    """The plan with every kind's choices and findings. Alike specs are asked for once."""
    asked: dict[str, Prepared] = {}
    changes: list[Change] = []
    findings: list[Finding] = list(plan.findings)
    specs = {live.id: live.spec for live in seen.everything()}
    for change in plan.changes:
        if not _makes(world, change):
            changes.append(change)
            continue
        key = f"{change.address.kind} {change.live[0].id if change.live else ''} {canonical(change.spec)}"
        if key not in asked:
            kind = world.kinds[change.address.kind]
            asked[key] = kind.prepare(world.cloud, _spec(change), lambda target: _spec_of(plan, specs, target))
        prepared = asked[key]
        findings += [replace(finding, address=finding.address or change.address) for finding in prepared.findings]
        note = change.note or prepared.note
        changes.append(replace(change, prepared=prepared.spec, note=note))
    return replace(plan, changes=tuple(changes), findings=tuple(dict.fromkeys(findings)))


def _makes(world: World, change: Change) -> bool:
    """Whether the catalogue has a say: always where something is made, else where a field that it knows changes."""
    if change.desired is None or change.action in (Action.READ, Action.NONE, Action.DELETE, Action.FORGET):
        return False
    touched = {field.path.split(".")[0] for field in change.fields}
    made = change.action is Action.CREATE or change.action.replaces
    return made or bool(touched & set(world.kinds[change.address.kind].prepares))


def _spec(change: Change) -> Spec:
    """The wanted spec with names of the stack left standing: a kind asks `spec_of` for what they mean.

    Of what is there it also has the `id`, or under `replaces` that of what is replaced.
    """
    assert change.desired
    own = {"replaces" if change.action.replaces else "id": change.live[0].id} if change.live else {}
    return {**change.spec, **{name: value for name, value in change.desired.spec.items() if _has_ref(value)}, **own}


def _has_ref(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_ref, value))
    return isinstance(value, Ref)


def _spec_of(plan: Plan, specs: Mapping[str, Spec], target: Any) -> Spec | None:
    """A spec; of a resource of the stack with its `id` where that is known, and the `count` of a fleet."""
    if not isinstance(target, Ref):
        return specs.get(target)
    desired = plan.stack.resources.get(target.address.whole)
    known = plan.known.get(target.address, {})
    if desired is None or desired.existing:
        return known or None
    more = {"id": known.get("id"), "count": desired.count}
    return {**desired.spec, **{name: value for name, value in more.items() if value is not None}}
