"""Garbage collection: what lost its owners goes; foreground and orphaning deletes (pkg/controller/garbagecollector)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.discovery import Discovery
from acsctl.emulator.kubernetes.builtin.controllers.work import Work
from acsctl.emulator.kubernetes.client import EVENTS, Object, Resource

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"

Found = tuple[Resource, Object]


class Garbage:
    def __init__(self, work: Work, *, discovery: Discovery) -> None:
        self._work = work
        self._client = work.client
        self._discovery = discovery

    def reconcile(self) -> None:
        everything = [
            (resource, one)
            for resource in self._discovery.resources()
            if resource != EVENTS  # many, and never owned
            for one in self._client.listed(resource)
        ]
        live = {one["metadata"]["uid"]: one for _, one in everything}
        dependents: dict[str, list[Found]] = defaultdict(list)
        for resource, one in everything:
            for owner in one["metadata"].get("ownerReferences") or ():
                dependents[owner["uid"]].append((resource, one))
        where = {id(one): resource for resource, one in everything}
        every = [one for _, one in everything]
        self._work.each(every, lambda one: self._finish(where[id(one)], one, dependents=dependents[one["metadata"]["uid"]]))
        self._work.each(every, lambda one: self._collect(where[id(one)], one, live=live))

    def _finish(self, resource: Resource, owner: Object, *, dependents: Sequence[Found]) -> None:
        """The two finalizers of the collector, on an owner that is being deleted."""
        finalizers = owner["metadata"].get("finalizers") or []
        if not owner["metadata"].get("deletionTimestamp") or not {FOREGROUND, ORPHAN} & set(finalizers):
            return
        uid = owner["metadata"]["uid"]
        if ORPHAN in finalizers:
            done = sum(not self._release(each, one, uid=uid) for each, one in dependents) == 0
        else:
            done = not any(_reference(one, uid).get("blockOwnerDeletion") for _, one in dependents)
        if done:
            kept = [one for one in finalizers if one not in (FOREGROUND, ORPHAN)]
            self._client.update(resource, {**owner, "metadata": {**owner["metadata"], "finalizers": kept}})

    def _release(self, resource: Resource, one: Object, *, uid: str) -> bool:
        owners = [each for each in one["metadata"]["ownerReferences"] if each["uid"] != uid]
        return self._client.update(resource, {**one, "metadata": {**one["metadata"], "ownerReferences": owners}})

    def _collect(self, resource: Resource, one: Object, *, live: Mapping[str, Object]) -> None:
        meta = one["metadata"]
        owners = meta.get("ownerReferences") or ()
        if not owners or meta.get("deletionTimestamp"):
            return
        solid = [each for each in owners if each["uid"] in live and not _is_leaving(live[each["uid"]])]
        if solid:
            return
        # An owner that waits for its dependents takes them along in the same way.
        waits = any(each["uid"] in live and FOREGROUND in _finalizers(live[each["uid"]]) for each in owners)
        gone = all(each["uid"] not in live for each in owners)
        if waits or gone:
            self._client.delete(resource, one, policy="Foreground" if waits else "Background")


def _is_leaving(owner: Mapping[str, Any]) -> bool:
    return bool(owner["metadata"].get("deletionTimestamp")) and FOREGROUND in _finalizers(owner)


def _finalizers(obj: Mapping[str, Any]) -> Sequence[str]:
    return obj["metadata"].get("finalizers") or ()


def _reference(one: Mapping[str, Any], uid: str) -> Mapping[str, Any]:
    return next(each for each in one["metadata"]["ownerReferences"] if each["uid"] == uid)
