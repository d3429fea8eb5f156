"""observe(cloud, kinds, stack) -> what is there: reads only, in bulk, kinds side by side.

A list is not believed blindly: pages that do not add up fail in the door, and what the record knows and the list lacks is read
by id before it is called gone. Where a list is empty that should not be, a dry run tells whether the key may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, TypeVar

from acsctl.cloud import Cloud
from acsctl.kinds.contract import Kind, Scope
from acsctl.model.address import Address
from acsctl.model.foresight import Foresight
from acsctl.model.history import History
from acsctl.model.ownership import ADDRESS, STACK, Mark
from acsctl.model.plan import Observation
from acsctl.model.resource import Desired, Live, Lookup, Spec, Stack
from acsctl.model.schema import Field
from acsctl.model.unknown import Secret
from acsctl.plan import graph
from acsctl.plan.expected import expected
from acsctl.plan.values import value_at
from acsctl.run import readable

WORKERS = 8
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class World:
    """What every stage of a run works with. `deep` also reads what only a call per resource can read."""

    cloud: Cloud
    kinds: Mapping[str, Kind]
    stack: Stack
    history: History
    deep: bool = False

    @property
    def settle(self) -> float:
        """Cloud seconds after which lists show everything that was sent before."""
        return max((kind.settle for kind in self.kinds.values()), default=60.0)


def observe(
    world: World, *, only: frozenset[str] | None = None, base: Observation | None = None, ahead: bool = True
) -> Observation:
    """Read the live world. With `only`, the other kinds are taken from `base`. Raises what the door raises.

    `ahead` also asks what would come of what is wanted (dry runs), which only who compares with it needs.
    """
    began = world.cloud.clock.now()
    waves = _waves(world.kinds)
    lives: dict[str, Sequence[Live]] = {}
    if base and only is not None:
        for live in base.everything():
            lives[live.address.kind] = [*lives.get(live.address.kind, []), live]
    existing: dict[Address, tuple[Live, ...]] = dict(base.existing) if base else {}
    for wave in waves:
        due = [kind for kind in wave if only is None or kind in only]
        scope = _scope(world, lives, existing)
        lives.update(zip(due, _parallel(lambda kind: _list(world, kind, scope), due), strict=True))  # noqa: B023
        if base is None:
            _parallel(lambda kind: readable.check(world.cloud, world.kinds[kind]), _doubtful(world, lives, due))
        existing |= {} if base else _existing(world, scope, wave)
    seen = _grouped(live for rows in lives.values() for live in rows)
    _take_out(world.history, seen)
    scope = _scope(world, lives, existing)
    foreseen: dict[Address, Foresight] = dict(base.foreseen) if base else {}
    for kind in () if not ahead else world.kinds if only is None else only & world.kinds.keys():
        foreseen |= world.kinds[kind].foresee(world.cloud, scope)
    return Observation(
        live=seen,
        existing=existing,
        candidates=_candidates(world, scope, seen),
        foreseen=foreseen,
        at=began,
    )


def _take_out(history: History, seen: Mapping[Address, Iterable[Live]]) -> None:
    """What the file called secret once is not shown where the cloud says it, though the file may know it no more."""
    for address, past in history.applied.items():
        for live, path in product(seen.get(address, ()), past.secrets):
            for word in _texts(value_at(live.spec, path)):
                Secret(word).reveal()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _scope(world: World, lives: Mapping[str, Sequence[Live]], existing: Mapping[Address, tuple[Live, ...]]) -> Scope:
    @cache
    def specs() -> Mapping[Address, Spec]:
        seen = Observation(live=_grouped(live for rows in lives.values() for live in rows), existing=dict(existing))
        return expected(world.stack, seen, {name: kind.schema for name, kind in world.kinds.items()})

    def wanted(address: Address) -> Spec | None:
        return specs().get(address)

    stack = world.stack
    return Scope(stack.name, stack.region, stack.resources, live=dict(lives), deep=world.deep, wanted=wanted)


def _list(world: World, kind: str, scope: Scope) -> list[Live]:
    lives = list(world.kinds[kind].list(world.cloud, scope))
    return lives + _missing(world, kind, scope, {live.id for live in lives})


def _doubtful(world: World, lives: Mapping[str, Sequence[Live]], due: Iterable[str]) -> list[str]:
    doubtful = readable.is_doubtful
    return [kind for kind in due if doubtful(world.kinds[kind], lives[kind], stack=world.stack, history=world.history)]


def _missing(world: World, kind: str, scope: Scope, seen: set[str]) -> list[Live]:
    """What the record knows and the list lacks: asked for by id, in bulk, then read."""
    history = world.history
    known = {id: address for id, address in history.made.items() if address.kind == kind and id not in history.destroyed}
    ids = sorted(known.keys() - seen)
    if not ids:
        return []
    there = [id for id, readiness in world.kinds[kind].ready(world.cloud, ids).items() if not readiness.absent]
    found = [live for id in there for live in world.kinds[kind].find(world.cloud, scope, {"id": id})]
    return [_marked(world, kind, live, known[live.id]) for live in found if _ours(world, live)]


def _ours(world: World, live: Live) -> bool:
    return live.mark is None or live.mark.stack == world.stack.name


def _marked(world: World, kind: str, live: Live, address: Address) -> Live:
    """A thing of ours whose tags do not show yet, or were taken off: the record's word stands for them.

    After a clean end they have shown, so that somebody took them off. What can carry no mark is protected and retained as the
    file says.
    """
    if live.mark is not None:
        return live
    schema = world.kinds[kind].schema
    mark = Mark(world.stack.name, address, shown=not world.history.clean or schema.markless or schema.untagged)
    desired = world.stack.resources.get(address)
    if desired and schema.markless:
        mark = replace(mark, protect=desired.protect, retain=desired.retain)
    return replace(live, address=replace(address, number=live.address.number), mark=mark)


def _existing(world: World, scope: Scope, kinds: Collection[str]) -> dict[Address, tuple[Live, ...]]:
    looked_up = [desired for desired in world.stack.resources.values() if desired.existing and not desired.absent]
    wanted = [desired for desired in looked_up if desired.address.kind in kinds]
    found = _parallel(lambda desired: tuple(_find(world, scope, desired)), wanted)
    return {desired.address: lives for desired, lives in zip(wanted, found, strict=True)}


def _find(world: World, scope: Scope, desired: Desired) -> Iterable[Live]:
    assert desired.existing
    query = dict((desired.existing or Lookup({})).query)
    if "stack" in query:
        tags = {STACK: query.pop("stack")}
        if "address" in query:
            tags[ADDRESS] = query.pop("address")
        query["tags"] = {**query.get("tags", {}), **tags}
    region = str(query.pop("region", world.cloud.region))
    cloud = world.cloud if region == world.cloud.region else world.cloud.elsewhere(region)
    kind = world.kinds[desired.address.kind]
    return [replace(live, address=desired.address) for live in kind.find(cloud, scope, query)]


def _candidates(world: World, scope: Scope, seen: Mapping[Address, tuple[Live, ...]]) -> dict[Address, tuple[Live, ...]]:
    """What `adopt` names and what stands under a unique name that is about to be made."""
    result: dict[Address, tuple[Live, ...]] = {}
    for address, desired in world.stack.resources.items():
        if desired.existing or desired.absent or seen.get(address):
            continue
        kind = world.kinds[address.kind]
        queries: list[dict[str, object]] = [{"id": id} for id in desired.adopt]
        queries = queries or list(_natural_key(world, desired))
        found = [live for query in queries for live in kind.find(world.cloud, scope, query)]
        if found:
            numbered = desired.adopt and desired.count is not None
            result[address] = tuple(
                replace(live, address=address.member(number) if numbered else address) for number, live in enumerate(found, 1)
            )
    return result


def _natural_key(world: World, desired: Desired) -> Iterable[dict[str, object]]:
    """Under what something else may stand already: the natural key, whose name may be the defaulted one."""
    names = [field.name for field in world.kinds[desired.address.kind].schema.fields.values() if field.meta.natural_key]
    default = {"name": desired.address.default_name(world.stack.name)}
    query = {name: desired.spec.get(name) or default.get(name) for name in names}
    if query and all(query.values()):
        yield query


def _grouped(lives: Iterable[Live]) -> dict[Address, tuple[Live, ...]]:
    result: dict[Address, list[Live]] = {}
    for live in lives:
        result.setdefault(live.address.whole, []).append(live)
    return {address: tuple(group) for address, group in result.items()}


def _waves(kinds: Mapping[str, Kind]) -> list[list[str]]:
    """Kinds in groups that can be listed side by side: each after the kinds that it refers to."""
    needs = {name: sorted(_parents(kind.schema.fields.values()) & kinds.keys() - {name}) for name, kind in kinds.items()}
    depth: dict[str, int] = {}
    for name in graph.order(needs):
        depth[name] = 1 + max((depth[parent] for parent in needs[name]), default=-1)
    waves: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in kinds:
        waves[depth[name]].append(name)
    return waves


def _parents(fields: Iterable[Field]) -> set[str]:
    found: set[str] = set()
    for field in fields:
        reference = field.meta.reference
        if reference and not reference.late:
            found |= set(reference.kinds)
        found |= _parents(field.fields.values())
    return found


def _parallel(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    if len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(WORKERS, len(items))) as pool:
        return list(pool.map(function, items))
