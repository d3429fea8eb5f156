"""What every controller works with."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from acsctl.emulator.kubernetes.builtin.controllers.matching import matches
from acsctl.emulator.kubernetes.client import Client, Object, Resource, one_by_one
from acsctl.emulator.kubernetes.plane import Face

FIRST_RETRY, LONGEST_RETRY = 10.0, 600.0  # cloud seconds until a create that was refused is tried again; doubled each time


class Controller(Protocol):
    """Brings what it looks after nearer to what is wanted, from the present state alone; called again until nothing changes."""

    def reconcile(self) -> None: ...


class Work:
    """The client, the cluster's facts, and the moment when time alone gives work again. One for all controllers."""

    def __init__(self, client: Client, *, face: Face) -> None:
        self.client = client
        self.face = face
        self.wake = float("inf")
        self._refused: dict[str, tuple[float, float]] = {}  # uid -> until when, after how long
        self._told: set[tuple[str, str]] = set()

    @property
    def now(self) -> float:
        return self.client.now

    def has_come(self, when: float) -> bool:
        """Whether it is that late; otherwise it is remembered."""
        if when > self.now:
            self.wake = min(self.wake, when)
        return when <= self.now

    def each(self, objects: Iterable[Object], step: Callable[[Object], object]) -> None:
        """The step for every object, see `one_by_one`."""
        for one in objects:
            with one_by_one(one):
                step(one)

    def may_create(self, owner: Mapping[str, Any]) -> bool:
        """Whether nothing that this owner asked for was refused a short while ago."""
        return self.has_come(self._refused.get(owner["metadata"]["uid"], (0.0, 0.0))[0])

    def refused(self, owner: Mapping[str, Any]) -> None:
        uid = owner["metadata"]["uid"]
        wait = min(self._refused[uid][1] * 2, LONGEST_RETRY) if uid in self._refused else FIRST_RETRY
        self._refused[uid] = self.now + wait, wait

    def tell_once(self, obj: Object, *, reason: str, note: str) -> None:
        """An event that says the same as long as the process lives."""
        if (key := (obj["metadata"]["uid"], reason)) not in self._told:
            self._told.add(key)
            self.client.event(obj, reason=reason, note=note)


def controller_reference(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner that manages it."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in owners if one.get("controller")), None)


def owned_by(owner: Mapping[str, Any]) -> list[Object]:
    """The ownerReferences of what a controller makes."""
    meta = owner["metadata"]
    return [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


class Owned:
    """The objects of a resource by their owner, read once. What matches an owner's selector and has none is taken over."""

    def __init__(self, work: Work, resource: Resource) -> None:
        self._work = work
        self._resource = resource
        self._by_owner: dict[str, list[Object]] = defaultdict(list)
        self._orphans: dict[str, list[Object]] = defaultdict(list)
        for one in work.client.listed(resource):
            reference = controller_reference(one)
            if reference is not None:
                self._by_owner[reference["uid"]].append(one)
            elif not one["metadata"].get("deletionTimestamp"):
                self._orphans[one["metadata"].get("namespace", "")].append(one)

    def of(self, owner: Mapping[str, Any], *, selector: Mapping[str, Any] | None = None) -> list[Object]:
        """Without a selector only what names the owner; with one, as the real controllers claim."""
        meta = owner["metadata"]
        found = self._by_owner[meta["uid"]]
        if selector is None or meta.get("deletionTimestamp"):
            return list(found)
        kept = [one for one in found if self._keeps(one, selector=selector)]
        waifs = [one for one in self._orphans[meta["namespace"]] if matches(selector, one["metadata"].get("labels"))]
        return kept + [adopted for one in waifs if (adopted := self._adopt(one, owner=owner)) is not None]

    def _keeps(self, one: Object, *, selector: Mapping[str, Any]) -> bool:
        if matches(selector, one["metadata"].get("labels")):
            return True
        if not one["metadata"].get("deletionTimestamp"):
            others = [owner for owner in one["metadata"]["ownerReferences"] if not owner.get("controller")]
            self._work.client.update(self._resource, {**one, "metadata": {**one["metadata"], "ownerReferences": others}})
        return False

    def _adopt(self, one: Object, *, owner: Mapping[str, Any]) -> Object | None:
        owners = [*(one["metadata"].get("ownerReferences") or ()), *owned_by(owner)]
        adopted = {**one, "metadata": {**one["metadata"], "ownerReferences": owners}}
        if not self._work.client.update(self._resource, adopted):
            return None
        self._orphans[one["metadata"]["namespace"]].remove(one)
        return adopted
