"""`workload`: Kubernetes objects in a cluster, from manifests, a template, a kustomization or a chart (containers.md 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, is_absent
from acsctl.errors import CloudError
from acsctl.kinds import targets
from acsctl.kinds.ack import versions
from acsctl.kinds.contract import Kind, Poll, Readiness, Scope, Steps, Token, Update, Want
from acsctl.kinds.objects import ahead, compare, door, progress, seen, wanted, write
from acsctl.kinds.objects.compare import Outlook
from acsctl.kube.applyset import Joining
from acsctl.kube.forecast import Verdict, forecast
from acsctl.kube.inventory import Inventory, Member, member_of
from acsctl.kube.manifest import Key
from acsctl.model import ownership
from acsctl.model.address import Address
from acsctl.model.change import FieldChange
from acsctl.model.foresight import Foresight
from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Files, Meta, Schema, SpecModel, attr
from acsctl.model.types import Target
from acsctl.model.unknown import UNKNOWN

WITHOUT_API = frozenset({"initial", "failed", "deleting", "deleted", "delete_failed", "unavailable", "inactive"})
TEMPLATE = ".yaml.j2"
CLUSTER_FIELD = Meta(immutable=True, reference=targets.CLUSTER)


class ChartSpec(SpecModel):
    """A Helm chart: one of yours by its `path`, or one of a `repo`."""

    path: str = attr(doc="the folder or the archive of a chart", meta=Meta(files=Files(folder=True)))
    repo: str = attr(
        doc="where charts are loaded from, such as https://charts.example.com or oci://registry.example.com/charts",
        meta=Meta(files=Files(url=True)),
    )
    name: str = attr(doc="the chart's name in the `repo`", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    version: str = attr(doc="the chart's version in the `repo`", pattern=r"^v?[0-9][A-Za-z0-9.+-]*$")
    release: str = attr(
        doc="the release that the chart is told; the workload's name where none is written",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        max_length=53,
    )
    values: dict[str, Any] = attr(doc="its values")
    kube_version: str = attr(
        doc="the Kubernetes version that the chart is told, such as 1.35; what helm says by itself where none is written",
        pattern=r"^\d+\.\d+(\.\d+)?$",
    )


class WorkloadSpec(SpecModel):
    """Kubernetes objects in a cluster."""

    cluster: Target = attr(..., doc="the cluster that they are in", meta=CLUSTER_FIELD)
    namespace: str = attr(
        "default",
        doc="the namespace of objects that name none",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        max_length=63,
    )
    manifests: list[str] = attr(
        doc="files with objects, or patterns such as k8s/*.yaml, taken word for word",
        meta=Meta(files=Files(globs=True), compare=compare.compare),
        min_length=1,
    )
    template: str = attr(
        doc="a shipped template's name, or the path of a file, rendered with `values`", meta=Meta(files=Files(shipped=TEMPLATE))
    )
    values: dict[str, Any] = attr(doc="what the template is rendered with")
    kustomize: str = attr(
        doc="a folder with a kustomization.yaml, built by kustomize or kubectl", meta=Meta(files=Files(folder=True))
    )
    chart: ChartSpec = attr(doc="a Helm chart, rendered by helm; its objects are then those of the workload")


class Workload(Kind):
    """See the module."""

    schema = Schema(
        kind="workload",
        model=WorkloadSpec,
        doc="Kubernetes objects in a cluster",
        outputs={
            "load_balancer": "the address of its Service of type LoadBalancer; by Service where there are several",
            "objects": "how many objects it has",
        },
        ids="",
        durations={"create": 30, "update": 20, "delete": 20},
        check=wanted.check,
        normalise=wanted.normalise,
        parts=wanted.parts,
        part="object",
        trims="cluster",
    )
    settle = 60.0
    token_proven = False
    # A garbage collector learns of a custom resource's kind every 30 s, and only then lets an object of it go.
    poll = Poll(first=1, every=2, going=60)

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """By inventory and label: in each cluster one list of inventories and one of each kind of object."""
        specs = _specs(scope)
        for cluster in _clusters(scope, specs.values()):
            mine = [spec for spec in specs.values() if spec.get("cluster") == cluster]
            try:
                yield from seen.workloads(door.opened(cloud, cluster), cluster, stack=scope.stack)
            except door.SILENT:
                # Where nothing is wanted nothing need be: what the record knows to be there is asked for by id.
                if mine and not door.gone(cloud, cluster):
                    raise
            except CloudError as error:
                if not _closed(error):
                    raise

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`: cluster, stack and address."""
        try:
            id = door.parse(str(query.get("id")))
            kube = door.opened(cloud, id.cluster)
        except ValueError:
            return
        except CloudError as error:
            if not is_absent(error):
                raise
            return
        yield from (live for live in seen.workloads(kube, id.cluster, stack=id.stack) if live.id == str(id))

    def foresee(self, cloud: Cloud, scope: Scope) -> Mapping[Address, Foresight]:
        """One dry run of each object whose cluster is there; of others, whether they have the form that it will want."""
        written = _written(scope)
        specs = {address: wanted.normalise(spec) for address, spec in written.items()}
        lives: dict[str, list[Live]] = {}
        for live in scope.live.get("workload", ()):
            lives.setdefault(str(live.spec["cluster"]), []).append(live)
        found: dict[Address, Foresight] = {}
        for cluster in _clusters(scope, specs.values()):
            mine = {address: spec for address, spec in specs.items() if spec.get("cluster") == cluster}
            try:
                found |= _foreseen(cloud, cluster, mine, stack=scope.stack, lives=lives.get(cluster, [])) if mine else {}
            except CloudError as error:
                if not _closed(error) and not (isinstance(error, door.SILENT) and door.gone(cloud, cluster)):
                    raise
        found = {at: replace(row, findings=(*row.findings, *ahead.left_out(at, written[at]))) for at, row in found.items()}
        rest = {address: spec for address, spec in written.items() if spec and address not in found}
        return {**found, **ahead.foreseen(scope.desired, rest, lambda: versions.newest(cloud))}

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """The inventory is the create call; objects follow."""
        id = door.Id(want.spec["cluster"], want.mark.stack, want.address.tag)
        goal = write.Goal(wanted.manifests(want.spec), want.all_tags, force=want.consent, creates=True)
        yield from write.bring(cloud, door.opened(cloud, id.cluster), id, goal)

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Apply everything again where an object differs; other tags are only kept."""
        (live,) = lives
        id = door.parse(live.id)
        kube = door.opened(cloud, id.cluster)
        if ownership.STACK in change.unset_tags:
            yield from write.let_go(kube, id)
            return
        marks = live.mark.tags() if live.mark else {}
        tags = {**live.tags, **marks, **change.set_tags}
        tags = {key: value for key, value in tags.items() if key not in change.unset_tags}
        fields = [field for field in change.fields.values() if field.top == compare.FIELD]
        if not fields:
            write.retag(kube, id, tags)
            return
        goal = _goal(change.spec, tags, fields)
        goal = replace(goal, strays=_strays(live, fields), only=_differing(live, goal.objects, fields))
        yield from write.bring(cloud, kube, id, goal)

    def trim(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Delete what left the manifests and no other workload has taken over."""
        (live,) = lives
        id = door.parse(live.id)
        id = replace(id, address=change.set_tags.get(ownership.ADDRESS, id.address))
        moved = {str(title) for row in change.fields.values() if row.path == compare.MOVED for title in row.removed}
        yield from write.trim(door.opened(cloud, id.cluster), id, frozenset(moved))

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Load balancers first, namespaces last. A cluster that is gone has taken everything along."""
        (live,) = lives
        id = door.parse(live.id)
        try:
            kube = door.opened(cloud, id.cluster)
        except CloudError as error:
            if not is_absent(error):
                raise
            return
        yield from write.take_away(kube, id)

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """By the rules of each kind of object, with the worst pod's reason."""
        return progress.ready(cloud, ids)


