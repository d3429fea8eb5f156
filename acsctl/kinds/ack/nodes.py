"""Nodes of a pool, and taking machines off it (API DescribeClusterNodes, RemoveNodePoolNodes; containers.md 1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, list_all
from acsctl.kinds import marks
from acsctl.kinds.ack import drain, tasks
from acsctl.kinds.contract import Readiness, Steps
from acsctl.kinds.ecs import rows as machines
from acsctl.model import ownership

LISTING = Listing(
    "cs",
    "DescribeClusterNodes",
    items="nodes",
    key=("instance_id",),
    size=100,
    size_name="pageSize",
    page_name="pageNumber",
    total="page.total_count",
)
A_CALL = 100
GOING = ("removing", "deleting")


def listed(cloud: Cloud, cluster: str, *, pool: str | None = None) -> list[dict[str, Any]]:
    """The nodes of a cluster, or of one of its pools. A machine that never registered is not among them (ack-facts.md 2)."""
    return list_all(cloud, LISTING, {"ClusterId": cluster, "nodepool_id": pool})


def attached(cloud: Cloud, rows: Iterable[dict[str, Any]]) -> list[str]:
    """The ids of those that the pool did not make: a machine that it makes bears the tags of the pool."""
    ids = [dig(row, "instance_id", str) for row in rows if row.get("state") not in GOING]
    marked = {row["InstanceId"]: ownership.read(marks.read_tags(row)) for row in machines.instances(cloud, ids)}
    return [id for id in ids if id in marked and not _is_of_pool(marked[id])]


def ours(cloud: Cloud, rows: Iterable[dict[str, Any]]) -> list[str]:
    """The ids of those that are instances of a stack: a pool that is not of a stack does not mark what it makes."""
    ids = [dig(row, "instance_id", str) for row in rows if row.get("state") not in GOING]
    marked = {row["InstanceId"]: ownership.read(marks.read_tags(row)) for row in machines.instances(cloud, ids)}
    return [id for id in ids if (mark := marked.get(id)) and mark.address.kind == "instance"]


def leave(cloud: Cloud, cluster: str) -> None:
    """Note that a cluster goes as a whole: from now on nothing has to be moved from its nodes."""
    _leaving(cloud).add(cluster)


def leaves(cloud: Cloud, cluster: str) -> bool:
    """Whether a cluster goes as a whole in this run."""
    return cluster in _leaving(cloud)


def _leaving(cloud: Cloud) -> set[str]:
    return cloud.kept("clusters that go as a whole", set[str])


def _is_of_pool(mark: ownership.Mark | None) -> bool:
    return mark is not None and mark.address.kind == "node_pool"


def names(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What the nodes are called inside of the cluster, as far as they are there."""
    return [str(row["node_name"]) for row in rows if row.get("node_name")]


def detach(cloud: Cloud, cluster: str, *, pool: str, ids: Sequence[str], timeout: float = drain.TIMEOUT) -> Steps:
    """Take machines off and leave them running. What runs on them moves elsewhere, unless there is no elsewhere.

    Draining the last node never ends: it holds what may not be interrupted (ack-facts.md 2).
    """
    rows = listed(cloud, cluster)
    going = [row for row in rows if row["instance_id"] in set(ids) and row.get("nodepool_id", pool) == pool]
    there = [dig(row, "instance_id", str) for row in going]
    if not leaves(cloud, cluster):
        yield from drain.drained(cloud, cluster, names(going), timeout=timeout)
    params = {"ClusterId": cluster, "NodepoolId": pool, "release_node": False, "drain_node": len(rows) > len(there)}
    for batch in marks.batches(there, size=A_CALL):
        answer = cloud.call("cs", "RemoveNodePoolNodes", {**params, "instance_ids": batch, "concurrency": True})
        yield from tasks.done(answer)


def standing(cloud: Cloud, cluster: str, *, pool: str, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far the nodes on these machines are."""
    rows = {row["instance_id"]: row for row in listed(cloud, cluster, pool=pool)}
    return {id: _standing(rows[id]) if id in rows else Readiness("pending", reason="not registered") for id in ids}


def _standing(row: dict[str, Any]) -> Readiness:
    status = row.get("node_status") or "Unknown"
    if row.get("state") == "failed":
        return Readiness("failed", reason=row.get("error_message") or "failed")
    return Readiness("ready" if status == "Ready" else "pending", reason=f"node {status}")
