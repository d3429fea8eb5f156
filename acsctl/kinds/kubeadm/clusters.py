"""A cluster on plain machines: its control plane is made by kubeadm on a machine of the stack (sheet containers.md 2.5)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from acsctl.cloud import Cloud, dig, is_absent
from acsctl.errors import CloudError
from acsctl.kinds import marks as tagging
from acsctl.kinds import ranges
from acsctl.kinds.contract import Made, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.ecs import rows
from acsctl.kinds.kubeadm import access, assistant, config, console, machines, marks, user_data
from acsctl.kinds.kubeadm.settings import PORT, Network, Node, Release, id_of, machine_of
from acsctl.kinds.objects import door
from acsctl.model import ownership
from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.unknown import Ref

VERSION = re.compile(r"\d+\.\d+\.\d+")
MANAGED_ONLY = ("vswitches", "security_group", "spec", "deletion_protection", "name")
OWN_ONLY = ("control_plane", "mirror", "images")


def is_wanted(spec: Spec) -> bool:
    """Whether a spec is of such a cluster."""
    return spec.get("provider") == "kubeadm"


def faults(spec: Spec, others: Others) -> Iterator[Fault]:
    """What can be refused at load."""
    for name in MANAGED_ONLY:
        if spec.get(name) is not None:
            yield Fault((name,), f"a cluster with `provider: kubeadm` has no {name}", at="key", hint=_INSTEAD.get(name, ""))
    if spec.get("public_api") is False:
        yield Fault(("public_api",), "a cluster with `provider: kubeadm` is as public as its control plane", at="key")
    version = spec.get("version")
    if version is None:
        yield Fault((), "a cluster with `provider: kubeadm` needs a version", hint="write it whole, such as 1.35.4")
    elif isinstance(version, str) and not VERSION.fullmatch(version):
        yield Fault(("version",), f"{version} is not a whole version", hint="kubeadm wants one such as 1.35.4")
    elif isinstance(version, str) and tuple(map(int, version.split(".")[:2])) < config.OLDEST:
        yield Fault(
            ("version",), f"{version} is too old", hint="from 1.31 on kubeadm reads the configuration that is written here"
        )
    yield from _plane_faults(spec.get("control_plane"), others)


_INSTEAD = {
    "vswitches": "it stands where its control plane stands",
    "security_group": "its machines have their own",
    "deletion_protection": "`protect: true` keeps acsctl from destroying it",
}


def _plane_faults(written: Any, others: Others) -> Iterator[Fault]:
    rows = list(written) if isinstance(written, (list, tuple)) else [] if written is None else [written]
    if not rows:
        yield Fault((), "a cluster with `provider: kubeadm` needs a control plane", hint="control_plane: <an instance>")
    yield from machine_faults(rows, others, path="control_plane")
    fleets = [fleet for fleet in (ranges.target(item, others) for item in rows) if fleet]
    if len(rows) > 1 or any((fleet.count or 1) > 1 for fleet in fleets if not _is_member(rows[0])):
        text = "more than one control plane needs a load balancer in front, which is not supported yet"
        yield Fault(("control_plane",), text, hint="name one instance")


def _is_member(item: Any) -> bool:
    return isinstance(item, Ref) and item.address.number is not None


def machine_faults(written: Sequence[Any], others: Others, *, path: str) -> Iterator[Fault]:
    """Machines that get an empty disk have to be the stack's own."""
    for item in written:
        if not isinstance(item, Ref) or (item.address.whole in others and others[item.address.whole].existing):
            text = f"{item} is not a machine of this stack, and would get an empty system disk"
            yield Fault((path,), text, hint="name an instance of this file; `adopt` takes one over")


def listed(cloud: Cloud, scope: Scope) -> Iterator[Live]:
    """Those whose control plane is a machine of the stack."""
    for row in machines.of_stack(cloud, scope):
        found = read(row)
        if found and found.mark and found.mark.stack == scope.stack:
            yield _as_wanted(found, scope)


def find(cloud: Cloud, id: str) -> list[Live]:
    """By id."""
    return [found for row in rows.instances(cloud, [machine_of(id)]) if (found := read(row)) and found.id == id]


