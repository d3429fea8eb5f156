"""The writes of a workload: apply in order with barriers, trim, delete. Killed anywhere, the next run goes on.

The inventory names what is wanted and what is to go before the first object is written, and forgets what went once it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from acsctl.cloud import Cloud
from acsctl.errors import AcsctlError, CloudError
from acsctl.kinds.contract import Made, Steps, Wait
from acsctl.kinds.objects import door, look, seen
from acsctl.kinds.objects.wanted import titled
from acsctl.kube import applyset, inventory, order
from acsctl.kube.client import Kube
from acsctl.kube.failures import CONFLICT, Refusal
from acsctl.kube.inventory import Inventory, Member, member_of
from acsctl.kube.manifest import ADDRESS, STACK, Key, Manifest
from acsctl.model import ownership

WORKERS = 8
TRIES = 8
BASE, REST, FORMER, OUTSIDE, CONTENTS = "base", "rest", "former", "outside", "contents"


@dataclass(frozen=True)
class Goal:
    """What an apply is to reach: `objects` with the workload's `tags`. `force` takes fields from other managers, `anew` are the
    objects that are deleted and made again, by title, and `strays` members to go that the inventory may not name. `only` these
    differ: the others are as they should be, and not sent."""

    objects: Mapping[Key, Manifest]
    tags: Mapping[str, str]
    force: bool = False
    anew: frozenset[str] = frozenset()
    strays: tuple[Member, ...] = ()
    only: frozenset[Key] | None = None
    creates: bool = field(default=False, kw_only=True)


def bring(cloud: Cloud, kube: Kube, id: door.Id, goal: Goal) -> Steps:
    """Widen the inventory, apply in order, wait until ready. What is to go stays in the inventory until it is trimmed."""
    target = replace(id, address=goal.tags.get(ownership.ADDRESS, id.address))
    before = found(kube, id) or found(kube, target) or _fresh(kube, target)
    kube.confirm(before.cluster)
    inventory_ = replace(before, address=target.address, tags=goal.tags, cluster=kube.identity())
    wide = inventory_.aiming((member_of(item, key) for key, item in goal.objects.items()), besides=goal.strays)
    kube.apply(wide.manifest(), force=True)
    if goal.creates:
        yield Made((str(target),))
    goal = replace(goal, objects={key: applyset.joined(item, wide.set_id) for key, item in goal.objects.items()})
    moments = look.moments(cloud, id.cluster)
    every = goal.only is None or wide.legacy
    base, rest, last = order.stages(order.sorted_keys(key for key in goal.objects if every or key in (goal.only or ())))
    yield from _apply(kube, base, goal, id=target, moments=moments)
    if base:
        yield Wait((str(replace(target, part=BASE)),))
        if any(key.kind in order.DEFINES for key in base):
            kube.forget()
    yield from _apply(kube, rest, goal, id=target, moments=moments)
    if last:
        yield Wait((str(replace(target, part=REST)),))
        yield from _apply(kube, last, goal, id=target, moments=moments)
    yield Wait((str(target),))
    if wide.legacy and not wide.former:
        kube.apply(replace(wide, legacy=False).manifest(), force=True)


def trim(kube: Kube, id: door.Id, moved: frozenset[str]) -> Steps:
    """Delete members that are no longer wanted, wait until they are gone, and narrow the inventory to what is left.

    `moved` are the titles of those that another workload takes over: they stay until it has, if it is not applied now.
    """
    wide = found(kube, id)
    if wide is None:
        return
    kube.confirm(wide.cluster)
    every = seen.members(kube, [wide])
    mine = seen.having(every.rows, wide)
    titles = {key: title for title, key in titled({key: key for key in sorted(wide.leaving)}).items()}
    staying = {key for key in mine if key in wide.leaving and titles[key] in moved}
    going = {key: mine[key] for key in mine if key in wide.leaving and key not in staying}
    _refuse_owned(going, every.owned)
    _delete_all(kube, going)
    if going:
        yield Wait((str(replace(id, part=FORMER)),), until="gone")
    left = tuple(member for member in wide.former if member.key in staying)
    kube.apply(replace(wide, former=left, legacy=False).manifest(), force=True)


def _refuse_owned(going: Iterable[Key], owned: Mapping[Key, str]) -> None:
    """What somebody else has taken into its care is not ours to delete (KEP-3659, objects with owner references)."""
    for key in sorted(key for key in going if key in owned):
        remedy = "Take the ownerReferences off that object if it is to go, and run the same command again."
        raise AcsctlError(f"{key} is owned by {owned[key]}, which is not of this workload: not deleted", remedy=remedy)


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


def _apply(kube: Kube, keys: Iterable[Key], goal: Goal, *, id: door.Id, moments: look.Moments) -> Steps:
    """Apply objects in the order of their kinds, those of one kind side by side."""
    titles = {key: title for title, key in titled({key: key for key in goal.objects}).items()}
    for wave in order.waves(keys):
        again = [key for key in wave if titles[key] in goal.anew]
        yield from _remove(kube, [goal.objects[key] for key in again], id)
        with ThreadPoolExecutor(WORKERS) as pool:
            for written in pool.map(lambda key: kube.apply(goal.objects[key], force=goal.force), wave):
                moments.expect(written.object)


def _remove(kube: Kube, items: list[Manifest], id: door.Id) -> Steps:
    """Delete objects that are to be made anew, and wait until they are gone."""
    for item in items:
        meta = item["metadata"]
        name, namespace = meta["name"], meta.get("namespace", "")
        there = kube.get(item["apiVersion"], item["kind"], name=name, namespace=namespace)
        if there is not None:
            _delete(kube, there)
            uid = there["metadata"]["uid"]
            part = f"gone {item['apiVersion']} {item['kind']} {namespace or '-'} {name} {uid}"
            yield Wait((str(replace(id, part=part)),), until="gone")


def _delete_all(kube: Kube, rows: Mapping[Key, Mapping[str, Any]]) -> None:
    """Delete objects in the reverse of the order of creation, those of one kind side by side."""
    for wave in reversed(order.waves(rows)):
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda key: _delete(kube, rows[key]), wave))


def _delete(kube: Kube, item: Mapping[str, Any]) -> None:
    """Delete an object as it was seen; one that has moved on meanwhile is looked at again."""
    for tries in range(TRIES):
        try:
            kube.delete(item, exact=True)
            return
        except Refusal as error:
            if error.code != CONFLICT or tries == TRIES - 1:
                raise
            now = _again(kube, item)
            if now is None or _identity(now) != _identity(item):
                return  # gone, or somebody else's by now
            item = now


def _identity(item: Mapping[str, Any]) -> tuple[object, ...]:
    """Which object it is, and whose."""
    labels = item["metadata"].get("labels") or {}
    return (item["metadata"]["uid"], applyset.set_of(item), labels.get(STACK), labels.get(ADDRESS))


def _again(kube: Kube, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    meta = item["metadata"]
    return kube.get(item["apiVersion"], item["kind"], name=meta["name"], namespace=str(meta.get("namespace") or ""))


def take_away(kube: Kube, id: door.Id) -> Steps:
    """Delete everything: first what has things in the cloud, then the rest, then namespaces and CRDs, then the inventory."""
    there = found(kube, id)
    if there is None:
        return
    kube.confirm(there.cluster)
    going = there.aiming(())
    kube.apply(going.manifest(), force=True)
    for part in (OUTSIDE, CONTENTS, FORMER):
        every = seen.members(kube, [going])
        mine = seen.having(every.rows, going)
        _refuse_owned(mine, every.owned)
        rows = {key: row for key, row in mine.items() if belongs(part, row)}
        _delete_all(kube, rows)
        if rows:
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
        for item in seen.having(seen.members(kube, [there]).rows, there).values():
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
