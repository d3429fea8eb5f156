"""Looking at the overlay of one cluster: its nodes and the DaemonSet from inside, its routes from outside."""

from __future__ import annotations

from typing import Any

from acsctl.cloud import Cloud, dig, list_all
from acsctl.kinds import vpc
from acsctl.kinds.ack import clusters, limits
from acsctl.kinds.ack.overlay import Overlay
from acsctl.kinds.objects import door
from acsctl.kube.client import Kube

DAEMON_SET = "kube-flannel-ds"
HOMES = ("kube-system", "kube-flannel")
"""Where the DaemonSet is: on ACK (unconfirmed, ack-facts.md 3), and as the upstream manifest has it."""


def look(cloud: Cloud, cluster: str, *, table: str = "") -> Overlay:
    """Its nodes, the DaemonSet, and the routes in `table`, which is asked for where it is not known. Raises what the two
    doors raise."""
    inside = door.opened(cloud, cluster)
    daemon_set = next(
        filter(None, (inside.get("apps/v1", "DaemonSet", name=DAEMON_SET, namespace=home) for home in HOMES)), None
    )
    nodes = tuple(inside.list("v1", "Node"))
    seen = Overlay(nodes, tuple(_routes(cloud, cluster, table)), daemon_set)
    if seen.complete or daemon_set is None:
        return seen
    return Overlay(seen.nodes, seen.routes, daemon_set, tuple(_pods(inside, daemon_set)))


def _pods(inside: Kube, daemon_set: dict[str, Any]) -> list[dict[str, Any]]:
    labels = daemon_set["spec"]["selector"].get("matchLabels") or {}
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return inside.list("v1", "Pod", selector=selector, namespace=daemon_set["metadata"]["namespace"])


def _routes(cloud: Cloud, cluster: str, table: str) -> list[dict[str, Any]]:
    """The custom routes of the VPC's system table, whose id stays what it is."""
    known = cloud.kept(f"route table of {cluster}", lambda: table or _table(cloud, cluster))
    params = {"RegionId": cloud.region, "RouteTableId": known, "RouteEntryType": "Custom"}
    return list_all(cloud, limits.ROUTES, params)


def _table(cloud: Cloud, cluster: str) -> str:
    home = (clusters.detail(cloud, cluster) or {}).get("vpc_id") or ""
    rows = list_all(cloud, vpc.LISTING, {"RegionId": cloud.region, "VpcId": home})
    return next((dig(vpc.read(row).known, "route_table_id", str) for row in rows), "")
