"""ControllerRevisions: the templates that a StatefulSet or a DaemonSet has had (k8s.io/kubernetes pkg/controller/history)."""

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.templates import short_hash
from acsctl.emulator.kubernetes.builtin.controllers.work import Work, owned_by
from acsctl.emulator.kubernetes.client import REVISIONS, Object

HASH = "controller-revision-hash"


def _data(owner: Mapping[str, Any]) -> Object:
    return {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}


def template(revision: Mapping[str, Any]) -> Object:
    """The pod template that it keeps."""
    return {name: value for name, value in revision["data"]["spec"]["template"].items() if name != "$patch"}


def newest(work: Work, owner: Object, *, found: Sequence[Object], label: str) -> Object | None:
    """The revision of today's template, made or moved to the front. None when it could not be written; then look again.

    label: that carries the hash, HASH for DaemonSets.
    """
    data = _data(owner)
    same = next((one for one in found if one["data"] == data), None)
    number = max((one["revision"] for one in found), default=0)
    if same is not None:
        if same["revision"] == number:
            return same
        moved = {**same, "revision": number + 1}
        return moved if work.client.update(REVISIONS, moved) else None
    meta, key = owner["metadata"], short_hash(data)
    made = {
        "metadata": {
            "name": f"{meta['name']}-{key}",
            "namespace": meta["namespace"],
            "annotations": dict(meta.get("annotations") or {}),
            "labels": {**(owner["spec"]["template"]["metadata"].get("labels") or {}), label: key},
            "ownerReferences": owned_by(owner),
        },
        "data": data,
        "revision": number + 1,
    }
    reply = work.client.create(REVISIONS, made)
    return dict(reply.document) if reply.ok else None


def prune(work: Work, owner: Object, *, found: Sequence[Object], used: set[str]) -> None:
    """Ends the oldest beyond spec.revisionHistoryLimit. used: names that are in use."""
    idle = sorted((one for one in found if one["metadata"]["name"] not in used), key=lambda one: int(one["revision"]))
    for one in idle[: max(len(idle) - owner["spec"].get("revisionHistoryLimit", 10), 0)]:
        work.client.delete(REVISIONS, one)
