"""The writes of a workload: apply in order with barriers, prune, delete. Killed anywhere, the next run goes on.

The inventory names what is wanted and what is to go before the first object is written, and forgets what went once it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from acsctl.cloud import Cloud
from acsctl.errors import CloudError
from acsctl.kinds.contract import Made, Steps, Wait
from acsctl.kinds.objects import door, seen
from acsctl.kinds.objects.wanted import titled
from acsctl.kube import inventory, order
from acsctl.kube.client import Kube
from acsctl.kube.failures import CONFLICT, Refusal
from acsctl.kube.inventory import Inventory, member_of
from acsctl.kube.manifest import Key, Manifest
from acsctl.model import ownership

WORKERS = 8
TRIES = 8
BASE, REST, FORMER, OUTSIDE, CONTENTS = "base", "rest", "former", "outside", "contents"


@dataclass(frozen=True)
class Goal:
    """What an apply is to reach: `objects` with the workload's `tags`. `force` takes fields from other managers, `anew` are the
    objects that are deleted and made again, `moved` those that another workload takes over, by title."""

    objects: Mapping[Key, Manifest]
    tags: Mapping[str, str]
    force: bool = False
    anew: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    creates: bool = field(default=False, kw_only=True)


def bring(cloud: Cloud, kube: Kube, id: door.Id, goal: Goal) -> Steps:
    """Apply, wait until ready, prune, wait until gone."""
    target = replace(id, address=goal.tags.get(ownership.ADDRESS, id.address))
    before = found(kube, id) or found(kube, target) or _fresh(kube, target)
    kube.confirm(before.cluster)
    inventory_ = replace(before, address=target.address, tags=goal.tags, cluster=kube.identity())
    wide = inventory_.aiming(member_of(item, key) for key, item in goal.objects.items())
    kube.apply(wide.manifest(), force=True)
    if goal.creates:
        yield Made((str(target),))
    base, rest, last = order.stages(order.sorted_keys(goal.objects))
    yield from _apply(kube, base, goal, target)
    if base:
        yield Wait((str(replace(target, part=BASE)),))
        kube.forget()
    yield from _apply(kube, rest, goal, target)
    if last:
        yield Wait((str(replace(target, part=REST)),))
        yield from _apply(kube, last, goal, target)
    yield Wait((str(target),))
    if wide.former:
        wide = _without(wide, goal.moved)
        kube.apply(wide.manifest(), force=True)
        _prune(kube, wide)
        yield Wait((str(replace(target, part=FORMER)),), until="gone")
        kube.apply(replace(wide, former=()).manifest(), force=True)


def found(kube: Kube, id: door.Id) -> Inventory | None:
    """The inventory of a workload."""
    return next((item for item in seen.inventories(kube, id.stack) if item.address == id.address), None)


def _fresh(kube: Kube, id: door.Id) -> Inventory:
    """A new inventory. One that has moved to another address keeps its name, which then is taken."""
    name = inventory.name_of(id.stack, id.address)
    there = kube.get("v1", "ConfigMap", name=name, namespace=inventory.NAMESPACE)
    if there is not None:
        name = inventory.name_of(id.stack, id.address, salt=str(there["metadata"].get("uid")))
    return Inventory(id.stack, id.address, name=name)


def _apply(kube: Kube, keys: Iterable[Key], goal: Goal, id: door.Id) -> Steps:
    """Apply objects in the order of their kinds, those of one kind side by side."""
    titles = {key: title for title, key in titled({key: key for key in goal.objects}).items()}
    for wave in order.waves(keys):
        again = [key for key in wave if titles[key] in goal.anew]
        yield from _remove(kube, [goal.objects[key] for key in again], id)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda key: kube.apply(goal.objects[key], force=goal.force), wave))


def _remove(kube: Kube, items: list[Manifest], id: door.Id) -> Steps:
    """Delete objects that are to be made anew, and wait until they are gone."""
    for item in items:
        meta = item["metadata"]
        name, namespace = meta["name"], meta.get("namespace", "")
        there = kube.get(item["apiVersion"], item["kind"], name=name, namespace=namespace)
        if there is not None:
            _delete(kube, there, exact=False)
            uid = there["metadata"]["uid"]
            part = f"gone {item['apiVersion']} {item['kind']} {namespace or '-'} {name} {uid}"
            yield Wait((str(replace(id, part=part)),), until="gone")


def _without(wide: Inventory, moved: frozenset[str]) -> Inventory:
    """The inventory without what another workload takes over."""
    titles = {key: title for title, key in titled({key: key for key in sorted(wide.leaving)}).items()}
    return replace(wide, former=tuple(member for member in wide.former if titles[member.key] not in moved))


def _prune(kube: Kube, wide: Inventory) -> None:
    """Delete what is to go and still bears this workload's label, as it was seen."""
    mine = _mine(kube, wide)
    for key in reversed(order.sorted_keys(wide.leaving)):
        if key in mine:
            _delete(kube, mine[key], exact=True)


