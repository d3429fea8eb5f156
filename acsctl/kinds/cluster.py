"""`cluster`: a managed Kubernetes cluster with Flannel (API CreateCluster, DescribeClusterDetail; sheets containers.md 1, 2),
or with `provider: kubeadm` one on machines of the stack, all of which stands in `kinds/kubeadm/clusters.py`.

A managed one is made without a NAT gateway of its own and without addons that cost. Its Flannel writes one route per node into
the VPC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from acsctl.cloud import Cloud, dig, list_all
from acsctl.errors import AcsctlError
from acsctl.kinds import marks, targets, vswitch
from acsctl.kinds.ack import addressing, checks, clusters, limits, nodes, outside, pools, tasks, upgrade, versions
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.kubeadm import clusters as own
from acsctl.kinds.kubeadm import settings
from acsctl.model.change import Impact
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, SpecOf, attr
from acsctl.model.types import Cidr, Target

STANDARD = "ack.standard"
PRO = "ack.pro.small"
VSWITCHES_AT_MOST = 5
DELETED_TOO = ("SLB", "ALB")
"""What Services and Ingresses of the cluster made, and would cost on without it; logs stay."""


def _plugin(text: str) -> str:
    if text.startswith("terway"):
        raise ValueError("terway is not supported yet: only flannel is")
    if text != "flannel":
        raise ValueError(f"{text!r} is no network plug-in: only flannel is supported")
    return text


Plugin = Annotated[str, AfterValidator(_plugin), WithJsonSchema({"type": "string", "enum": ["flannel"]})]
Version = Annotated[str, StringConstraints(pattern=versions.FORM)]
Tier = Literal["ack.standard", "ack.pro.small", "ack.pro.xlarge", "ack.pro.2xlarge", "ack.pro.4xlarge"]
Mirror = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:/_-]*[A-Za-z0-9_-]$")]
Repository = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.:/_-]*[a-z0-9]$")]
ClusterName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff-]{0,62}$")]


class NetworkSpec(SpecModel):
    """How pods and services get their addresses."""

    plugin: Plugin = attr("flannel", doc="the network plug-in: flannel")
    pod_cidr: Cidr = attr(..., doc="the range of the pods: private, and apart from the VPC's and from other clusters'")
    service_cidr: Cidr = attr("172.19.0.0/20", doc="the range of the services, /16 to /24")
    node_cidr_mask: int = attr(
        26, doc="the size of a node's part of the pods' range, /24 to /28: a /26 is 64 addresses", ge=24, le=28
    )


class ClusterSpec(SpecModel):
    """A Kubernetes cluster."""

    provider: Literal["ack", "kubeadm"] = attr(
        doc="who runs it: ack, the managed one, where none is written; with kubeadm the stack does, on its own machines",
        meta=Meta(immutable=True),
    )
    vswitches: list[Target] = attr(
        doc="where its control plane has its network interfaces: 1 to 5 of one VPC, in several zones if you can",
        meta=Meta(as_set=True, reference=targets.VSWITCH),
        min_length=1,
        max_length=VSWITCHES_AT_MOST,
    )
    security_group: Target = attr(
        doc="the group of its nodes, to which nothing is added; it has to let in the group itself and the pods' range. "
        "Where none is written the cloud makes one",
        meta=Meta(reference=Reference(("security_group",), targets.GROUP_ID)),
    )
    version: Version = attr(
        doc="of Kubernetes, such as 1.36: the newest that begins so; a change upgrades the control plane, one minor at a time",
        meta=Meta(same=versions.same, impact=Impact.ROLLING, lasting=True),
    )
    spec: Tier = attr(doc="its size; from standard to pro there is no way back")
    network: NetworkSpec = attr(..., doc="how pods and services get their addresses", meta=Meta(immutable=True))
    public_api: bool = attr(True, doc="whether its API server has a public address", meta=Meta(immutable=True))
    deletion_protection: bool = attr(doc="whether the cloud refuses to delete it", meta=Meta(reset=False))
    name: ClusterName = attr(doc="its name; `<stack>-<name>` where none is written")
    control_plane: list[Target] = attr(
        doc="with kubeadm: the machine that becomes its control plane, and gets an empty system disk for that",
        meta=Meta(as_set=True, immutable=True, reference=Reference(("instance",), targets.INSTANCE_ID)),
        min_length=1,
    )
    mirror: Mirror = attr(doc=f"with kubeadm: where nodes get their packages; {settings.MIRROR} where none is written")
    images: Repository = attr(doc=f"with kubeadm: where the images of Kubernetes are; {settings.IMAGES} where none is written")


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """The arithmetic of addresses, more nodes than it gives room for, and what only the other provider has."""
    yield from own.faults(spec, others) if own.is_wanted(spec) else _managed_faults(spec)
    yield from addressing.faults(spec, others)
    yield from addressing.too_many(spec, others)


def _managed_faults(spec: Spec) -> Iterable[Fault]:
    if spec.get("vswitches") is None:
        yield Fault((), "a managed cluster needs vswitches")
    for name in own.OWN_ONLY:
        if spec.get(name) is not None:
            yield Fault((name,), f"{name} is for `provider: kubeadm`", at="key")


def forces(live: Live, spec: Spec, spec_of: SpecOf) -> Iterable[str]:
    """A pro cluster is never standard again, and no cluster leaves its VPC."""
    if own.is_wanted(spec):
        return
    if spec.get("spec") == STANDARD and live.spec.get("spec") != STANDARD:
        yield "spec"
    homes = [item["vpc"] for item in map(spec_of, spec.get("vswitches") or ()) if item and isinstance(item.get("vpc"), str)]
    if homes and live.outputs.get("vpc") not in homes:
        yield "vswitches"


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """One write at a time to one cluster: it refuses others while its state is not `running`. And to its own machine."""
    machines = (f"instance:{id}" for id in spec.get("control_plane") or () if isinstance(id, str))
    return (*((f"cluster:{spec['id']}",) if "id" in spec else ()), *machines)


class Cluster(Kind):
    """See the module."""

    schema = Schema(
        kind="cluster",
        model=ClusterSpec,
        doc="a Kubernetes cluster",
        outputs={
            "endpoint": "where its API server answers in public, empty where it has no public address",
            "intranet_endpoint": "where its API server answers in the VPC",
            "vpc": "the id of its VPC",
            "current_version": "its full version",
        },
        ids=targets.CLUSTER_ID,
        stateful=True,
        durations={"create": 300, "update": 130, "delete": 350},
        check=check,
        keys=queues,
        forces=forces,
        takes_over={"control_plane": ("user_data",)},
        wipes="control_plane",
        waits=True,
        clears=("node_pool",),
    )
    settle = 60.0
    token_proven = False
    poll = Poll(first=15, every=5, limit=5400, going=60, moving=60)
    prepares = ("version",)

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """All clusters of the region, 50 a page, and one call for each of ours; one more for those on own machines."""
        yield from own.listed(cloud, scope)
        rows = (row for row in clusters.listed(cloud) if clusters.is_owned(row, scope.stack))
        yield from (_as_wanted(item, scope) for item in marks.ours("cluster", scope.stack, clusters.whole(cloud, rows)))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`."""
        if settings.is_id(str(query.get("id"))):
            return own.find(cloud, query["id"])
        return clusters.find(cloud, query)

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """Which version, and what is in the way of a new one."""
        if own.is_wanted(spec):
            return own.prepare(cloud, spec)
        id, want = spec.get("id"), spec.get("version")
        if id is None:
            found = versions.chosen(cloud, want) if isinstance(want, str) else Prepared()
            return Prepared(found.spec, found.note, (*found.findings, *limits.of_clusters(cloud, spec, spec_of)))
        row = clusters.detail(cloud, id)
        return upgrade.prepared(cloud, row, want) if row and isinstance(want, str) else Prepared()

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateCluster. What its client_token does is not documented: a lost one is found by its tags."""
        if own.is_wanted(want.spec):
            yield from own.create(cloud, want, token)
            return
        network = want.spec["network"]
        (home, *_) = list_all(cloud, vswitch.LISTING, {"RegionId": cloud.region, "VSwitchId": want.spec["vswitches"][0]})
        answer = cloud.call(
            "cs",
            "CreateCluster",
            {
                "name": want.name,
                "region_id": cloud.region,
                "cluster_type": "ManagedKubernetes",
                "profile": "Default",
                "cluster_spec": want.spec.get("spec"),
                "kubernetes_version": want.spec.get("version"),
                "vpcid": dig(home, "VpcId", str),
                "vswitch_ids": list(want.spec["vswitches"]),
                "security_group_id": want.spec.get("security_group"),
                "container_cidr": network["pod_cidr"],
                "service_cidr": network["service_cidr"],
                "node_cidr_mask": str(network["node_cidr_mask"]),
                # Addons that would bring a load balancer or a log project are not asked for: they cost.
                "addons": [{"name": network["plugin"]}, {"name": "nginx-ingress-controller", "disabled": True}],
                "snat_entry": False,
                "endpoint_public_access": want.spec.get("public_api", True),
                "deletion_protection": want.spec.get("deletion_protection"),
                "tags": clusters.pairs(want.all_tags),
                "client_token": token(),
            },
        )
        cluster = dig(answer, "cluster_id", str, action="cs.CreateCluster")
        yield Made((cluster,))
        yield from tasks.done(answer)
        yield Wait((cluster,), soon=True)

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """One change after another, each to its end: the cloud forgets a protection that comes with a size (ack-facts.md 2)."""
        (cluster,) = lives
        if settings.is_id(cluster.id):
            yield from own.update(cloud, cluster, change)
            return
        clusters.write_tags(cloud, cluster.id, change)
        yield from clusters.settled(cloud, cluster.id)
        body: dict[str, Any] = {}
        if change.changes("name"):
            body["cluster_name"] = change.spec["name"]
        if change.changes("vswitches"):
            body["vswitch_ids"] = list(change.spec["vswitches"])
        if change.changes("security_group"):
            body["security_group_id"] = change.spec["security_group"]
        if body:
            yield from _modify(cloud, cluster.id, body)
        if change.changes("spec"):
            yield from _resize(cloud, cluster, change.spec["spec"])
        if change.changes("deletion_protection"):
            yield from _modify(cloud, cluster.id, {"deletion_protection": bool(change.spec.get("deletion_protection"))})
        if change.changes("version"):
            yield from upgrade.brought(cloud, cluster.id, version=change.spec["version"])

    def clear(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """What Services, Ingresses and volumes of whoever's have made; one that failed or is going has no API to say so."""
        (cluster,) = lives
        _refuse_protected(cluster)
        if cluster.state != "failed" and not (settings.is_id(cluster.id) and cluster.state == "pending"):
            yield from outside.cleared(cloud, cluster.id)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """With what its Services and Ingresses made. Attached machines leave it first: they are not its own."""
        (cluster,) = lives
        if settings.is_id(cluster.id):
            yield from own.delete(cloud, cluster)
            return
        _refuse_protected(cluster)
        options = [{"resource_type": name, "delete_mode": "delete"} for name in DELETED_TOO]
        params = {"ClusterId": cluster.id, "delete_options": options, "retain_all_resources": False}
        if not cluster.reason.startswith("deleting"):
            yield from _let_go(cloud, cluster.id)
            marks.gone_is_done(cloud, "cs", "DeleteCluster", params)
        yield Wait((cluster.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """One list, and a call for each task and each cluster that has come to an end. Tasks are told apart by their ids."""
        found = tasks.standing(cloud, [id for id in ids if tasks.is_task(id)])
        found |= checks.standing(cloud, [id for id in ids if checks.is_check(id)])
        found |= outside.standing(cloud, [id for id in ids if outside.is_outside(id)])
        found |= own.standing(cloud, [id for id in ids if settings.is_id(id) and id not in found])
        return {**found, **clusters.standing(cloud, [id for id in ids if id not in found])}


def _as_wanted(item: Live, scope: Scope) -> Live:
    """Before a cluster runs nothing tells whether it has a public address: that is not for a plan to judge."""
    wanted = scope.desired.get(item.address)
    told = item.state == "pending" and item.outputs["intranet_endpoint"]
    if item.state == "ready" or told or wanted is None:
        return item
    return marks.with_spec(item, {"public_api": wanted.spec.get("public_api", True)})


def _refuse_protected(cluster: Live) -> None:
    if cluster.spec.get("deletion_protection"):
        remedy = "Write  deletion_protection: false  and apply that first."
        raise AcsctlError(f"{cluster.id} is protected against deletion", remedy=remedy)


def _let_go(cloud: Cloud, id: str) -> Steps:
    """Take machines of a stack off the pools that somebody else made: what becomes of them otherwise is not documented."""
    for row in pools.listed(cloud, id):
        if not ((row.get("status") or {}).get("total_nodes")):
            continue
        pool = pools.split(pools.id_of(id, row))[1]
        there = nodes.ours(cloud, nodes.listed(cloud, id, pool=pool))
        if there:
            yield from nodes.detach(cloud, id, pool=pool, ids=there)


def _modify(cloud: Cloud, id: str, body: Mapping[str, Any]) -> Steps:
    yield from _to_its_end(id, cloud.call("cs", "ModifyCluster", {"ClusterId": id, **body}))


def _to_its_end(id: str, answer: Mapping[str, Any]) -> Steps:
    yield from tasks.done(answer)
    yield Wait((id,), soon=True)


def _resize(cloud: Cloud, cluster: Live, tier: str) -> Steps:
    """A standard cluster migrates to pro; among the pro sizes it is a change like any other (containers.md 1.3)."""
    have = cluster.spec["spec"]
    if have == STANDARD:
        body = {"type": "ManagedKubernetes", "spec": PRO}
        yield from _to_its_end(cluster.id, cloud.call("cs", "MigrateCluster", {"cluster_id": cluster.id, **body}))
        have = PRO
    if have != tier:
        yield from _modify(cloud, cluster.id, {"cluster_spec": tier})
