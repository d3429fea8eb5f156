"""One step: from a planned change to the kind's generator, with everything resolved that the steps before it made known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from acsctl.cloud import Retry, class_of
from acsctl.errors import CloudError
from acsctl.kinds.contract import Kind, Outputs, Steps, Update, Want
from acsctl.model import ownership
from acsctl.model.address import Address
from acsctl.model.change import Action, FieldChange
from acsctl.model.event import StepInfo
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired, Live, Spec
from acsctl.model.schema import Field, Schema, references
from acsctl.plan import fleet, values
from acsctl.plan.difference import Wanted, differences, wanted_mark
from acsctl.plan.steps import Step, Verb
from acsctl.run.observe import World
from acsctl.run.token import StepToken, token

Known = Mapping[Address, Mapping[str, Any]]


@dataclass
class Task:
    """A step under way. `made` are the ids that its create claims, `outputs` what is known of ids by now.

    `keys` are the queues that it holds, `began` the run's second, `since` that of the wait, `attempt` counts from 0.
    """

    step: Step
    info: StepInfo
    spec: Spec
    tags: Mapping[str, str]
    generator: Steps
    keys: frozenset[str]
    began: float
    attempt: int = 0
    started: bool = False
    since: float = 0.0
    made: tuple[str, ...] = ()
    outputs: dict[str, Outputs] = field(default_factory=dict[str, Outputs])


@dataclass(frozen=True)
class Try:
    """How a step is tried: `salt` makes its tokens new, as do the ids that were at its address and are `gone`.

    `attempt` counts tokens that are spent, `throttled` tries that were not executed at all: their token serves again.
    """

    salt: str = ""
    attempt: int = 0
    gone: tuple[str, ...] = ()
    throttled: int = 0

    def after(self, error: CloudError, *, settled: bool) -> Try:
        """The next try, after one that ended so; with another token only where nothing that an earlier run did is unseen."""
        if class_of(error) is Retry.THROTTLED or not settled:
            return replace(self, throttled=self.throttled + 1)
        return replace(self, attempt=self.attempt + 1)


def begin(world: World, step: Step, *, known: Known, how: Try, now: float) -> Task:
    """Resolve a step and make its generator; nothing is sent yet. Raises ValueError if something is still unknown."""
    kind = world.kinds[step.address.kind]
    desired = step.change.desired
    builds = desired is not None and step.verb in (Verb.CREATE, Verb.UPDATE, Verb.LINK, Verb.TRIM)
    spec = _spec(world, step, known) if builds else dict(step.lives[0].spec if step.lives else {})
    tags = {key: str(values.revealed(value)) for key, value in values.resolve(desired.tags, known).items()} if desired else {}
    own = spec if step.verb is Verb.CREATE else {**spec, "id": _own_id(step, known)}
    task_token = _token(world, step, spec=spec, how=how)
    generator = _generator(world, step, kind=kind, want=_Resolved(spec, tags, task_token, known))
    info = describe(world, step)
    keys = _keys(kind.schema, step, own)
    return Task(step, info, spec, tags, generator, keys, began=now, attempt=how.attempt)


def _keys(schema: Schema, step: Step, own: Spec) -> frozenset[str]:
    """All queues of a step: of what it makes, and of what it changes or takes away as that is now.

    An address that is let go of is written to as well; so is each member of a fleet.
    """
    specs = [own, *({**live.known, "id": live.id} for live in step.lives)]
    return frozenset(key for spec in specs for key in schema.keys(step.verb.value, spec))


_ACTIONS = {
    Verb.CREATE: Action.CREATE,
    Verb.DELETE: Action.DELETE,
    Verb.CLEAR: Action.DELETE,
    Verb.FORGET: Action.FORGET,
}


def describe(world: World, step: Step) -> StepInfo:
    """What a view needs to know of a step."""
    schema = world.kinds[step.address.kind].schema
    action = _ACTIONS.get(step.verb, Action.UPDATE)
    if step.verb is Verb.UPDATE and step.change.action is Action.ADOPT:
        action = Action.ADOPT
    expected = schema.durations.get(step.verb.value, 2.0) / world.cloud.speed
    count = max(1, len(step.numbers), len(step.lives))
    return StepInfo(step.id, step.address, action, tuple(sorted(step.needs)), expected=expected, count=count)


@dataclass(frozen=True)
class _Resolved:
    spec: Spec
    tags: Mapping[str, str]
    token: StepToken
    known: Known


def _own_id(step: Step, known: Known) -> str:
    if step.lives:
        return step.lives[0].id
    return str(known.get(step.address, {}).get("id", ""))


def _spec(world: World, step: Step, known: Known) -> Spec:
    """The wanted spec, all known. What late references cannot be resolved yet is left out; a link brings it."""
    desired = step.change.desired
    assert desired is not None
    schema = world.kinds[step.address.kind].schema
    raw = dict(desired.spec)
    if step.place is not None:
        raw[schema.spread] = step.place
    planned = {change.top for change in step.change.fields}
    prepared = {name: value for name, value in step.change.prepared.items() if step.verb is Verb.CREATE or name in planned}
    resolved = schema.normalise({**values.resolve(raw, known), **prepared})
    resets = {name: value for name, value in step.change.spec.items() if name not in resolved and not values.unresolved(value)}
    spec = {**resets, **{name: _without_late(world, step, name, value) for name, value in resolved.items()}}
    unknown = sorted(name for name, value in spec.items() if values.unresolved(value))
    if unknown:
        raise ValueError(f"{step.id}: {', '.join(unknown)} is not known")
    return spec


def _without_late(world: World, step: Step, name: str, value: Any) -> Any:
    item = world.kinds[step.address.kind].schema.fields[name]
    late = item.meta.reference and item.meta.reference.late
    nested = any(inner.meta.reference and inner.meta.reference.late for inner in item.fields.values())
    if isinstance(value, list) and (late or nested):
        return [entry for entry in value if not values.unresolved(entry)]
    return value


def _generator(world: World, step: Step, *, kind: Kind, want: _Resolved) -> Steps:
    cloud = world.cloud
    if step.verb is Verb.CREATE:
        return kind.create(cloud, _want(world, step, want), want.token)
    if step.verb is Verb.DELETE:
        return kind.delete(cloud, step.lives, want.token)
    if step.verb is Verb.CLEAR:
        return kind.clear(cloud, step.lives, want.token)
    if step.verb is Verb.FORGET:
        return kind.update(cloud, step.lives, _forget(step), want.token)
    if step.verb is Verb.UNLINK:
        return kind.update(cloud, step.lives, _unlink(kind.schema, step), want.token)
    lives = (_made(step, want),) if step.verb is Verb.LINK else step.lives
    write = kind.trim if step.verb is Verb.TRIM else kind.update
    return write(cloud, lives, _update(world, step, want=want, lives=lives), want.token)


def _made(step: Step, want: _Resolved) -> Live:
    """What an earlier step of this run has made or changed, as it is now."""
    known = dict(want.known[step.address])
    mark = step.lives[0].mark if step.lives else None
    return Live(step.address, str(known["id"]), spec=known, tags=want.tags, mark=mark, name=str(known.get("name", "")))


def _want(world: World, step: Step, want: _Resolved) -> Want:
    replaces = step.change.live[0].id if step.change.action.replaces and step.change.live else ""
    mark = replace(_mark(world, step, want.spec), replaces=replaces)
    name = str(want.spec.get("name") or step.address.default_name(world.stack.name))
    return Want(
        step.address,
        values.revealed(want.spec),
        name,
        want.tags,
        mark,
        numbers=step.numbers,
        replaces=replaces,
        consent=bool(step.change.takes),  # else the guard would have refused
    )


def _mark(world: World, step: Step, spec: Spec) -> Mark:
    """The mark that the file asks for; a field that is only reset leaves no digest."""
    desired = step.change.desired
    assert desired is not None
    written = {name: value for name, value in spec.items() if name in desired.spec}
    return wanted_mark(world.stack.name, desired, world.kinds[step.address.kind].schema, written)


def _update(world: World, step: Step, *, want: _Resolved, lives: tuple[Live, ...]) -> Update:
    desired = step.change.desired
    assert desired is not None
    wanted = Wanted(
        desired=desired,
        # That it can change in place was decided when the plan was made.
        schema=replace(world.kinds[step.address.kind].schema, forces=lambda live, spec, spec_of: ()),
        spec=values.revealed(want.spec),
        tags=want.tags,
        mark=_mark(world, step, want.spec),
        past=world.history.applied.get(step.address),
        unfinished=False,
        gone=frozenset(),
        spec_of=lambda target: None,
    )
    linked = step.verb is Verb.LINK
    planned = {change.path for change in step.change.fields}
    changes = [change for change in differences(wanted, lives[0]) if linked or change.path in planned]
    changes = [change for change in changes if not _stands(wanted.schema, change)]
    changes += [change for change in step.change.fields if _stands(wanted.schema, change)]
    tags = {change.path.removeprefix("tags."): change.after for change in changes if change.path.startswith("tags.")}
    have = lives[0].mark.tags() if lives[0].mark and lives[0].mark.shown else {}
    marks = wanted.mark.tags()
    return Update(
        spec=wanted.spec,
        fields=_by_name(wanted.schema, changes),
        set_tags={} if linked else {**_set(tags), **{key: value for key, value in marks.items() if have.get(key) != value}},
        unset_tags=() if linked else (*_unset(tags), *sorted(have.keys() - marks.keys() - {ownership.REPLACES})),
        names=_names(step, desired, world.stack.name),
    )


def _stands(schema: Schema, change: FieldChange) -> bool:
    """Whether what was planned stands: of a field whose comparison needs a dry run, and of one that only shows as wanted."""
    meta = schema.fields[change.top].meta if change.top in schema.fields else None
    return meta is not None and (meta.compare is not None or meta.lasting)


def _set(tags: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in tags.items() if value is not None}


def _unset(tags: Mapping[str, Any]) -> list[str]:
    return [key for key, value in tags.items() if value is None]


def _by_name(schema: Schema, changes: Iterable[FieldChange]) -> dict[str, FieldChange]:
    """Field changes by path; one inside an object also stands under the object's name."""
    result: dict[str, FieldChange] = {}
    for change in changes:
        if change.top in schema.fields:
            result[change.path] = change
            result.setdefault(change.top, change)
    return result


