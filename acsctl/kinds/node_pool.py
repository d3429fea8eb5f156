"""`node_pool`: alike nodes of a cluster, made by it or attached to it (API CreateClusterNodePool; containers.md 1.4, 1.5).

An attached machine gets the system disk of the pool, and whatever ran on it is gone. It leaves the pool before it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from acsctl.cloud import Cloud, dig
from acsctl.kinds import marks, targets
from acsctl.kinds.ack import clusters, limits, nodes, pool_rules, pool_writes, pools, tasks
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.types import Target
from acsctl.model.unknown import Ref

NODES_AT_MOST = 5000
TAKEN_OVER = ("image", "user_data", "system_disk", "key_pair")
"""What the pool replaces on a machine that it attaches."""


def _bounds(value: Any) -> Any:
    if isinstance(value, Mapping):
        least, most = value.get("min"), value.get("max")
        whole = set(value) == {"min", "max"}
        if not (whole and isinstance(least, int) and isinstance(most, int) and 0 <= least <= most <= NODES_AT_MOST):
            raise ValueError("a pool that scales by itself has {min: 1, max: 5}, min not above max")
        return dict(value)
    if type(value) is not int or not 0 <= value <= NODES_AT_MOST:
        raise ValueError("a size is a number of nodes, such as 3, or {min: 1, max: 5}")
    return value


_BOUND = {"type": "integer", "minimum": 0}
Size = Annotated[
    Any,
    AfterValidator(_bounds),
    WithJsonSchema(
        {
            "anyOf": [
                _BOUND,
                {"type": "object", "required": ["min", "max"], "properties": {"min": _BOUND, "max": _BOUND}},
            ]
        }
    ),
]
TypeName = Annotated[str, StringConstraints(pattern=r"^ecs\.[a-z0-9.-]+$")]
PoolName = Annotated[str, StringConstraints(min_length=1, max_length=63)]
Category = Literal["cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_ssd", "cloud_efficiency"]
ImageType = Literal[
    "AliyunLinux3", "AliyunLinux3Arm64", "AliyunLinux3Security", "AliyunLinux3ContainerOptimized", "ContainerOS"
]


class TaintSpec(SpecModel):
    """What keeps pods off the nodes."""

    key: str = attr(..., doc="its key")
    value: str = attr("", doc="its value")
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = attr(..., doc="what it does")


class DiskSpec(SpecModel):
    """The system disk of new nodes."""

    category: Category = attr(doc="its sort")
    size: int = attr(doc="GiB", ge=20, le=2048)
    performance_level: Literal["PL0", "PL1", "PL2", "PL3"] = attr(doc="of cloud_essd: PL0 to PL3")


class NodePoolSpec(SpecModel):
    """Alike nodes of a cluster. What they are made of counts for new ones; labels and taints reach those that are there."""

    cluster: Target = attr(..., doc="its cluster", meta=Meta(immutable=True, reference=targets.CLUSTER))
    vswitches: list[Target] = attr(
        doc="where new nodes stand; those of the machines where machines are attached",
        meta=Meta(as_set=True, reference=targets.VSWITCH),
        min_length=1,
        max_length=8,
    )
    instance_types: list[TypeName] = attr(
        doc="what new nodes are, in the order of preference; those of the machines where machines are attached",
        min_length=1,
        max_length=10,
    )
    size: Size = attr(doc="how many nodes it makes: 3, or {min: 1, max: 5} to scale by itself", meta=Meta(reset=0))
    attach: list[Target] = attr(
        doc="machines that become its nodes instead: an instance or a fleet. Their system disks are replaced",
        meta=Meta(as_set=True, reset=[], reference=Reference(("instance",), targets.INSTANCE_ID, detachable=True)),
    )
    labels: dict[str, str] = attr(doc="labels of its nodes", meta=Meta(reset={}))
    taints: list[TaintSpec] = attr(doc="taints of its nodes", meta=Meta(as_set=True, reset=[]))
    system_disk: DiskSpec = attr(doc="the system disk of new nodes")
    image_type: ImageType = attr(doc="the operating system of new nodes")
    key_pair: Target = attr(
        doc="the SSH key that new nodes let in", meta=Meta(reference=Reference(("key_pair",), "", detachable=True))
    )
    name: PoolName = attr(doc="its name; `<stack>-<name>` where none is written")


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """One write at a time to a cluster and its pools: a cluster that scales takes no other."""
    return (f"cluster:{spec['cluster']}",)


class NodePool(Kind):
    """See the module."""

    schema = Schema(
        kind="node_pool",
        model=NodePoolSpec,
        doc="alike nodes of a cluster",
        outputs={
            "nodepool_id": "its id in Container Service",
            "scaling_group_id": "the id of its scaling group",
            "security_group": "the id of its nodes' security group",
            "nodes": "how many nodes it has",
        },
        ids=rf"{targets.CLUSTER_ID}/np[0-9a-f]{{32}}",
        durations={"create": 150, "update": 90, "delete": 90},
        check=pool_rules.check,
        normalise=pool_rules.normalise,
        keys=queues,
        takes_over={"attach": TAKEN_OVER},
        waits=True,
        wipes="attach",
    )
    settle = 60.0
    token_proven = False
    poll = Poll(first=10, every=4, limit=3600)
    prepares = ("size", "attach")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """All pools of our clusters and of those that the file names: a call for each, one more where there are machines."""
        for cluster in _clusters(cloud, scope):
            rows = [row for row in pools.listed(cloud, cluster) if pools.is_owned(row, scope.stack)]
            yield from marks.ours("node_pool", scope.stack, pools.with_machines(cloud, cluster, rows))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`; by `name` and `tags` in the pools of a `cluster`, or of our clusters."""
        if "id" in query:
            cluster, _ = pools.split(query["id"])
            rows = [row for row in pools.listed(cloud, cluster) if pools.id_of(cluster, row) == query["id"]]
            return pools.with_machines(cloud, cluster, rows)
        wanted: Mapping[str, str] = query.get("tags") or {}
        homes = [query["cluster"]] if "cluster" in query else _clusters(cloud, scope)
        return [
            item
            for cluster in homes
            for item in pools.with_machines(cloud, cluster, pools.listed(cloud, cluster, name=query.get("name")))
            if item.name == query.get("name", item.name) and wanted.items() <= {**item.tags, **_mark_of(item)}.items()
        ]

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: Any) -> Prepared:
        """Whether the quotas have room, and the cloud the machines."""
        market = limits.of_market(cloud, spec, spec_of)
        return replace(market, findings=(*limits.of_pool(cloud, spec, spec_of), *market.findings))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateClusterNodePool has no ClientToken: a lost one is found by the tags of its scaling group."""
        cluster, spec = want.spec["cluster"], pool_writes.with_machines(cloud, want.spec)
        sized = pools.scaling_body(spec.get("size") or 0)
        group = {**pools.group_body(spec, only=spec), **sized.get("scaling_group", {})}
        scaling = {"auto_scaling": {**sized["auto_scaling"], "type": "cpu"}} if "auto_scaling" in sized else {}
        yield from clusters.settled(cloud, cluster)
        answer = cloud.call(
            "cs",
            "CreateClusterNodePool",
            {
                "ClusterId": cluster,
                "nodepool_info": {"name": want.name, "type": "ess"},
                "scaling_group": {
                    **group,
                    "instance_charge_type": "PostPaid",
                    "multi_az_policy": "BALANCE",
                    "tags": clusters.pairs(want.all_tags),
                },
                "kubernetes_config": pools.kubernetes_body(spec, labels=spec.get("labels") or {}),
                **scaling,
            },
        )
        pool = f"{cluster}/{dig(answer, 'nodepool_id', str, action='cs.CreateClusterNodePool')}"
        yield Made((pool,))
        yield from pool_writes.to_its_end(pool, answer)
        yield from pool_writes.attach(cloud, pool, ids=spec.get("attach") or ())

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Machines leave first and come last, so that a pool never makes up for one that left."""
        (item,) = lives
        if item.state == "pending":
            yield Wait((item.id,))
        attach = change.fields.get("attach")
        if attach and attach.removed:
            cluster, pool = pools.split(item.id)
            yield from nodes.detach(cloud, cluster, pool=pool, ids=attach.removed)
            yield Wait((item.id,))
        for body in pool_writes.bodies(cloud, item, change):
            cluster, pool = pools.split(item.id)
            answer = cloud.call("cs", "ModifyClusterNodePool", {"ClusterId": cluster, "NodepoolId": pool, **body})
            yield from pool_writes.to_its_end(item.id, answer)
        if attach and attach.added:
            yield from pool_writes.attach(cloud, item.id, ids=attach.added)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Attached machines leave first, and stay. A pool whose deletion failed is deleted once more (ack-facts.md 6)."""
        (item,) = lives
        cluster, pool = pools.split(item.id)
        row = next((row for row in pools.listed(cloud, cluster) if pools.id_of(cluster, row) == item.id), None)
        if row is None:
            return
        if pools.read(cluster, row).reason != "deleting":
            there = nodes.listed(cloud, cluster, pool=pool)
            if attached := nodes.attached(cloud, there) if there else []:
                yield from nodes.detach(cloud, cluster, pool=pool, ids=attached)
                yield Wait((item.id,))
            answer = cloud.call("cs", "DeleteClusterNodepool", {"ClusterId": cluster, "NodepoolId": pool, "force": True})
            yield from tasks.done(answer)
        yield Wait((item.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """A list for each cluster, one for each pool whose machines are waited for, and a call for each task."""
        found = tasks.standing(cloud, [id for id in ids if tasks.is_task(id)])
        rest = [id for id in ids if id not in found]
        for cluster in dict.fromkeys(pools.split(id)[0] for id in rest):
            lives = {pools.id_of(cluster, row): pools.read(cluster, row) for row in pools.listed(cloud, cluster)}
            found |= marks.readiness([id for id in rest if id.count("/") == 1 and id.startswith(f"{cluster}/")], lives)
        for home in dict.fromkeys(id.rpartition("/")[0] for id in rest if id.count("/") == 2):
            cluster, pool = pools.split(home)
            mine = [id.rpartition("/")[2] for id in rest if id.startswith(f"{home}/")]
            found |= {f"{home}/{id}": at for id, at in nodes.standing(cloud, cluster, pool=pool, ids=mine).items()}
        return found


def _clusters(cloud: Cloud, scope: Scope) -> list[str]:
    """Where pools of ours may be: in our clusters, and in those that the file names otherwise."""
    found = [item.id for item in scope.live.get("cluster", ())]
    for desired in scope.desired.values():
        owner = desired.spec.get("cluster") if desired.address.kind == "node_pool" else None
        named = scope.desired.get(owner.address) if isinstance(owner, Ref) else None
        if isinstance(owner, str):
            found.append(owner)
        elif named and named.existing:
            found += [item.id for item in clusters.find(cloud, named.existing.query)]
    return list(dict.fromkeys(found))


def _mark_of(item: Live) -> Mapping[str, str]:
    return item.mark.tags() if item.mark else {}
