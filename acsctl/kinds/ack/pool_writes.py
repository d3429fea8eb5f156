"""How a node pool is written to (API ModifyClusterNodePool, AttachInstancesToNodePool; sheet containers.md 1.4, 1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, dig
from acsctl.kinds import marks
from acsctl.kinds.ack import clusters, nodes, pools, tasks
from acsctl.kinds.contract import Steps, Update, Wait
from acsctl.kinds.ecs import rows as machines
from acsctl.model.resource import Live, Spec

ATTACHES_A_CALL = 100


def with_machines(cloud: Cloud, spec: Spec) -> dict[str, Any]:
    """With what a pool has to say of new nodes, as the machines are that are attached to it: it makes none."""
    ids: Sequence[str] = spec.get("attach") or ()
    if not ids or (spec.get("vswitches") and spec.get("instance_types")):
        return dict(spec)
    rows = machines.instances(cloud, ids)
    vswitches = dict.fromkeys(dig(row, "VpcAttributes.VSwitchId", str) for row in rows)
    types = dict.fromkeys(dig(row, "InstanceType", str) for row in rows)
    return {"vswitches": list(vswitches)[:8], "instance_types": list(types)[:10], **spec}


def to_its_end(id: str, answer: Mapping[str, Any]) -> Steps:
    yield from tasks.done(answer)
    yield Wait((id,), soon=True)


def attach(cloud: Cloud, id: str, *, ids: Sequence[str]) -> Steps:
    """Those that are no nodes yet; then all have to be Ready. The task tells which ones failed."""
    if not ids:
        return
    cluster, pool = pools.split(id)
    there = {row["instance_id"] for row in nodes.listed(cloud, cluster, pool=pool) if row.get("state") != "failed"}
    for batch in marks.batches([item for item in ids if item not in there], size=ATTACHES_A_CALL):
        params = {"ClusterId": cluster, "NodepoolId": pool, "keep_instance_name": True, "format_disk": False}
        yield from tasks.done(cloud.call("cs", "AttachInstancesToNodePool", {**params, "instances": batch}))
    yield Wait(tuple(f"{id}/{item}" for item in ids), soon=True)


def bodies(cloud: Cloud, item: Live, change: Update) -> Iterator[dict[str, Any]]:
    """The calls that a change needs, as their bodies: a pool that scales by itself takes no size in the same call."""
    body: dict[str, Any] = {}
    group = pools.group_body(change.spec, only=change.fields)
    if change.set_tags or change.unset_tags:
        group["tags"] = clusters.pairs(_tags(cloud, item, change))
    if change.changes("name"):
        body["nodepool_info"] = {"name": change.spec["name"]}
    if change.changes("labels", "taints"):
        body["kubernetes_config"] = pools.kubernetes_body(change.spec, labels=_labels(item, change))
        body["update_nodes"] = True
    if change.changes("runtime_version"):
        body["kubernetes_config"] = {**body.get("kubernetes_config", {}), **pools.runtime_body(change.spec)}
    size = change.spec.get("size") or 0
    sized = pools.scaling_body(size) if change.changes("size") else {}
    if isinstance(item.spec.get("size"), Mapping) and "scaling_group" in sized:
        yield {"auto_scaling": {"enable": False}}
    body |= {name: part for name, part in sized.items() if name != "scaling_group"}
    group |= sized.get("scaling_group", {})
    if group:
        body["scaling_group"] = group
    if body:
        yield body


def _tags(cloud: Cloud, item: Live, change: Update) -> dict[str, str]:
    """The tags are given as a whole: others' stay."""
    cluster, _ = pools.split(item.id)
    rows = [row for row in pools.listed(cloud, cluster) if pools.id_of(cluster, row) == item.id]
    have = {tag["key"]: tag.get("value", "") for row in rows for tag in row["scaling_group"].get("tags") or ()}
    return {**{key: value for key, value in have.items() if key not in change.unset_tags}, **change.set_tags}


def _labels(item: Live, change: Update) -> dict[str, str]:
    """Labels are given as a whole: those that others set stay."""
    have: Mapping[str, str] = item.spec.get("labels") or {}
    dropped = {path.removeprefix("labels.") for path, field in change.fields.items() if field.after is None}
    return {**{key: value for key, value in have.items() if key not in dropped}, **(change.spec.get("labels") or {})}