def read(row: rows.Row) -> Live | None:
    """The cluster whose first control plane a row of DescribeInstances is."""
    tags = tagging.read_tags(row)
    mark, made = marks.cluster_of(tags), marks.shape(tags)
    if mark is None or made is None:
        return None
    machine, status = dig(row, "InstanceId", str), dig(row, "Status", str)
    up = status == machines.RUNNING and marks.UP in tags
    network = made.network
    return Live(
        mark.address,
        id_of(machine, made.serial),
        spec={
            "provider": "kubeadm",
            "control_plane": [machine],
            "version": made.version,
            "network": {
                "plugin": "flannel",
                "pod_cidr": network.pods,
                "service_cidr": network.services,
                "node_cidr_mask": network.mask,
            },
            "public_api": True,
        },
        outputs=_outputs(row, made.version),
        mark=mark,
        state="ready" if up else "pending",
        # One that is not up has no API, in the word that Container Service has for that.
        reason="running" if up else "initial",
        created=str(row.get("CreationTime") or ""),
        name=mark.address.default_name(mark.stack),
    )


def _outputs(row: rows.Row, version: str) -> dict[str, Any]:
    public, private = access.public_address(row), access.private_address(row)
    return {
        "endpoint": f"https://{public}:{PORT}" if public else "",
        "intranet_endpoint": f"https://{private}:{PORT}",
        "vpc": dig(row, "VpcAttributes.VpcId", str),
        "current_version": version,
    }


def _as_wanted(item: Live, scope: Scope) -> Live:
    """What only concerns nodes that are still to come, and tags that it has no place for, are as they are wanted."""
    wanted = scope.desired.get(item.address)
    if wanted is None:
        return item
    later = {name: wanted.spec[name] for name in ("mirror", "images") if name in wanted.spec}
    tags = {key: value for key, value in wanted.tags.items() if isinstance(value, str)}
    named = tagging.with_spec(item, later)
    return replace(named, tags=tags)


def prepare(cloud: Cloud, spec: Spec) -> Prepared:
    """How long its user data are; whether a live one has the wanted version already."""
    id = spec.get("id")
    if id is None:
        text = _render(Node(cloud.region, "i-" + "0" * 20, "255.255.255.255"), spec, names=["255.255.255.255"])
        return Prepared(note=f"user data of the control plane: {len(text.encode())} of {user_data.BYTES_AT_MOST} bytes")
    have, want = version_of(cloud, id), str(spec.get("version"))
    if have == want:
        return Prepared(note=f"its API server is of {have} already")
    text = f"the version of a cluster with `provider: kubeadm` is changed by `kubeadm upgrade`: {id} has {have}"
    return Prepared(findings=(Finding("error", text, remedy=f"upgrade it to {want}, or write  version: {have}"),))


def version_of(cloud: Cloud, id: str) -> str:
    """What kubeadm keeps of it in the cluster. Raises what the two doors raise."""
    item = door.opened(cloud, id).get("v1", "ConfigMap", name="kubeadm-config", namespace="kube-system") or {}
    text = str((item.get("data") or {}).get("ClusterConfiguration") or "")
    found = re.search(r"^kubernetesVersion: v?(\S+)$", text, re.MULTILINE)
    return found[1] if found else ""


def release(spec: Spec) -> Release:
    """Which Kubernetes, and from where."""
    given = {name: spec[name] for name in ("mirror", "images") if spec.get(name)}
    return Release(spec["version"], **given)


def _render(node: Node, spec: Spec, *, names: Sequence[str]) -> str:
    network = Network.of(spec["network"])
    return user_data.render("init", config.init(node, network, release(spec), names=names), release(spec))