def _forget(step: Step) -> Update:
    marks = {key for live in step.lives if live.mark and live.mark.shown for key in live.mark.tags()}
    return Update(spec=step.lives[0].spec, unset_tags=tuple(sorted(marks)))


def _unlink(schema: Schema, step: Step) -> Update:
    """Take off what names the things that the step frees, before those go."""
    live = step.lives[0]
    fields: dict[str, FieldChange] = {}
    for name, entry in schema.fields.items():
        value: Any = live.spec.get(name)
        if isinstance(value, list):
            bound = [item for item in value if _holds(entry, item, step.frees)]
            left = [item for item in value if item not in bound]
            if bound:
                fields[name] = FieldChange(name, value, left, removed=tuple(bound))
        elif value is not None and _holds(entry, value, step.frees):
            fields[name] = FieldChange(name, value, None)
    return Update(spec={**live.spec, **{name: change.after for name, change in fields.items()}}, fields=fields)


def _holds(field: Field, item: Any, ids: frozenset[str]) -> bool:
    """Whether a value of a reference field, or an object with such fields, names one of `ids`."""
    if field.meta.reference:
        return item in ids
    return any(value in ids for _, value in references(field.fields, item))


def _names(step: Step, desired: Desired, stack: str) -> dict[str, str]:
    if not any(change.path == "name" for change in step.change.fields):
        return {}
    base = str(desired.spec.get("name") or desired.address.default_name(stack))
    if desired.count is None:
        return {live.id: base for live in step.lives}
    return {live.id: fleet.member_name(base, number) for live, number in zip(step.lives, step.numbers, strict=True)}


def _token(world: World, step: Step, *, spec: Spec, how: Try) -> StepToken:
    parents = sorted({str(value) for _, value in references(world.kinds[step.address.kind].schema.fields, spec)})
    slot = fleet.slot(step.numbers[0]) if step.verb is Verb.CREATE and step.numbers else ""
    lives = sorted(live.id for live in step.lives)
    cloud = world.cloud
    base = (cloud.account, cloud.region, world.stack.name, step.address.tag, step.verb.value)
    return token((*base, *parents, *lives, *how.gone, slot, how.attempt or ""), salt=how.salt)
