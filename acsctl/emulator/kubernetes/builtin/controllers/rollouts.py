"""The arithmetic of a Deployment's rollout; pure (k8s.io/kubernetes pkg/controller/deployment)."""

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.builtin.controllers.templates import share
from acsctl.emulator.kubernetes.client import Object

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH = "pod-template-hash"

Sizes = dict[str, int]
"""Wanted replicas by name of the ReplicaSet; what is not in it stays."""


def replicas(obj: Mapping[str, Any]) -> int:
    """spec.replicas, 1 when it is not there."""
    return int(obj["spec"].get("replicas", 1))


def counted(sets: Sequence[Mapping[str, Any]], name: str) -> int:
    """The sum of a number in the status of ReplicaSets."""
    return sum(int((one.get("status") or {}).get(name) or 0) for one in sets)


def is_rolling(deployment: Mapping[str, Any]) -> bool:
    return bool((deployment["spec"].get("strategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


def bounds(deployment: Mapping[str, Any]) -> tuple[int, int]:
    """(maxSurge, maxUnavailable), resolved; never both zero. Recreate has neither."""
    wanted = replicas(deployment)
    if not is_rolling(deployment):
        return 0, 0
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), of=wanted, up=True)
    unavailable = share(rolling.get("maxUnavailable", "25%"), of=wanted, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return surge, min(unavailable, wanted)


def new_size(deployment: Mapping[str, Any], *, new: int, others: int) -> int:
    """How large the new ReplicaSet may be, when it has `new` and the old ones `others` replicas."""
    wanted = replicas(deployment)
    if not is_rolling(deployment):
        return wanted
    room = wanted + bounds(deployment)[0] - new - others
    return new if room <= 0 else new + min(room, wanted - new)


def old_sizes(deployment: Mapping[str, Any], *, new: Object, olds: Sequence[Object]) -> Sizes:
    """How small the old ReplicaSets become in this step: first what does not work, then as far as availability allows."""
    wanted, unavailable = replicas(deployment), bounds(deployment)[1]
    least = wanted - unavailable
    sizes = {one["metadata"]["name"]: replicas(one) for one in olds}
    not_available = replicas(new) - counted([new], "availableReplicas")
    room = sum(sizes.values()) + replicas(new) - least - not_available
    if room <= 0:
        return {}
    ordered = sorted(olds, key=lambda one: one["metadata"]["creationTimestamp"])
    for one in ordered:
        broken = max(sizes[one["metadata"]["name"]] - counted([one], "availableReplicas"), 0)
        given_up = min(room, broken)
        sizes[one["metadata"]["name"]] -= given_up
        room -= given_up
    spare = counted([*olds, new], "availableReplicas") - least
    for one in ordered:
        given_up = min(max(spare, 0), sizes[one["metadata"]["name"]])
        sizes[one["metadata"]["name"]] -= given_up
        spare -= given_up
    return sizes


def scaled_sizes(deployment: Mapping[str, Any], *, new: Object | None, olds: Sequence[Object]) -> Sizes:
    """Sizes after spec.replicas was changed, possibly amid a rollout: then all active ones in proportion."""
    wanted = replicas(deployment)
    every = [*olds, *([new] if new is not None else [])]
    active = [one for one in every if replicas(one)]
    if len(active) <= 1:
        latest = active or ([new] if new is not None else sorted(olds, key=_created)[-1:])
        return {one["metadata"]["name"]: wanted for one in latest}
    if new is not None and replicas(new) == wanted and counted([new], "availableReplicas") == wanted:
        return {one["metadata"]["name"]: 0 for one in olds}
    if not is_rolling(deployment):
        return {}
    return _proportional(deployment, active=active)


def _proportional(deployment: Mapping[str, Any], *, active: Sequence[Object]) -> Sizes:
    wanted = replicas(deployment)
    allowed = wanted + bounds(deployment)[0] if wanted else 0
    to_add = allowed - sum(replicas(one) for one in active)
    ordered = sorted(active, key=_created, reverse=to_add > 0)
    ordered = sorted(ordered, key=replicas, reverse=True)
    sizes: Sizes = {}
    added = 0
    for one in ordered:
        fraction = _fraction(one, allowed=allowed)
        left = to_add - added
        part = max(min(fraction, left), 0) if to_add > 0 else min(max(fraction, left), 0)
        sizes[one["metadata"]["name"]] = replicas(one) + part
        added += part
    largest = ordered[0]["metadata"]["name"]
    sizes[largest] = max(sizes[largest] + to_add - added, 0)
    return sizes


def _fraction(replica_set: Object, *, allowed: int) -> int:
    """What a ReplicaSet gains by its share of the size that it was made for."""
    if not allowed:
        return -replicas(replica_set)
    before = int((replica_set["metadata"].get("annotations") or {}).get(MAXIMUM, "0")) or allowed
    return round(replicas(replica_set) * allowed / before) - replicas(replica_set)


def _created(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["creationTimestamp"])