def create(cloud: Cloud, want: Want, token: Token) -> Steps:
    """Make a machine its control plane. Killed before its tags are written, it has not begun to be a cluster."""
    (machine,) = want.spec["control_plane"]
    row = machines.found(cloud, [machine])[machine]
    id = marks.id_of(row)
    if marks.cluster_of(tagging.read_tags(row)) != want.mark:
        machines.check_free(cloud, row)
        node = Node(cloud.region, machine, access.private_address(row))
        names = list(filter(None, [access.public_address(row)]))
        yield from machines.renew(cloud, [machine], lambda: {machine: _render(node, want.spec, names=names)}, token)
        made = marks.Shape(want.spec["version"], Network.of(want.spec["network"]), secrets.token_hex(4))
        marks.write(cloud, machine, put=marks.of_cluster(want.mark, made))
        id = id_of(machine, made.serial)
    yield Made((id,))
    yield from _come_up(cloud, id)


def _come_up(cloud: Cloud, id: str) -> Steps:
    machine = machine_of(id)
    row = machines.found(cloud, [machine])[machine]
    if row.get("Status") != machines.RUNNING:
        yield from machines.start(cloud, [machine])
    yield Wait((id,))
    marks.write(cloud, machine, put={marks.UP: "true"})


def update(cloud: Cloud, live: Live, change: Update) -> Steps:
    """Marks; the version, once somebody has upgraded it; and what an earlier run has not seen come up."""
    machine = machine_of(live.id)
    put, drop = retagged(change)
    if ownership.STACK in change.unset_tags:
        tags = tagging.read_tags(machines.found(cloud, [machine])[machine])
        drop = tuple(key for key in tags if key in ALL or key.startswith(marks.POOL))
    if change.changes("version"):
        made = marks.Shape(change.spec["version"], Network.of(change.spec["network"]), live.id.rpartition("-")[2])
        put[marks.SHAPE] = str(made)
    if put or drop:
        marks.write(cloud, machine, put=put, drop=drop)
    if live.state == "pending" and ownership.STACK not in change.unset_tags:
        yield from _come_up(cloud, live.id)


ALL = (marks.CLUSTER, marks.SHAPE, marks.PROTECT, marks.RETAIN, marks.UP)


def retagged(change: Update) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tags of a control plane that say what changed marks of its cluster say."""
    names = {ownership.ADDRESS: marks.CLUSTER, ownership.PROTECT: marks.PROTECT, ownership.RETAIN: marks.RETAIN}
    put = {names[key]: value for key, value in change.set_tags.items() if key in names}
    return put, tuple(names[key] for key in change.unset_tags if key in names)


def delete(cloud: Cloud, live: Live) -> Steps:
    """End it, and leave its machine: that is a resource of its own."""
    row = next(iter(rows.instances(cloud, [machine_of(live.id)])), None)
    if row is not None:
        machines.reset(cloud, row)
        tags = tagging.read_tags(row)
        marks.write(cloud, machine_of(live.id), drop=tuple(key for key in tags if key in ALL or key.startswith(marks.POOL)))
    yield Wait((live.id,), until="gone")


def standing(cloud: Cloud, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far they are: the API answers, and the control plane is registered as a node."""
    here = {marks.id_of(row): row for row in rows.instances(cloud, list(map(machine_of, ids)))}
    return {id: _standing(cloud, here.get(id)) for id in ids}


def _standing(cloud: Cloud, row: rows.Row | None) -> Readiness:
    found = read(row) if row is not None else None
    if found is None or row is None:
        return Readiness("pending", absent=True)
    status = dig(row, "Status", str)
    if status != machines.RUNNING:
        return Readiness("pending", reason=status)
    try:
        kube = door.opened(cloud, found.id)
        there = bool(kube.identity()) and kube.get("v1", "Node", name=Node(cloud.region, machine_of(found.id), "").name)
    except door.SILENT:
        return _not_yet(cloud, found.id, "its API server does not answer yet")
    except CloudError as error:
        if is_absent(error):
            return Readiness("pending", absent=True)
        if error.code not in (access.NOT_YET, assistant.PENDING):
            raise
        return _not_yet(cloud, found.id, "kubeadm init is not through yet")
    if not there:
        return _not_yet(cloud, found.id, "its node is not registered yet")
    return Readiness("ready", outputs=found.known)


def _not_yet(cloud: Cloud, id: str, text: str) -> Readiness:
    said = console.trouble(cloud, machine_of(id))
    return Readiness("pending", reason=said or text, message=said)
