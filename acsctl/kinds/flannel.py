"""`flannel`: the pod network of a cluster (API ListClusterAddonInstances, UpgradeClusterAddons; sheets containers.md 1.6, 2).

On ACK it is an addon that comes with the cluster and goes with it, since a cluster cannot be without its network: what is
wanted here is its version and configuration, and that every node takes part. It can carry no mark and belongs to its cluster.
How it is installed stands in `kinds/ack/addon.py`, what a ready overlay is in `kinds/ack/overlay.py`. In a cluster with
`provider: kubeadm` it is made of objects, all of which stands in `kinds/kubeadm/overlay.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud
from acsctl.kinds import ranges, targets
from acsctl.kinds.ack import addon, limits, overlay, sight, tasks
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.kubeadm import clusters as own_clusters
from acsctl.kinds.kubeadm import flannel_objects as objects
from acsctl.kinds.kubeadm import overlay as own
from acsctl.kinds.kubeadm import settings
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired, Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Schema, SpecModel, SpecOf, attr
from acsctl.model.types import Target
from acsctl.model.unknown import Ref

SUFFIX = "/flannel"


def same_config(want: Any, have: Any) -> bool:
    """Whether every key that the file has is so in the live configuration: the server adds defaults (containers.md 1.6)."""
    return all((have or {}).get(name) == value for name, value in (want or {}).items())


def same_ready(want: Any, have: Any) -> bool:
    """False does not look: then nothing of it differs."""
    return want is False or want == have


class FlannelSpec(SpecModel):
    """The pod network of a cluster."""

    cluster: Target = attr(..., doc="the cluster that it belongs to", meta=Meta(immutable=True, reference=targets.CLUSTER))
    version: str = attr(
        doc="its version, such as v0.28.0.6; where none is written the one that came with the cluster, with kubeadm "
        f"{objects.VERSION}",
        min_length=1,
    )
    config: dict[str, Any] = attr(
        doc="its configuration, compared key by key: as the addon's schema has it, with kubeadm as net-conf.json has it "
        "(Backend, EnableNFTables), and images, plugin",
        meta=Meta(same=same_config),
    )
    ready: bool = attr(
        True,
        doc="whether every node has to have its pod range, its route entry and a ready flannel pod; false does not look",
        meta=Meta(same=same_ready),
    )


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """One overlay for each cluster, which has to be a Flannel one."""
    owner = ranges.target(spec.get("cluster"), others)
    if owner and own_clusters.is_wanted(owner.spec):
        yield from objects.faults(spec.get("config"))
    cluster = spec.get("cluster")
    twins = [item for item in others.values() if item.address.kind == "flannel" and not item.absent]
    if isinstance(cluster, Ref) and [item.spec.get("cluster") for item in twins].count(cluster) > 1:
        first = next(item for item in twins if item.spec.get("cluster") == cluster)
        if first.spec is not spec:
            yield Fault(("cluster",), f"{cluster} has its overlay in {first.address} already")


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """Calls for addons of one cluster are not concurrent (containers.md 1.6)."""
    return (f"addons:{spec['cluster']}",)


class Flannel(Kind):
    """See the module."""

    schema = Schema(
        kind="flannel",
        model=FlannelSpec,
        doc="the pod network of a cluster",
        outputs={"nodes": "how many nodes it spans", "addon_version": "the version that runs"},
        ids=rf"{targets.CLUSTER_ID}/flannel",
        durations={"create": 20, "update": 60, "delete": 1},
        check=check,
        keys=queues,
        untagged=True,
    )
    settle = 0.0
    token_proven = False
    # What a garbage collector takes away goes in the wall's time, as with workloads.
    poll = Poll(first=2, every=5, limit=1800, going=60)
    prepares = ("config",)

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """That of each live cluster for which the file wants one; made of objects, those too that it wants no more."""
        running = {item.id: item for item in scope.live.get("cluster", ()) if item.state == "ready"}
        for desired in scope.desired.values():
            if desired.address.kind == "flannel" and not desired.existing:
                # Resolved, since a cluster that is renamed still bears its old address.
                cluster = running.get(str((scope.wanted(desired.address) or desired.spec).get("cluster")))
                look = own.listed if cluster and settings.is_id(cluster.id) else _seen
                yield from look(cloud, scope, desired, cluster) if cluster else ()
                running.pop(cluster.id if cluster else "", None)
        for cluster in running.values():
            yield from own.left(cloud, scope, cluster) if settings.is_id(cluster.id) else ()

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """Nothing: it is no thing of its own that could be taken over or be left behind."""
        return ()

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """For how many nodes there is room."""
        cluster = spec_of(spec["cluster"]) or {}
        if own_clusters.is_wanted(cluster):
            return own.prepare(cloud, spec, cluster)
        quota = limits.quotas(cloud)("node_quota")
        routes, _ = limits.route_quota(cloud)
        note = overlay.arithmetic(cluster.get("network") or {}, route_quota=routes, node_quota=quota)
        return Prepared(note=note)

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """The addon is there already, as a rule: a cluster is made with its network."""
        cluster = want.spec["cluster"]
        if settings.is_id(cluster):
            yield from own.create(cloud, want)
            return
        yield from addon.bring(cloud, cluster, version=want.spec.get("version"), config=want.spec.get("config"))
        yield Made((cluster + SUFFIX,))
        if want.spec.get("ready", True):
            yield Wait((cluster + SUFFIX,), soon=True)

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Version and configuration in one call; what is not ready is waited for."""
        (live,) = lives
        if settings.is_id(live.id):
            yield from own.update(cloud, live, change)
            return
        if change.changes("version", "config"):
            version, config = change.spec.get("version"), change.spec.get("config")
            yield from addon.bring(cloud, live.spec["cluster"], version=version, config=config)
        if change.spec.get("ready", True):
            yield Wait((live.id,), soon=True)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """It goes with its cluster: a network addon cannot be uninstalled (ack-facts.md 3). Objects can."""
        for live in lives:
            yield from own.delete(cloud, live) if settings.is_id(live.id) else ()

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """Looks into each cluster; of a task asks for how far it is."""
        waiting = [id for id in ids if tasks.is_task(id)]
        mine = [id for id in ids if settings.is_id(id)]
        here = {id: _standing(cloud, id.removesuffix(SUFFIX)) for id in ids if id not in (*waiting, *mine)}
        return {**here, **own.standing(cloud, mine), **tasks.standing(cloud, waiting)}


