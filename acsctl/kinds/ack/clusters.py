"""Clusters as the API tells them (API DescribeClustersForRegion, DescribeClusterDetail; containers.md 1.3, ack-facts.md 2).

No list call filters by tag: the region is listed and the tags of its rows are matched. DescribeClustersV1 is on its way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, Listing, dig, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks
from acsctl.kinds.ack import tasks
from acsctl.kinds.contract import Readiness, Steps, Update, Wait
from acsctl.model import ownership
from acsctl.model.resource import Live

Row = Mapping[str, Any]

LISTING = Listing(
    "cs",
    "DescribeClustersForRegion",
    items="clusters",
    key=("cluster_id",),
    size=50,
    size_name="page_size",
    page_name="page_number",
    total="page_info.total_count",
)
FAILED = ("failed", "delete_failed", "deleting")
"""States out of which a cluster that is wanted is made again."""
MAKING = ("cluster_create", "cluster_delete", None)
RUNNING = "running"
GONE = "deleted"
SYSTEM_TAGS = "ack."
"""Container Service puts tags of its own on what it makes: `ack.aliyun.com`."""


def listed(cloud: Cloud) -> list[dict[str, Any]]:
    """The rows of all managed clusters of the region."""
    return [row for row in list_all(cloud, LISTING, {"region_id": cloud.region}) if row.get("state") != GONE]


def detail(cloud: Cloud, id: str) -> dict[str, Any] | None:
    """All of one cluster, None where there is none."""
    try:
        row = cloud.call("cs", "DescribeClusterDetail", {"ClusterId": id})
    except CloudError as error:
        if not is_absent(error):
            raise
        return None
    return None if row.get("state") == GONE else row


def tags_of(row: Row) -> dict[str, str]:
    """The tags of a row, which Container Service spells in lower case; without those that it sets itself."""
    rows: Iterable[Mapping[str, str]] = row.get("tags") or ()
    return {tag["key"]: tag.get("value", "") for tag in rows if not tag["key"].startswith(SYSTEM_TAGS)}


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as Container Service takes them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def whole(cloud: Cloud, rows: Iterable[Row]) -> list[Live]:
    """Clusters with what only a call for each tells (node_cidr_mask, endpoints)."""
    found = (detail(cloud, dig(row, "cluster_id", str)) for row in rows)
    return [live(cloud, row) for row in found if row is not None]


def live(cloud: Cloud, row: Row) -> Live:
    """A row of DescribeClusterDetail in the shape of the schema; of a failed one with the reason, which its tasks tell.

    One that ran, and in which an upgrade or another change has failed, is not one to make again: it holds what runs in it.
    """
    item = read(row)
    if item.state != "failed" or row.get("state") == "deleting":
        return item
    task = tasks.last_failed(cloud, item.id)
    item = read(row, reason=tasks.said(task))
    ran = row.get("state") == "failed" and task and task.get("task_type") not in MAKING
    return replace(item, state="ready") if ran else item


def read(row: Row, *, reason: str = "") -> Live:
    """A row of DescribeClusterDetail in the shape of the schema."""
    state = dig(row, "state", str)
    urls = endpoints(row)
    mask = str(row.get("node_cidr_mask") or "")
    pods = row.get("container_cidr") or row.get("subnet_cidr") or ""
    version = row.get("current_version") or ""
    return marks.live(
        "cluster",
        dig(row, "cluster_id", str),
        spec={
            "provider": "ack",
            "vswitches": list(row.get("vswitch_ids") or ()),
            "security_group": row.get("security_group_id") or None,
            "version": version,
            "spec": row.get("cluster_spec") or "ack.standard",
            "network": {
                # Only Flannel has a range for pods: what `meta_data` says of the plug-in may vanish (containers.md 1.3).
                "plugin": "flannel" if pods else "terway",
                "pod_cidr": pods,
                "service_cidr": row.get("service_cidr") or "",
                "node_cidr_mask": int(mask) if mask.isdecimal() else None,
            },
            "public_api": bool(urls["endpoint"]),
            "deletion_protection": bool(row.get("deletion_protection")),
            "name": row.get("name") or "",
        },
        tags=tags_of(row),
        outputs={**urls, "vpc": row.get("vpc_id") or "", "current_version": version},
        state="ready" if state == RUNNING else "failed" if state in FAILED else "pending",
        reason=f"{state}: {reason}" if reason else state,
        created=row.get("created") or "",
        name=row.get("name") or "",
    )


def settled(cloud: Cloud, id: str) -> Steps:
    """Wait for a cluster that an earlier run has left on its way: it takes no writes before it runs."""
    row = detail(cloud, id)
    if row is not None and row.get("state") != RUNNING:
        yield Wait((id,), kind="cluster")


def endpoints(row: Row) -> dict[str, str]:
    """Where the API server answers, from `master_url`, which is JSON text; empty until it is there."""
    try:
        urls = json.loads(row.get("master_url") or "{}")
    except ValueError:
        urls = {}
    names = {"endpoint": "api_server_endpoint", "intranet_endpoint": "intranet_api_server_endpoint"}
    return {name: str(urls.get(key) or "") if isinstance(urls, Mapping) else "" for name, key in names.items()}


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far these clusters are: one list for all, and a call for each that has come to an end."""
    if not ids:
        return {}
    rows = {str(row["cluster_id"]): row for row in listed(cloud)}
    return {id: _standing(cloud, rows[id]) if id in rows else Readiness("pending", absent=True) for id in ids}


def _standing(cloud: Cloud, row: Row) -> Readiness:
    item = read(row)
    if item.state == "pending" or row.get("state") == "deleting":
        return Readiness(item.state, reason=item.reason)
    more = detail(cloud, item.id)
    if more is None:
        return Readiness("pending", absent=True)
    item = live(cloud, more)
    return Readiness(item.state, outputs=item.known, reason=item.reason)


def is_owned(row: Row, stack: str) -> bool:
    """Whether a row bears the mark of `stack`."""
    return tags_of(row).get(ownership.STACK) == stack


def find(cloud: Cloud, query: Mapping[str, Any]) -> list[Live]:
    """What `id`, `name` and `tags` mean."""
    if "id" in query:
        row = detail(cloud, query["id"])
        return [live(cloud, row)] if row else []
    wanted: Mapping[str, str] = query.get("tags") or {}
    rows = [row for row in listed(cloud) if row.get("name") == query.get("name", row.get("name"))]
    return whole(cloud, [row for row in rows if wanted.items() <= tags_of(row).items()])


def write_tags(cloud: Cloud, id: str, change: Update) -> None:
    """Set and unset the tags of `change`: 20 a call (containers.md 1.3)."""
    base = {"region_id": cloud.region, "resource_ids": [id], "resource_type": "CLUSTER"}
    if change.unset_tags:
        cloud.call("cs", "UntagResources", {**base, "tag_keys": list(change.unset_tags)})
    for keys in marks.batches(sorted(change.set_tags), size=marks.TAGS_A_CALL):
        cloud.call("cs", "TagResources", {**base, "tags": pairs({key: change.set_tags[key] for key in keys})})
