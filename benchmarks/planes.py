"""What the clusters of a local cloud hold, as rows like those of its world: busy while it is not ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.watch import Row
from tests.crash.doors import Plane

OVERLAY = "kube-flannel"


class Planes:
    """Asks each cluster that runs. `world` is the folder of the local cloud."""

    def __init__(self, world: Path) -> None:
        self._world = world
        self._planes: dict[str, Plane] = {}

    def __call__(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Pods and Services of load balancers: type `overlay` for the pods of Flannel, else `objects`."""
        for row in rows:
            if row["type"] == "cluster" and row["attributes"]["State"] == "running":
                yield from _pods(self._plane(row))
                yield from _services(self._plane(row))

    def _plane(self, row: Row) -> Plane:
        id = str(row["id"])
        if id not in self._planes:
            self._planes[id] = Plane(f"https://127.0.0.1:{row['attributes']['Port']}", self._world / "kubernetes" / id)
        return self._planes[id]


def _row(type: str, item: Any, *, ready: bool) -> Row:
    return {"type": type, "id": item["metadata"]["uid"], "tags": {}, "attributes": {"Status": "Ready" if ready else "Pending"}}


def _pods(plane: Plane) -> Iterator[Row]:
    for item in plane.get("/api/v1/pods")["items"]:
        meta = item["metadata"]
        overlay = meta["namespace"] == "kube-system" and meta["name"].startswith(OVERLAY)
        conditions = (item.get("status") or {}).get("conditions") or ()
        if overlay or meta["namespace"] != "kube-system":
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
            yield _row("overlay" if overlay else "objects", item, ready=ready)


def _services(plane: Plane) -> Iterator[Row]:
    for item in plane.get("/api/v1/services")["items"]:
        if item["spec"].get("type") == "LoadBalancer":
            yield _row("objects", item, ready=bool((item.get("status") or {}).get("loadBalancer", {}).get("ingress")))
