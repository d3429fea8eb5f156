"""Moving what runs on nodes elsewhere before they go: cordon, evict, and wait as long as the file says.

It is done here and not left to RemoveNodePoolNodes: what the cloud has begun to drain cannot be stopped, holds the pool for
half an hour, and does not say why (sheet ack-facts.md 1, 2). It is told to drain as well: then it finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud
from acsctl.errors import CloudError, WaitedError
from acsctl.kinds.contract import Readiness, Steps, Wait
from acsctl.kinds.objects import door
from acsctl.kube import drain
from acsctl.kube.client import Kube

Object = Mapping[str, Any]

TIMEOUT = 900.0
"""Cloud seconds that moving may take where the file says nothing."""
HASTE, LONGER = 3.0, 60.0
"""Wall seconds that pods have to go, however fast the cloud is: where the file says how long, and where it does not."""
MARK = "/drain/"
AGAIN = "again"
CORDONED = "acsctl.dev/cordoned"
"""On a node that we have closed, so that a later run opens it again."""


def is_drain(id: str) -> bool:
    """Whether an id is that of nodes which are emptied."""
    return MARK in id


def standing(ids: Iterable[str]) -> dict[str, Readiness]:
    """What was not let go is asked to go again."""
    return {id: Readiness("pending", at=AGAIN) for id in ids}


def nodes(kube: Kube) -> dict[str, Object]:
    """The nodes of a cluster by name."""
    return {str(item["metadata"]["name"]): item for item in kube.list("v1", "Node")}


def drained(cloud: Cloud, cluster: str, names: Sequence[str], *, timeout: float) -> Steps:
    """Empty nodes where there is another one for what runs on them. Raises WaitedError with what holds it.

    A cluster that cannot be reached, or has no other node, is left to the cloud.
    """
    try:
        kube = door.opened(cloud, cluster)
        there = nodes(kube)
    except door.SILENT:
        return
    going = frozenset(names) & there.keys()
    if not going or not any(_takes_pods(item) for name, item in there.items() if name not in going):
        return
    closed = [name for name in sorted(going) if not there[name]["spec"].get("unschedulable")]
    for name in closed:
        _mark(kube, name, True)
    haste = LONGER if timeout == TIMEOUT else HASTE
    end = cloud.clock.now() + max(timeout / cloud.speed, haste if cloud.speed > 1.0 else 0.0)
    id = f"{cluster}{MARK}{'+'.join(sorted(going))}"
    while left := _evict(kube, going):
        if cloud.clock.now() >= end:
            said = _why(kube, left)
            opened(kube, closed)
            raise WaitedError(f"waited {timeout:.0f} s for {', '.join(sorted(going))} to be empty: {said}", remedy=REMEDY)
        yield Wait(
            (id,),
            until=AGAIN,
            kind="node_pool",
            said=f"moves {len(left)} pods off {', '.join(sorted(going))}: {_why(kube, left)}",
        )


REMEDY = "Give what is held more replicas or a looser budget, or write  drain: {timeout: 1h}  and run the same command again."


def _takes_pods(node: Object) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = any(row["type"] == "Ready" and row["status"] == "True" for row in conditions)
    return ready and not node["spec"].get("unschedulable")


def _evict(kube: Kube, going: frozenset[str]) -> list[Object]:
    """One round: ask all to go that are not yet told to, and say who is left."""
    left = drain.leaving(kube.list("v1", "Pod"), going)
    for pod in left:
        if not pod["metadata"].get("deletionTimestamp"):
            kube.evict(pod)
    return left


def _why(kube: Kube, left: Sequence[Object]) -> str:
    held = drain.blockers(left, kube.list("policy/v1", "PodDisruptionBudget"))
    names = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in left[: drain.SHOWN]]
    return "; ".join(held) or f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} still there"


def opened(kube: Kube, names: Iterable[str]) -> None:
    """Let nodes take pods again that we have closed."""
    for name in names:
        _mark(kube, name, None)


def _mark(kube: Kube, name: str, value: bool | None) -> None:
    marked = {"annotations": {CORDONED: "true" if value else None}}
    try:
        kube.patch("v1", "Node", name=name, fields={"metadata": marked, "spec": {"unschedulable": value}})
    except CloudError as error:
        if error.status != 404:
            raise


def blocked(cloud: Cloud, cluster: str) -> str:
    """What keeps the cloud from emptying the nodes that it has closed, in words; empty where nothing does, or who knows."""
    try:
        kube = door.opened(cloud, cluster)
        closed = frozenset(name for name, item in nodes(kube).items() if item["spec"].get("unschedulable"))
        left = drain.leaving(kube.list("v1", "Pod"), closed)
        return "; ".join(drain.blockers(left, kube.list("policy/v1", "PodDisruptionBudget")))
    except CloudError:
        return ""  # it would only have helped