def _goal(spec: Spec, tags: Mapping[str, str], fields: Iterable[FieldChange]) -> write.Goal:
    rows = [*fields]
    return write.Goal(
        wanted.manifests(spec),
        tags,
        force=any(row.holder for row in rows),
        anew=frozenset(row.path for row in rows if row.after == compare.ANEW),
    )


def _differing(live: Live, objects: Iterable[Key], fields: Iterable[FieldChange]) -> frozenset[Key] | None:
    """The objects that are not as they should be; None where that was not known when the plan was made."""
    rows = [*fields]
    if not isinstance(live.raw, seen.Seen) or any(row.path == compare.OBJECTS and row.after is UNKNOWN for row in rows):
        return None
    there = live.raw.objects.keys() - live.raw.inventory.leaving
    parts = {row.part for row in rows}
    titles = wanted.titled({key: key for key in objects})
    return frozenset(key for title, key in titles.items() if key not in there or title in parts)


def _strays(live: Live, fields: Iterable[FieldChange]) -> tuple[Member, ...]:
    """Members that are to go, and that the inventory does not name: somebody has put them into the set."""
    going = {title for row in fields if row.path == compare.OBJECTS for title in row.removed}
    objects = live.raw.objects if isinstance(live.raw, seen.Seen) else {}
    titles = wanted.titled({key: key for key in objects})
    return tuple(member_of(objects[key], key) for title, key in titles.items() if title in going)


