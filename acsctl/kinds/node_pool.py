"""`node_pool`: alike nodes of a cluster, made by it or attached to it (API CreateClusterNodePool; containers.md 1.4, 1.5).

An attached machine gets the system disk of the pool, and whatever ran on it is gone. It leaves the pool before it is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from acsctl.cloud import Cloud, dig
from acsctl.kinds import marks, targets
from acsctl.kinds.ack import clusters, drain, limits, nodes, pool_rules, pool_writes, pools, rolls, tasks
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.kubeadm import pools as own
from acsctl.kinds.kubeadm import settings
from acsctl.model.address import Address
from acsctl.model.change import Impact
from acsctl.model.foresight import Foresight
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


def _duration(value: Any) -> Any:
    found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    seconds = sum(int(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= DAY:
        raise ValueError("a duration is 10m, 90s, 1h30m or a number of seconds, and at most 24h")
    return float(seconds)


def _surge(value: Any) -> Any:
    part = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if part is None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= NODES_AT_MOST):
        raise ValueError('a number of nodes, such as 2, or a part of them such as "25%"')
    return value


DAY = 86400
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_PERCENT = re.compile(r"(100|[1-9]?\d)%")
Duration = Annotated[Any, AfterValidator(_duration), WithJsonSchema({"type": ["string", "number"], "examples": ["15m"]})]
Surge = Annotated[Any, AfterValidator(_surge), WithJsonSchema({"type": ["integer", "string"], "examples": [1, "25%"]})]
ImageId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-zA-Z0-9_.-]+$")]
RuntimeVersion = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


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


class UpgradeSpec(SpecModel):
    """How nodes are rolled."""

    max_unavailable: int = attr(1, doc="how many nodes are upgraded at the same time", ge=1, le=10)
    surge: Surge = attr(0, doc='how many nodes there are more meanwhile: 2, or a part of them such as "25%"')


class DrainSpec(SpecModel):
    """How what runs on a node is moved before it is taken off, replaced or upgraded."""

    timeout: Duration = attr(drain.TIMEOUT, doc="how long that may take, such as 15m; then it is told what holds it")


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
    version: Literal["cluster", "hold"] = attr(
        "cluster",
        doc="of Kubernetes on its nodes: `cluster` follows the control plane, `hold` leaves them as they are",
        meta=Meta(impact=Impact.ROLLING, compare=rolls.compare),
    )
    image_type: ImageType = attr(
        doc="the operating system of its nodes; a change rolls them", meta=Meta(impact=Impact.ROLLING, lasting=True)
    )
    image: ImageId = attr(
        doc="the image of its nodes, where its type does not say enough; a change rolls them",
        meta=Meta(impact=Impact.ROLLING, lasting=True),
    )
    runtime_version: RuntimeVersion = attr(
        doc="of containerd on its nodes, such as 2.1.6; a change rolls them", meta=Meta(impact=Impact.ROLLING, lasting=True)
    )
    upgrade: UpgradeSpec = attr(doc="how nodes are rolled", meta=Meta(compare=rolls.settings))
    drain: DrainSpec = attr(
        doc="how what runs on nodes is moved before they are taken off, replaced or upgraded", meta=Meta(compare=rolls.settings)
    )
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
        ids=r"c[0-9a-f]{32}/np[0-9a-f]{32}|kubeadm-i-[a-z0-9]+-[0-9a-f]+/node_pool\.[a-z0-9_.-]+",
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
    poll = Poll(first=5, every=4, limit=3600, moving=60)
    prepares = ("size", "attach")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """All pools of our clusters and of those that the file names: a call for each, one more where there are machines."""
        yield from own.listed(cloud, scope)
        for cluster in _clusters(cloud, scope):
            rows = [row for row in pools.listed(cloud, cluster) if pools.is_owned(row, scope.stack)]
            yield from marks.ours("node_pool", scope.stack, pools.with_machines(cloud, cluster, rows))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`; by `name` and `tags` in the pools of a `cluster`, or of our clusters."""
        if "id" in query:
            if settings.is_id(query["id"]):
                return own.find(cloud, query["id"])
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

    def foresee(self, cloud: Cloud, scope: Scope) -> Mapping[Address, Foresight]:
        """Whose nodes are older than their control plane, which only the nodes tell."""
        return rolls.foreseen(cloud, scope)

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: Any) -> Prepared:
        """Whether the quotas have room, and the cloud the machines."""
        if own.is_of(spec, spec_of):
            return own.prepare(spec, cloud.region, spec_of)
        market = limits.of_market(cloud, spec, spec_of)
        return replace(market, findings=(*limits.of_pool(cloud, spec, spec_of), *market.findings))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateClusterNodePool has no ClientToken: a lost one is found by the tags of its scaling group."""
        if settings.is_id(want.spec["cluster"]):
            yield from own.create(cloud, want, token)
            return
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
                "kubernetes_config": {
                    **pools.kubernetes_body(spec, labels=spec.get("labels") or {}),
                    **pools.runtime_body(spec),
                },
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
        if settings.is_id(item.id):
            yield from own.update(cloud, item, change, token)
            return
        if item.state == "pending":
            yield Wait((item.id,))
        attach = change.fields.get("attach")
        if attach and attach.removed:
            cluster, pool = pools.split(item.id)
            yield from nodes.detach(cloud, cluster, pool=pool, ids=attach.removed, timeout=rolls.drain_time(change.spec))
            yield Wait((item.id,), soon=True)
        for body in pool_writes.bodies(cloud, item, change):
            cluster, pool = pools.split(item.id)
            answer = cloud.call("cs", "ModifyClusterNodePool", {"ClusterId": cluster, "NodepoolId": pool, **body})
            yield from pool_writes.to_its_end(item.id, answer)
        if attach and attach.added:
            yield from pool_writes.attach(cloud, item.id, ids=attach.added)
        if change.changes(*rolls.FIELDS):
            yield from rolls.rolled(cloud, item, change)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Attached machines leave first, and stay. A pool whose deletion failed is deleted once more (ack-facts.md 6)."""
        (item,) = lives
        if settings.is_id(item.id):
            yield from own.delete(cloud, item)
            return
        cluster, pool = pools.split(item.id)
        row = next((row for row in pools.listed(cloud, cluster) if pools.id_of(cluster, row) == item.id), None)
        if row is None:
            return
        if pools.read(cluster, row).reason != "deleting":
            there = nodes.listed(cloud, cluster, pool=pool)
            if not nodes.leaves(cloud, cluster):
                yield from drain.drained(cloud, cluster, nodes.names(there), timeout=drain.TIMEOUT)
            if attached := nodes.attached(cloud, there) if there else []:
                yield from nodes.detach(cloud, cluster, pool=pool, ids=attached)
                yield Wait((item.id,), soon=True)
            answer = cloud.call("cs", "DeleteClusterNodepool", {"ClusterId": cluster, "NodepoolId": pool, "force": True})
            yield from tasks.done(answer)
        yield Wait((item.id,), until="gone", soon=True)

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """A list for each cluster, one for each pool whose machines are waited for, and a call for each task."""
        found = tasks.standing(cloud, [id for id in ids if tasks.is_task(id)])
        found |= drain.standing([id for id in ids if drain.is_drain(id)])
        found |= own.standing(cloud, [id for id in ids if settings.is_id(id) and id not in found])
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
        elif named and named.existing and not settings.is_id(str(named.existing.query.get("id"))):
            found += [item.id for item in clusters.find(cloud, named.existing.query)]
    return [id for id in dict.fromkeys(found) if not settings.is_id(id)]


def _mark_of(item: Live) -> Mapping[str, str]:
    return item.mark.tags() if item.mark else {}
