"""The objects of a cluster without what the cluster deals out, so that two clusters can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.crash.doors import Plane

STACK = "acsctl.dev/stack"
PATHS = (
    *(f"/api/v1/{plural}" for plural in ("namespaces", "nodes", "pods", "services", "endpoints", "configmaps", "secrets")),
    *(f"/api/v1/{plural}" for plural in ("serviceaccounts", "persistentvolumes", "persistentvolumeclaims")),
    *(f"/apis/apps/v1/{plural}" for plural in ("deployments", "replicasets", "daemonsets", "statefulsets")),
    *(f"/apis/batch/v1/{plural}" for plural in ("jobs", "cronjobs")),
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
)
DEALT = {"uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields", "time"}
GIVEN = {
    "clusterIP", "clusterIPs", "nodePort", "status", "ip", "nodeName", "targetRef",
    "acsctl.dev/cluster-uid", "service.k8s.alibaba/loadbalancer-id",
}  # fmt: skip
"""What the server and controllers fill in: addresses, ports, places."""
SUFFIX = re.compile(r"-[a-z0-9]{5}$")


def objects(plane: Plane) -> list[str]:
    """Every object as a line: whole where it is a stack's own, else by its name. Nodes by what they carry for pods."""
    return sorted(line for path in PATHS for line in _lines(plane, path))


def _lines(plane: Plane, path: str) -> Iterator[str]:
    plural = path.rpartition("/")[2]
    for item in plane.get(path)["items"]:
        meta = item["metadata"]
        if STACK in (meta.get("labels") or {}):
            yield f"{plural} {json.dumps(_own(item), sort_keys=True)}"
        elif plural == "nodes":
            yield f"nodes {item['spec'].get('podCIDR')} {sorted(meta['labels'])} {item['spec'].get('taints')}"
        else:
            name = SUFFIX.sub("", meta["name"]) if plural == "pods" else meta["name"]
            yield f"{plural} {meta.get('namespace', '')}/{name} {_state(item)}"


def _own(item: Any) -> Any:
    managers = {(row["manager"], row.get("subresource", "")) for row in item["metadata"].get("managedFields") or ()}
    return {"item": _told(item), "managers": sorted(managers), "state": _state(item)}


def _state(item: Any) -> Any:
    status = item.get("status") or {}
    return [status.get("phase"), status.get("readyReplicas"), len((status.get("loadBalancer") or {}).get("ingress") or ())]


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(item) for name, item in value.items() if name not in DEALT | GIVEN}
    if isinstance(value, list):
        return [_told(item) for item in value]
    return value