def _written(scope: Scope) -> dict[Address, Spec]:
    """What is written of each workload, with values as far as they are known by now."""
    return {
        address: scope.wanted(address) or {}
        for address, desired in scope.desired.items()
        if address.kind == "workload" and not desired.absent and not desired.existing
    }


def _specs(scope: Scope) -> dict[Address, Spec]:
    """What is wanted of each workload, as far as it is known by now."""
    return {address: wanted.normalise(spec) for address, spec in _written(scope).items()}


def _clusters(scope: Scope, specs: Iterable[Spec]) -> Iterator[str]:
    """Clusters to look into: those of the stack that have an API, and others that workloads name."""
    ours = {live.id: live for live in scope.live.get("cluster", ())}
    named = [spec["cluster"] for spec in specs if isinstance(spec.get("cluster"), str)]
    for id in dict.fromkeys((*ours, *named)):
        if id not in ours or ours[id].state == "ready" or ours[id].reason.partition(":")[0] not in WITHOUT_API:
            yield id


def _closed(error: CloudError) -> bool:
    """Whether a cluster is not there, or has no API at this time: in the making, being upgraded, failed."""
    return is_absent(error) or error.code == "ErrorClusterState"


def _foreseen(
    cloud: Cloud, cluster: str, specs: Mapping[Address, Spec], *, stack: str, lives: Sequence[Live]
) -> dict[Address, Foresight]:
    every: dict[Key, Mapping[str, Any]] = {}
    owned: dict[Address, dict[Key, str]] = {}
    for live in lives:
        every |= live.raw.every
        owned[live.address.whole] = {key: live.raw.owned[key] for key in live.raw.objects if key in live.raw.owned}
    owners = {key: str(address) for address, spec in specs.items() for key in wanted.manifests(spec)}
    objects = [item for spec in specs.values() for item in wanted.manifests(spec).values()]
    joining = _joining(specs, stack=stack, lives=lives)
    verdicts = forecast(door.opened(cloud, cluster), objects, seen=every, stack=stack, joining=joining)
    namespaces = {key.name for key in owners if key.kind == "Namespace"}
    found: dict[Address, Foresight] = {}
    for address, spec in specs.items():
        mine = {key: verdicts[key] for key in wanted.manifests(spec)}
        moves = {key: owner for key, owner in owners.items() if owner != str(address)}
        found[address] = Foresight(
            spec,
            details=Outlook(mine, moves),
            findings=(*_findings(address, mine, namespaces), *_owned(address, owned.get(address, {}))),
            takes=tuple(_takes(mine)),
            note=_note(mine),
        )
    return found


def _joining(specs: Mapping[Address, Spec], *, stack: str, lives: Sequence[Live]) -> Joining:
    """The set of each wanted object, and the ids of all sets that the stack has or will have in the cluster."""
    ids = {live.address.whole: live.raw.inventory.set_id for live in lives}
    ids = {address: ids.get(address) or Inventory(stack, address.tag).set_id for address in specs} | ids
    sets = {key: ids[address] for address, spec in specs.items() for key in wanted.manifests(spec)}
    return Joining(sets, frozenset(ids.values()))


def _owned(address: Address, owned: Mapping[Key, str]) -> Iterator[Finding]:
    """What somebody else has taken into its care goes with that, whatever the file says (KEP-3659)."""
    for key, owner in owned.items():
        remedy = "take the ownerReferences off that object, or leave it to its owner"
        yield Finding("error", f"{address}: {key} is owned by {owner}, which is not of this stack", address, remedy)


def _takes(verdicts: Mapping[Key, Verdict]) -> Iterator[str]:
    for key, verdict in verdicts.items():
        if verdict.owner:
            yield f"{key} exists already and is not ours ({verdict.owner})"


def _findings(address: Address, verdicts: Mapping[Key, Verdict], namespaces: set[str]) -> Iterator[Finding]:
    for key, verdict in verdicts.items():
        if verdict.outcome == "wrong":
            yield Finding("error", f"{address}: the cluster refuses {key}: {verdict.said}", address, "mend the manifest")
        elif verdict.outcome == "unverified" and "namespaces" in verdict.said and key.namespace not in namespaces:
            remedy = f"add a Namespace {key.namespace} to the manifests, or name another in `namespace`"
            yield Finding("error", f"{address}: there is no namespace {key.namespace} for {key}", address, remedy)


def _note(verdicts: Mapping[Key, Verdict]) -> str:
    count = sum(verdict.outcome == "unverified" for verdict in verdicts.values())
    return f"{count} object{'s' if count != 1 else ''} unverified" if count else ""
