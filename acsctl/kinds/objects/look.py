"""What the status of an object does not tell, and one more request does (sheet containers.md 4.2): whether a kind is served, a
claim is bound at once, there are nodes at all, and whether what became ready stays so."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.cloud import Cloud
from acsctl.kube import pods, readiness
from acsctl.kube.client import Kube
from acsctl.kube.readiness import READY, Status

Object = Mapping[str, Any]
MOMENT = 5.0
"""Cloud seconds for which something without a probe has to stay ready: without one a container is ready while it runs, if only
for the second before it ends."""


class Moments:
    """Since when objects that this run has changed are ready. Thread-safe; times are cloud seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[str, float | None] = {}
        self._restarts: dict[str, int] = {}

    def expect(self, written: Object) -> None:
        """An object was applied: unless it was ready before and is the same, it has to become ready, and to stay so."""
        if readiness.may_end_at_once(written) and readiness.status(written).state != "ready":
            with self._lock:
                self._since[str(written["metadata"]["uid"])] = None

    def lost(self, item: Object) -> None:
        """It is not ready, or not any more."""
        with self._lock:
            if item["metadata"]["uid"] in self._since:
                self._since[item["metadata"]["uid"]] = None

    def expected(self, item: Object) -> bool:
        """Whether it has yet to stay ready."""
        with self._lock:
            return item["metadata"]["uid"] in self._since

    def over(self, item: Object, *, now: float) -> bool:
        """It is ready: whether it has been so for long enough, as often as it was looked at."""
        with self._lock:
            uid = item["metadata"]["uid"]
            since = self._since.get(uid)
            if since is None:
                self._since[uid] = since = now
            return now - since >= MOMENT

    def steady(self, item: Object, restarts: int, *, now: float) -> bool:
        """Whether its containers were not started again meanwhile; then it need not be looked at again."""
        with self._lock:
            uid = item["metadata"]["uid"]
            if restarts in (0, self._restarts.get(uid)):
                self._since.pop(uid, None)
                return True
            self._restarts[uid], self._since[uid] = restarts, now
            return False


def moments(cloud: Cloud, cluster: str) -> Moments:
    """Those of a cluster, in this run."""
    return cloud.kept(f"moments {cluster}", Moments)


def further(kube: Kube, item: Object, status: Status) -> Status:
    """How far an object is, beyond what it says of itself."""
    kind = str(item["kind"])
    if kind == "CustomResourceDefinition" and status.state == "ready":
        return _served(kube, item)
    if kind == "PersistentVolumeClaim" and status.state == "ready":
        return _bound(kube, item)
    if kind == "DaemonSet" and status == readiness.NO_NODE and kube.list("v1", "Node"):
        return READY  # there are nodes, and none that it is for
    return status


def stays(kube: Kube, item: Object, found: Moments, *, now: float) -> Status:
    """Whether what is ready has been so for a moment, and its containers were not started again in it."""
    if not found.expected(item):
        return READY
    if not found.over(item, now=now):
        return Status("pending", "is ready, and has to stay so for a moment")
    rows = kube.list("v1", "Pod", selector=pods.selector(item), namespace=item["metadata"]["namespace"])
    restarts = _restarts(row for row in rows if not row["metadata"].get("deletionTimestamp"))
    if found.steady(item, restarts, now=now):
        return READY
    return Status("pending", f"has started its containers again {restarts} time{'s' if restarts > 1 else ''}")


def _restarts(rows: Iterable[Object]) -> int:
    states = (state for row in rows for state in (row.get("status") or {}).get("containerStatuses") or ())
    return sum(int(state.get("restartCount") or 0) for state in states)


def _served(kube: Kube, item: Object) -> Status:
    """A server serves a kind some time after it has accepted its definition."""
    spec = item["spec"]
    versions = [f"{spec['group']}/{row['name']}" for row in spec.get("versions") or () if row.get("served")]
    kind = spec["names"]["kind"]
    if all(kube.sort(version, kind) is not None for version in versions):
        return READY
    kube.forget()
    return Status("pending", "is not served yet")


def _bound(kube: Kube, item: Object) -> Status:
    """A claim is bound at once where its class says so; else it waits for the pod that takes it, and must not hold that up."""
    spec: Object = item.get("spec") or {}
    if (item.get("status") or {}).get("phase") != "Pending" or not spec.get("storageClassName"):
        return READY
    sort = kube.get("storage.k8s.io/v1", "StorageClass", name=str(spec["storageClassName"]))
    if sort is None or sort.get("volumeBindingMode") == "WaitForFirstConsumer":
        return READY
    return Status("pending", f"waits for a volume of class {spec['storageClassName']}")
