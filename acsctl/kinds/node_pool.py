"""`node_pool`: alike nodes of a cluster, made by it or attached to it (API CreateClusterNodePool; containers.md 1.4, 1.5).

An attached machine gets the system disk of the pool, and whatever ran on it is gone. It leaves the pool before it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from acsctl.cloud import Cloud, dig
from acsctl.kinds import marks, ranges, targets
from acsctl.kinds.ack import addressing, clusters, limits, nodes, pools, tasks
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.ecs import rows as machines
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, attr
from acsctl.model.types import Target
from acsctl.model.unknown import Ref

ATTACHES_A_CALL = 100
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


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Either it makes its nodes or machines are attached; what it makes nodes of has to be said."""
    sized, attaches = spec.get("size") is not None, spec.get("attach") is not None
    if sized and attaches:
        yield Fault(("attach",), "a pool makes its nodes or has machines attached, not both", at="key", hint="leave out size")
    if not sized and not attaches:
        yield Fault((), "a pool needs a size, or machines to attach", hint="write  size: 3  or  attach: <an instance>")
    for name in ("vswitches", "instance_types"):
        if sized and not attaches and spec.get(name) is None:
            yield Fault((), f"a pool that makes its nodes needs {name}")
    yield from _check_attached(spec, others)
    seen: list[Any] = []
    for place, item in enumerate(spec.get("taints") or ()):
        named = (item.get("key"), item.get("effect")) if isinstance(item, Mapping) else None
        if named in seen:
            yield Fault(("taints", place), f"there is a taint {named[0] if named else ''} with this effect already")
        seen.append(named)


def _check_attached(spec: Spec, others: Others) -> Iterable[Fault]:
    """Machines that run, and one at least where they are to say what the pool does not."""
    written = spec.get("attach")
    if not isinstance(written, (list, tuple)) or spec.get("size") is not None:
        return
    for place, item in enumerate(written):
        fleet = ranges.target(item, others)
        if fleet and fleet.spec.get("running") is False:
            yield Fault(("attach", place), f"{item} does not run, and only what runs becomes a node")
        owner = next((pool for pool, taken in _attached_before(spec, others) if _shared(item, taken)), None)
        if owner:
            yield Fault(("attach", place), f"{item} is attached to {owner} already")
    if all(ranges.target(item, others) for item in written) and not addressing.nodes(spec, others):
        for name in ("vswitches", "instance_types"):
            if spec.get(name) is None:
                yield Fault((), f"a pool without machines to attach needs {name}")


def _attached_before(spec: Spec, others: Others) -> Iterable[tuple[Any, Any]]:
    """What the pools that stand before this one in the file attach."""
    for pool in ranges.before(spec, others, kind="node_pool"):
        yield from ((pool.address, item) for item in pool.spec.get("attach") or ())


def _shared(one: Any, other: Any) -> bool:
    """Whether two entries name a machine in common."""
    if not (isinstance(one, Ref) and isinstance(other, Ref)):
        return bool(one == other)
    numbers = {one.address.number, other.address.number}
    return one.address.whole == other.address.whole and (None in numbers or len(numbers) == 1)


def normalise(spec: Spec) -> Spec:
    """Taints with their default, as live ones have it."""
    if not isinstance(taints := spec.get("taints"), (list, tuple)):
        return spec
    return {**spec, "taints": [{"value": "", **item} if isinstance(item, Mapping) else item for item in taints]}


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
        check=check,
        normalise=normalise,
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
        cluster, spec = want.spec["cluster"], _with_machines(cloud, want.spec)
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
        yield from _to_its_end(pool, answer)
        yield from _attach(cloud, pool, ids=spec.get("attach") or ())

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
        for body in _bodies(cloud, item, change):
            cluster, pool = pools.split(item.id)
            answer = cloud.call("cs", "ModifyClusterNodePool", {"ClusterId": cluster, "NodepoolId": pool, **body})
            yield from _to_its_end(item.id, answer)
        if attach and attach.added:
            yield from _attach(cloud, item.id, ids=attach.added)

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


def _with_machines(cloud: Cloud, spec: Spec) -> dict[str, Any]:
    """With what a pool has to say of new nodes, as the machines are that are attached to it: it makes none."""
    ids: Sequence[str] = spec.get("attach") or ()
    if not ids or (spec.get("vswitches") and spec.get("instance_types")):
        return dict(spec)
    rows = machines.instances(cloud, ids)
    vswitches = dict.fromkeys(dig(row, "VpcAttributes.VSwitchId", str) for row in rows)
    types = dict.fromkeys(dig(row, "InstanceType", str) for row in rows)
    return {"vswitches": list(vswitches)[:8], "instance_types": list(types)[:10], **spec}


def _to_its_end(id: str, answer: Mapping[str, Any]) -> Steps:
    yield from tasks.done(answer)
    yield Wait((id,))


def _attach(cloud: Cloud, id: str, *, ids: Sequence[str]) -> Steps:
    """Those that are no nodes yet; then all have to be Ready. The task tells which ones failed."""
    if not ids:
        return
    cluster, pool = pools.split(id)
    there = {row["instance_id"] for row in nodes.listed(cloud, cluster, pool=pool) if row.get("state") != "failed"}
    for batch in marks.batches([item for item in ids if item not in there], size=ATTACHES_A_CALL):
        params = {"ClusterId": cluster, "NodepoolId": pool, "keep_instance_name": True, "format_disk": False}
        yield from tasks.done(cloud.call("cs", "AttachInstancesToNodePool", {**params, "instances": batch}))
    yield Wait(tuple(f"{id}/{item}" for item in ids))


def _bodies(cloud: Cloud, item: Live, change: Update) -> Iterator[dict[str, Any]]:
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
