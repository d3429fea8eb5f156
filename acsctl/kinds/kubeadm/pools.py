"""Machines of a fleet as nodes of a self-managed cluster (kind `node_pool` with `attach`; sheet containers.md 2.5).

Such a pool is no resource of the cloud: the control plane's tags name it, each machine's tag says that it belongs to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, dig, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks as tagging
from acsctl.kinds import ranges
from acsctl.kinds.ack import drain
from acsctl.kinds.contract import Made, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.ecs import rows
from acsctl.kinds.kubeadm import access, clusters, config, console, joining, machines, marks, nodes, overlay, user_data
from acsctl.kinds.kubeadm.settings import Entry, Node, is_id, machine_of
from acsctl.kinds.objects import door
from acsctl.kube.manifest import label_of
from acsctl.model import ownership
from acsctl.model.ownership import Mark
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Others, SpecOf

MADE_ONLY = (
    *("vswitches", "instance_types", "size", "system_disk", "image_type", "image", "runtime_version", "upgrade"),
    *("key_pair", "name"),
)
"""What only a pool has that makes its nodes."""
LONGEST = Entry("255.255.255.255:6443", "abcdef.0123456789abcdef", f"sha256:{'0' * 64}")


def is_wanted(spec: Spec, others: Others) -> bool:
    """Whether a pool is one of a self-managed cluster, as far as the file tells."""
    cluster = spec.get("cluster")
    owner = ranges.target(cluster, others)
    return (isinstance(cluster, str) and is_id(cluster)) or (owner is not None and clusters.is_wanted(owner.spec))


def is_of(spec: Spec, spec_of: SpecOf) -> bool:
    """The same of a spec whose references may be resolved."""
    cluster = spec.get("cluster")
    return (isinstance(cluster, str) and is_id(cluster)) or clusters.is_wanted(spec_of(cluster) or {})


def find(cloud: Cloud, id: str) -> list[Live]:
    """By id."""
    cluster, pool = joining.split(id)
    plane = next(iter(rows.instances(cloud, [machine_of(cluster)])), None)
    mark = next((one for one in marks.pools_of(tagging.read_tags(plane or {})) if one.address.tag == pool), None)
    if mark is None:
        return []
    tagged = [{"Key": marks.NODE, "Value": f"{cluster} {pool}"}]
    return [_read(cluster, mark, list_all(cloud, rows.INSTANCES, {"RegionId": cloud.region, "Tag": tagged}))]


def faults(spec: Spec, others: Others) -> Iterator[Fault]:
    """What can be refused at load."""
    for name in MADE_ONLY:
        if spec.get(name) is not None:
            text = f"a pool of a cluster with `provider: kubeadm` has no {name}"
            yield Fault((name,), text, at="key", hint="it takes in the machines of a fleet: attach: <instances>")
    written = spec.get("attach")
    if written is None:
        yield Fault((), "a pool of a cluster with `provider: kubeadm` needs machines", hint="attach: <instances>")
    yield from clusters.machine_faults(written if isinstance(written, (list, tuple)) else (), others, path="attach")


def listed(cloud: Cloud, scope: Scope) -> Iterator[Live]:
    """Those of the clusters on machines of the stack; one call inside of each cluster for each pool."""
    found = machines.of_stack(cloud, scope)
    members: dict[tuple[str, str], list[rows.Row]] = defaultdict(list)
    for row in found:
        members[marks.node_of(tagging.read_tags(row))].append(row)
    for row in found:
        tags, id = tagging.read_tags(row), marks.id_of(row)
        up = marks.cluster_of(tags) is not None and marks.UP in tags and row.get("Status") == machines.RUNNING
        for mark in marks.pools_of(tags):
            if mark.stack == scope.stack:
                mine = members.get((id, mark.address.tag), [])
                yield _with_nodes(cloud, scope, _read(id, mark, mine), up=up)


def _read(cluster: str, mark: Mark, mine: Sequence[rows.Row]) -> Live:
    waits = [row for row in mine if marks.NODE_UP not in tagging.read_tags(row)]
    return Live(
        mark.address,
        f"{cluster}/{mark.address.tag}",
        spec={"cluster": cluster, "attach": sorted(dig(row, "InstanceId", str) for row in mine), "labels": {}, "taints": []},
        outputs={"nodepool_id": "", "scaling_group_id": "", "security_group": "", "nodes": len(mine)},
        mark=mark,
        state="pending" if waits else "ready",
        reason="scaling" if waits else "active",
        name=mark.address.default_name(mark.stack),
    )


def _with_nodes(cloud: Cloud, scope: Scope, item: Live, *, up: bool) -> Live:
    """With the labels and taints of its nodes, and with nodes whose machines have gone: nobody else takes those out.

    Where nodes cannot be seen nothing is said of them.
    """
    wanted = scope.desired.get(item.address)
    if wanted is None:
        return item
    tags = {key: value for key, value in wanted.tags.items() if isinstance(value, str)}
    seen = {name: wanted.spec[name] for name in ("labels", "taints") if name in wanted.spec}
    there = _nodes(cloud, item) if up else []
    if there:
        seen = {"labels": nodes.common_labels(there), "taints": nodes.common_taints(there)}
    seen["attach"] = sorted({*item.spec["attach"], *map(nodes.machine_of, there)})
    return replace(tagging.with_spec(item, seen), tags=tags)


def _nodes(cloud: Cloud, item: Live) -> list[dict[str, Any]]:
    cluster, pool = joining.split(item.id)
    try:
        return door.opened(cloud, cluster).list("v1", "Node", selector=f"{nodes.POOL}={label_of(pool)}")
    except CloudError as error:
        if isinstance(error, door.SILENT) or error.code == access.NOT_YET:
            return []
        raise


def prepare(spec: Spec, region: str, spec_of: SpecOf) -> Prepared:
    """How long the user data of its nodes are. Raises AcsctlError where they are too long."""
    owner = spec_of(spec["cluster"]) or {}
    node = Node(region, "i-" + "0" * 20, "255.255.255.255", spec.get("labels") or {}, spec.get("taints") or ())
    text = user_data.render("join", config.join(node, LONGEST), clusters.release({"version": "1.31.0", **owner}))
    return Prepared(note=f"user data of a node: {len(text.encode())} of {user_data.BYTES_AT_MOST} bytes")


def create(cloud: Cloud, want: Want, token: Token) -> Steps:
    """The tag on the control plane is the create call; machines follow, each when it is whole."""
    cluster = want.spec["cluster"]
    id = f"{cluster}/{want.mark.address.tag}"
    marks.write(cloud, machine_of(cluster), put=marks.of_pool(want.mark))
    yield Made((id,))
    yield from joining.join(cloud, id, want.spec, ids=want.spec.get("attach") or (), token=token)


def update(cloud: Cloud, live: Live, change: Update, token: Token) -> Steps:
    """Marks; machines that leave; labels and taints; machines that come, and those that an earlier run has not seen come."""
    cluster, pool = joining.split(live.id)
    if change.set_tags or change.unset_tags:
        pool = _retag(cloud, live, change)
    if ownership.STACK in change.unset_tags:
        return
    attach = change.fields.get("attach")
    staying = [id for id in live.spec["attach"] if not (attach and id in attach.removed)]
    if attach and attach.removed:
        yield from joining.leave(cloud, cluster, attach.removed, timeout=_patience(change.spec))
    _relabel(cloud, cluster, staying, change)
    coming = [id for id in change.spec.get("attach") or () if id not in staying or live.state == "pending"]
    yield from joining.join(cloud, f"{cluster}/{pool}", change.spec, ids=coming, token=token)


def _patience(spec: Spec) -> float:
    """Cloud seconds for which a drain may take."""
    return float((spec.get("drain") or {}).get("timeout", drain.TIMEOUT))


def _relabel(cloud: Cloud, cluster: str, ids: Sequence[str], change: Update) -> None:
    fields = {path: field for path, field in change.fields.items() if field.top in ("labels", "taints")}
    if not fields:
        return
    kube = door.opened(cloud, cluster)
    dropped = [path.removeprefix("labels.") for path, field in fields.items() if field.top == "labels" and field.after is None]
    for id in ids:
        name = Node(cloud.region, id, "").name
        if any(field.top == "labels" for field in fields.values()):
            nodes.label(kube, name, want=change.spec.get("labels") or {}, drop=dropped)
        if "taints" in fields:
            nodes.taint(kube, name, change.spec.get("taints") or ())


def _retag(cloud: Cloud, live: Live, change: Update) -> str:
    """Write the marks of a pool anew, on its control plane and, where its address is another one, on its machines."""
    cluster, pool = joining.split(live.id)
    assert live.mark is not None
    tags = {**live.mark.tags(), **change.set_tags}
    mark = ownership.read({key: value for key, value in tags.items() if key not in change.unset_tags})
    members: Sequence[str] = live.spec["attach"]
    if mark is None:
        marks.write(cloud, machine_of(cluster), drop=(marks.POOL + pool,))
        for id in members:
            marks.write(cloud, id, drop=(marks.NODE, marks.NODE_UP))
        return pool
    for id in members if mark.address != live.mark.address else ():
        marks.write(cloud, id, put={marks.NODE: f"{cluster} {mark.address.tag}"})
        label = nodes.labels_of(mark.address.tag, {})
        nodes.label(door.opened(cloud, cluster), Node(cloud.region, id, "").name, want=label, drop=())
    old = (marks.POOL + pool,) if mark.address.tag != pool else ()
    marks.write(cloud, machine_of(cluster), put=marks.of_pool(mark), drop=old)
    return mark.address.tag


def delete(cloud: Cloud, live: Live) -> Steps:
    """Its machines leave, and stay: they are resources of their own."""
    cluster, pool = joining.split(live.id)
    yield from joining.leave(cloud, cluster, live.spec["attach"])
    if rows.instances(cloud, [machine_of(cluster)]):
        marks.write(cloud, machine_of(cluster), drop=(marks.POOL + pool,))
    yield Wait((live.id,), until="gone")


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far pools are, and machines of them (`kubeadm-i-1/node_pool.a/i-2`): a node is there once there is its Node object.

    It is Ready only when there is a network: what the first nodes wait for in vain is the overlay's to wait for.
    """
    planes = sorted({machine_of(joining.split(id)[0]) for id in ids})
    here = {marks.id_of(row): row for row in rows.instances(cloud, planes)}
    found: dict[str, Readiness] = {}
    for id in ids:
        cluster, rest = joining.split(id)
        pool, _, machine = rest.partition("/")
        tags = tagging.read_tags(here[cluster]) if cluster in here else {}
        if marks.POOL + pool not in tags:
            found[id] = Readiness("pending", absent=True)
        else:
            outputs = {"id": id, "cluster": cluster, "nodepool_id": ""}
            found[id] = _node(cloud, cluster, machine) if machine else Readiness("ready", outputs=outputs)
    return found


def _node(cloud: Cloud, cluster: str, machine: str) -> Readiness:
    kube, name = door.opened(cloud, cluster), Node(cloud.region, machine, "").name
    if kube.get("v1", "Node", name=name) is None:
        said = console.trouble(cloud, machine)
        return Readiness("pending", reason=said or f"{machine} is not registered yet", message=said)
    why = overlay.without_network(kube, name)
    return Readiness("pending" if why else "ready", outputs={"id": machine}, reason=why)
