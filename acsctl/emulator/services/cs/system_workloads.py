"""What addons run inside a cluster, in kube-system (sheet ack-facts.md 3). Managed addons run outside and are not seen.

Applied by server-side apply with a manager of its own when an ADDON record appears or changes, and deleted with it. What
somebody changes afterwards stays until the addon changes, as in the cloud.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.client import (
    BUDGETS,
    CONFIG_MAPS,
    CONFLICT,
    DAEMON_SETS,
    DEPLOYMENTS,
    NOT_THERE,
    SERVICE_ACCOUNTS,
    SERVICES,
    STORAGE_CLASSES,
    Object,
    Resource,
    message,
)
from acsctl.emulator.ledger import Finding
from acsctl.emulator.services.cs.manifests import ADDON_LABEL, manifests
from acsctl.emulator.services.cs.rounds import Round, Seen
from acsctl.emulator.services.cs.types import ADDON

MANAGER = "ack-addon-manager"
INGRESS_CLASSES = Resource("networking.k8s.io/v1", "ingressclasses", "IngressClass", namespaced=False)
KINDS = {
    one.kind: one
    for one in (
        SERVICE_ACCOUNTS,
        CONFIG_MAPS,
        SERVICES,
        DAEMON_SETS,
        DEPLOYMENTS,
        BUDGETS,
        STORAGE_CLASSES,
        INGRESS_CLASSES,
    )
}
GONE = ("deleting",)


def tend(job: Round) -> None:
    """Applies what is new or changed, deletes what is no more."""
    addons = {one["Name"]: one for one in job.own(ADDON) if one["State"] not in GONE}
    applied = job.memory.applied
    digests = {name: _digest(one) for name, one in addons.items()}
    if digests == applied:
        return
    _delete(job, names=set(addons))
    for name in applied.keys() - digests.keys():
        del applied[name]
    for name, one in addons.items():
        if applied.get(name) == digests[name]:
            continue
        if not _apply(job, addon=one):
            job.client.stale = True  # the namespace is still being made
            return
        applied[name] = digests[name]


def _digest(addon: Seen) -> str:
    return hashlib.sha256(json.dumps([addon["Version"], addon["Config"]]).encode()).hexdigest()


def _apply(job: Round, *, addon: Seen) -> bool:
    """Whether it is done; else it is tried again."""
    return all(_apply_one(job, manifest=one) for one in manifests(job.cluster, addon=addon))


def _apply_one(job: Round, *, manifest: Object) -> bool:
    """False while the namespace is not there, or the server is busy. What it refuses is a bug, and told as one."""
    meta = manifest["metadata"]
    path = KINDS[manifest["kind"]].path(namespace=meta.get("namespace", ""), name=meta["name"])
    query = {"fieldManager": MANAGER, "force": "true"}
    reply = job.plane.request("PATCH", path, query=query, body=manifest, content_type="application/apply-patch+yaml")
    if reply.status in (NOT_THERE, CONFLICT) or reply.status >= 500:
        return False
    if not reply.ok:
        with job.world.lock:
            job.world.ledger.find(Finding("crash", "system_workloads", f"{path}: {message(reply)}"))
    return True


def _delete(job: Round, *, names: set[str]) -> None:
    """What carries the label of an addon that is not installed."""
    for resource in KINDS.values():
        for one in job.client.listed(resource):
            owner = _labels(one).get(ADDON_LABEL)
            if owner is not None and owner not in names:
                job.client.delete(resource, one)


def _labels(obj: Mapping[str, Any]) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}