def _seen(cloud: Cloud, scope: Scope, desired: Desired, cluster: Live) -> Iterator[Live]:
    found = addon.read(cloud, cluster.id, whole=bool(desired.spec.get("config")))
    if found is None:
        return
    looks = desired.spec.get("ready") is not False
    home = next((item for item in scope.live.get("vpc", ()) if item.id == cluster.outputs.get("vpc")), None)
    table = str(home.outputs.get("route_table_id") or "") if home else ""
    seen = sight.look(cloud, cluster.id, table=table) if looks else None
    summary = seen.summary if seen else ""
    yield Live(
        desired.address,
        cluster.id + SUFFIX,
        spec={"cluster": cluster.id, "version": found.version, "config": found.config, "ready": summary or True},
        outputs={"addon_version": found.version, "nodes": len(seen.nodes) if seen else None},
        mark=Mark(scope.stack, desired.address, protect=desired.protect, retain=desired.retain),
        state="ready" if found.active else "pending",
        reason=found.state,
        name=found.name,
    )


def _standing(cloud: Cloud, cluster: str) -> Readiness:
    found = addon.read(cloud, cluster)
    if found is None:
        return Readiness("pending", reason="the addon is not installed", absent=True)
    if not found.active:
        return Readiness("pending", reason=found.state)
    seen = sight.look(cloud, cluster)
    outputs = {"id": cluster + SUFFIX, "cluster": cluster, "addon_version": found.version, "nodes": len(seen.nodes)}
    return Readiness("pending" if seen.summary else "ready", outputs=outputs, reason=seen.summary)
