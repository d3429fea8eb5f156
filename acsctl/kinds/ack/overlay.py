"""What keeps a node of a Flannel cluster from being reached by pods of others: pure (sheet containers.md 2.1 and 2.3).

On ACK the pods of a node have the block `spec.podCIDR`, and a custom route of the VPC leads it to the node's instance: the
cloud controller manager writes both. On every node runs one pod of the DaemonSet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.kinds.ack import addressing

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Overlay:
    """What was seen of one cluster: its Node objects, the custom routes of its VPC (DescribeRouteEntryList), the DaemonSet
    of Flannel (None where there is none), and its pods, which are only needed where the DaemonSet is not complete."""

    nodes: tuple[Row, ...]
    routes: tuple[Row, ...]
    daemon_set: Row | None
    pods: tuple[Row, ...] = ()

    def troubles(self) -> dict[str, str]:
        """Why a node is not ready, by the node's name; nothing for those that are."""
        hops = {row.get("DestinationCidrBlock"): set(_hops(row)) for row in self.routes}
        covered = None if self.complete else {pod.get("spec", {}).get("nodeName") for pod in self.pods if _ready(pod)}
        found: dict[str, str] = {}
        for node in self.nodes:
            name = node["metadata"]["name"]
            why = next(_troubles(node, hops), "")
            if not why and covered is not None and name not in covered:
                why = "has no ready flannel pod"
            if why:
                found[name] = why
        return found

    @property
    def complete(self) -> bool:
        """Whether the DaemonSet has a ready pod of its newest form on every node that it wants."""
        status = (self.daemon_set or {}).get("status") or {}
        wanted = status.get("desiredNumberScheduled", 0)
        observed = (self.daemon_set or {}).get("metadata", {}).get("generation") == status.get("observedGeneration")
        enough = all(status.get(name, 0) >= wanted for name in ("numberReady", "updatedNumberScheduled"))
        return observed and enough and (wanted > 0 or not self.nodes)

    @property
    def summary(self) -> str:
        """How far it is, in words: "2 of 3 nodes: <name> has no route entry"; empty when all is ready."""
        if self.daemon_set is None:
            return "the flannel DaemonSet is not there"
        troubles = self.troubles()
        if not troubles:
            return "" if self.complete else "the flannel DaemonSet is being rolled out"
        name, why = min(troubles.items())
        return f"{len(self.nodes) - len(troubles)} of {len(self.nodes)} nodes: {name} {why}"


def _troubles(node: Row, hops: Mapping[Any, set[str]]) -> Iterator[str]:
    spec = node.get("spec") or {}
    block, provider = spec.get("podCIDR"), str(spec.get("providerID") or "")
    if not block:
        yield "has no pod range (spec.podCIDR)"
    elif not provider:
        yield "has no instance yet (spec.providerID)"
    elif block not in hops:
        yield f"has no route entry for {block} yet (DescribeRouteEntryList)"
    elif provider.rpartition(".")[2] not in hops[block]:
        yield f"has {block}, whose route leads to {', '.join(sorted(hops[block])) or 'nothing'}"
    yield from _conditions(node)


def _conditions(node: Row) -> Iterator[str]:
    conditions = {row["type"]: row for row in (node.get("status") or {}).get("conditions") or ()}
    for type, good in (("NetworkUnavailable", ("False",)), ("Ready", ("True",))):
        row = conditions.get(type, {"status": "False"} if type == "NetworkUnavailable" else {})
        if row.get("status") not in good:
            said = ": ".join(filter(None, (row.get("reason"), row.get("message"))))
            yield f"is not ready ({said or type})"


def _hops(route: Row) -> Iterable[str]:
    rows = (route.get("NextHops") or {}).get("NextHop") or ()
    return (str(row.get("NextHopId")) for row in rows if row.get("NextHopType") == "Instance")


def _ready(pod: Row) -> bool:
    rows = (pod.get("status") or {}).get("conditions") or ()
    return any(row["type"] == "Ready" and row["status"] == "True" for row in rows)


def arithmetic(network: Mapping[str, Any], *, route_quota: int, node_quota: int | None) -> str:
    """For how many nodes there is room, in words; empty where the ranges are not known yet."""
    blocks, mask = addressing.blocks(network), network.get("node_cidr_mask")
    if blocks is None or not isinstance(mask, int):
        return ""
    limits = {"the address range": blocks, "the route quota of the VPC's table": route_quota}
    if node_quota is not None:
        limits["the node quota of a cluster"] = node_quota
    least = min(limits, key=lambda name: limits[name])
    most = limits[least]
    more = f", though blocks would do for {blocks}" if blocks > most else ""
    return f"{network['pod_cidr']}, /{mask} a node ({2 ** (32 - mask)} addresses): up to {most} nodes, {least}{more}"
