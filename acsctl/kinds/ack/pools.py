"""Node pools as the API tells them, and their fields as it takes them (API DescribeClusterNodePools; sheet containers.md 1.4).

A pool is known within its cluster only, so that its id here is `<cluster>/<pool>`; that of a node on it ends in its machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.cloud import Cloud, dicts, dig, is_absent
from acsctl.errors import CloudError
from acsctl.kinds import marks
from acsctl.kinds.ack import clusters, nodes
from acsctl.model.resource import Live, Spec

Row = Mapping[str, Any]
FAILED = ("failed", "delete_failed", "deleting")
"""States out of which a pool that is wanted is made again."""


def split(id: str) -> tuple[str, str]:
    """Cluster and pool of an id."""
    cluster, pool, *_ = id.split("/")
    return cluster, pool


def listed(cloud: Cloud, cluster: str, *, name: str | None = None) -> list[dict[str, Any]]:
    """The rows of all pools of a cluster: there are no pages. None where the cluster is gone."""
    try:
        answer = cloud.call("cs", "DescribeClusterNodePools", {"ClusterId": cluster, "NodepoolName": name})
    except CloudError as error:
        if not is_absent(error):
            raise
        return []
    return dicts(answer, "nodepools", action="cs.DescribeClusterNodePools")


def id_of(cluster: str, row: Row) -> str:
    """The id of a pool here."""
    return f"{cluster}/{dig(row, 'nodepool_info.nodepool_id', str)}"


def tags_of(row: Row) -> dict[str, str]:
    """The tags that the pool puts on its machines: they are its own mark too."""
    return clusters.tags_of(row.get("scaling_group") or {})


def is_owned(row: Row, stack: str) -> bool:
    """Whether a pool bears the mark of `stack`."""
    return clusters.is_owned(row.get("scaling_group") or {}, stack)


def with_machines(cloud: Cloud, cluster: str, rows: Iterable[Row]) -> list[Live]:
    """Pools with the machines that are attached to them, which further calls tell."""
    return [_with_machines(cloud, read(cluster, row)) for row in rows]


def _with_machines(cloud: Cloud, item: Live) -> Live:
    cluster, pool = split(item.id)
    there = nodes.listed(cloud, cluster, pool=pool)
    return marks.with_spec(item, {"attach": nodes.attached(cloud, there) if there else []})


def read(cluster: str, row: Row) -> Live:
    """A row of DescribeClusterNodePools in the shape of the schema, without its machines."""
    group, config = row.get("scaling_group") or {}, row.get("kubernetes_config") or {}
    state, name = dig(row, "status.state", str), dig(row, "nodepool_info.name", str)
    return marks.live(
        "node_pool",
        id_of(cluster, row),
        spec={
            "cluster": cluster,
            "vswitches": list(group.get("vswitch_ids") or ()),
            "instance_types": list(group.get("instance_types") or ()),
            "size": _size(row),
            "labels": {item["key"]: item.get("value") or "" for item in config.get("labels") or ()},
            "taints": [_taint(item) for item in config.get("taints") or ()],
            "system_disk": {
                "category": group.get("system_disk_category") or None,
                "size": group.get("system_disk_size"),
                "performance_level": group.get("system_disk_performance_level") or None,
            },
            "version": None,
            "image_type": group.get("image_type") or None,
            "image": group.get("image_id") or None,
            "runtime_version": config.get("runtime_version") or None,
            "upgrade": None,
            "drain": None,
            "key_pair": group.get("key_pair") or None,
            "name": name,
        },
        tags=tags_of(row),
        outputs={
            "nodepool_id": dig(row, "nodepool_info.nodepool_id", str),
            "scaling_group_id": group.get("scaling_group_id") or "",
            "security_group": group.get("security_group_id") or "",
            "nodes": (row.get("status") or {}).get("total_nodes") or 0,
        },
        state="ready" if state == "active" else "failed" if state in FAILED else "pending",
        reason=state,
        created=(row.get("nodepool_info") or {}).get("created") or "",
        name=name,
    )


def _size(row: Row) -> Any:
    scaling = row.get("auto_scaling") or {}
    if scaling.get("enable"):
        return {"min": scaling.get("min_instances") or 0, "max": scaling.get("max_instances") or 0}
    return (row.get("scaling_group") or {}).get("desired_size") or 0


def _taint(row: Row) -> dict[str, Any]:
    return {"key": row["key"], "value": row.get("value") or "", "effect": row["effect"]}


def group_body(spec: Spec, *, only: Iterable[str]) -> dict[str, Any]:
    """The part `scaling_group` of a body, for the fields `only`."""
    names = set(only)
    disk: Mapping[str, Any] = spec.get("system_disk") or {}
    fields: dict[str, dict[str, Any]] = {
        "vswitches": {"vswitch_ids": list(spec.get("vswitches") or ())},
        "instance_types": {"instance_types": list(spec.get("instance_types") or ())},
        "system_disk": {
            "system_disk_category": disk.get("category"),
            "system_disk_size": disk.get("size"),
            "system_disk_performance_level": disk.get("performance_level"),
        },
        "image_type": {"image_type": spec.get("image_type")},
        "image": {"image_id": spec.get("image")},
        "key_pair": {"key_pair": spec.get("key_pair")},
    }
    return {key: value for name, part in fields.items() if name in names for key, value in part.items() if value is not None}


def kubernetes_body(spec: Spec, *, labels: Mapping[str, str]) -> dict[str, Any]:
    """The part `kubernetes_config` of a body, for labels and taints."""
    return {"labels": clusters.pairs(labels), "taints": [dict(item) for item in spec.get("taints") or ()]}


def runtime_body(spec: Spec) -> dict[str, Any]:
    """The part `kubernetes_config` of a body, for the container runtime."""
    version = spec.get("runtime_version")
    return {"runtime": "containerd", "runtime_version": version} if version else {}


def scaling_body(size: Any) -> dict[str, Any]:
    """How a pool scales: by itself within bounds, or to a size (containers.md 1.4)."""
    if isinstance(size, Mapping):
        bounds = {"min_instances": size["min"], "max_instances": size["max"]}
        return {"auto_scaling": {"enable": True, **bounds}}
    return {"scaling_group": {"desired_size": size}}