def _mine(kube: Kube, of: Inventory) -> Mapping[Key, Mapping[str, object]]:
    every = seen.objects_of(kube, of.stack, {member.sort for member in of.former})
    return seen.having(every, of.address)


def _delete(kube: Kube, item: Mapping[str, object], *, exact: bool) -> None:
    """Delete an object as it was seen; one whose status has moved on meanwhile is looked at again."""
    label = _labels(item)
    for tries in range(TRIES):
        try:
            kube.delete(item, exact=exact)
            return
        except Refusal as error:
            now = _again(kube, item) if error.code == CONFLICT else item
            if error.code != CONFLICT or tries == TRIES - 1:
                raise
            if now is None or _labels(now) != label:
                return  # gone, or somebody else's by now
            item = now


def _labels(item: Mapping[str, object]) -> object:
    meta = item["metadata"]
    return (meta["uid"], meta.get("labels")) if isinstance(meta, Mapping) else None


def _again(kube: Kube, item: Mapping[str, object]) -> Mapping[str, object] | None:
    meta = item["metadata"]
    assert isinstance(meta, Mapping)
    return kube.get(
        str(item["apiVersion"]), str(item["kind"]), name=str(meta["name"]), namespace=str(meta.get("namespace") or "")
    )


def take_away(kube: Kube, id: door.Id) -> Steps:
    """Delete everything: first what has things in the cloud, then the rest, then namespaces and CRDs, then the inventory."""
    there = found(kube, id)
    if there is None:
        return
    kube.confirm(there.cluster)
    going = there.aiming(())
    kube.apply(going.manifest(), force=True)
    for part in (OUTSIDE, CONTENTS, FORMER):
        mine = _mine(kube, going)
        keys = [key for key in mine if belongs(part, mine[key])]
        for key in reversed(order.sorted_keys(keys)):
            _delete(kube, mine[key], exact=False)
        if keys:
            yield Wait((str(replace(id, part=part)),), until="gone")
    _drop(kube, there)
    yield Wait((str(id),), until="gone")


def belongs(part: str, item: Mapping[str, object]) -> bool:
    """Whether an object is in a part of a workload that is being taken away."""
    kind = str(item["kind"])
    if part == OUTSIDE:
        spec = item.get("spec")
        balanced = isinstance(spec, Mapping) and spec.get("type") == "LoadBalancer"
        return balanced if kind == "Service" else kind in order.OUTSIDE
    return part == FORMER or kind not in order.BASE


def _drop(kube: Kube, of: Inventory) -> None:
    item = kube.get("v1", "ConfigMap", name=of.name, namespace=inventory.NAMESPACE)
    if item is not None:
        kube.delete(item)


def let_go(kube: Kube, id: door.Id) -> Steps:
    """Leave everything as it is, and take our labels off."""
    there = found(kube, id)
    if there is not None:
        kube.confirm(there.cluster)
        going = there.aiming(())
        for item in _mine(kube, going).values():
            kube.unlabel(item)
        _drop(kube, there)
    yield from ()


def retag(kube: Kube, id: door.Id, tags: Mapping[str, str]) -> None:
    """Keep other tags in the inventory, and nothing else."""
    there = found(kube, id)
    if there is None:
        raise CloudError("acsctl.Gone", action="kubernetes.get inventory", said=f"{id} is no longer there")
    kube.confirm(there.cluster)
    kube.apply(replace(there, tags=tags).manifest(), force=True)
