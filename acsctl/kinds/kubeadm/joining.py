"""How machines of a fleet come into a self-managed cluster, and how they leave it (sheet containers.md 2.5)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from acsctl.cloud import Cloud, dig
from acsctl.errors import CloudError
from acsctl.kinds import marks as tagging
from acsctl.kinds.ack import drain
from acsctl.kinds.contract import Steps, Token, Wait
from acsctl.kinds.ecs import rows
from acsctl.kinds.kubeadm import access, config, machines, marks, nodes, tokens, user_data
from acsctl.kinds.kubeadm.settings import PORT, Entry, Node, Release, machine_of
from acsctl.kinds.objects import door
from acsctl.model.resource import Spec

Texts = Callable[[str], dict[str, str]]
"""Makes the user data of machines, by their ids, given a token."""


def split(id: str) -> tuple[str, str]:
    """The cluster's id and the pool's address, of the id of a pool or (with more behind it) of a machine in one."""
    cluster, _, rest = id.partition("/")
    return cluster, rest


def join(cloud: Cloud, id: str, spec: Spec, *, ids: Sequence[str], token: Token) -> Steps:
    """Make machines nodes of the pool `id`, all at once, and wait until the cluster has them."""
    if not ids:
        return
    cluster, pool = split(id)
    plane = machine_of(cluster)
    here = machines.found(cloud, [plane, *ids])
    fresh = [item for item in ids if marks.node_of(tagging.read_tags(here[item])) != (cluster, pool)]
    for item in fresh:
        machines.check_free(cloud, here[item], cluster=cluster)
    with ExitStack() as lent:
        if fresh:
            made = _texts(cloud, id, spec, here={item: here[item] for item in (plane, *fresh)})
            kube = door.opened(cloud, cluster)
            yield from machines.renew(cloud, fresh, lambda: made(lent.enter_context(tokens.lent(kube))), token)
            for item in fresh:
                marks.write(cloud, item, put={marks.NODE: f"{cluster} {pool}"}, drop=(marks.NODE_UP,))
        down = [item for item in ids if item in fresh or here[item].get("Status") != machines.RUNNING]
        if down:
            yield from machines.start(cloud, down)
        yield Wait(tuple(f"{id}/{item}" for item in ids))
    for item in ids:
        marks.write(cloud, item, put={marks.NODE_UP: "true"})


def _texts(cloud: Cloud, id: str, spec: Spec, *, here: Mapping[str, rows.Row]) -> Texts:
    """For the machines that are `here` beside the control plane."""
    cluster, pool = split(id)
    plane = here[machine_of(cluster)]
    release = _release(cloud, plane)
    labels = nodes.labels_of(pool, spec.get("labels") or {})

    def made(token: str) -> dict[str, str]:
        entry = _entry(cloud, plane, token)
        found: dict[str, str] = {}
        for machine, row in here.items():
            if machine != machine_of(cluster):
                node = Node(cloud.region, machine, access.private_address(row), labels, spec.get("taints") or ())
                found[machine] = user_data.render("join", config.join(node, entry), release)
        return found

    return made


def _entry(cloud: Cloud, plane: rows.Row, token: str) -> Entry:
    signed = access.sign(cloud, dig(plane, "InstanceId", str), minutes=access.MINUTES_A_DAY)
    return Entry(f"{access.private_address(plane)}:{PORT}", token, signed.authority_hash)


def _release(cloud: Cloud, plane: rows.Row) -> Release:
    """What the control plane was made of, by its tags and its user data."""
    id, made = dig(plane, "InstanceId", str), marks.shape(tagging.read_tags(plane))
    if made is None:
        raise CloudError(access.NOT_YET, action=rows.INSTANCES.name, said=f"{id} is no control plane")
    answer = cloud.call("ecs", "DescribeUserData", {"RegionId": cloud.region, "InstanceId": id})
    text = base64.b64decode(answer.get("UserData") or "").decode("utf-8", "replace")
    return Release(made.version, **user_data.sources(text))


def leave(cloud: Cloud, cluster: str, ids: Sequence[str], *, timeout: float = drain.TIMEOUT) -> Steps:
    """Machines are drained, taken out of the cluster, and are nodes no more.

    A cluster that is down has nothing to drain, and a machine that is down nobody who would end its pods.
    """
    here = {dig(row, "InstanceId", str): row for row in rows.instances(cloud, [machine_of(cluster), *ids])}
    if (here.get(machine_of(cluster)) or {}).get("Status") == machines.RUNNING:
        up = [id for id in ids if (here.get(id) or {}).get("Status") == machines.RUNNING]
        yield from drain.drained(cloud, cluster, [Node(cloud.region, id, "").name for id in up], timeout=timeout)
        for id in ids:
            nodes.remove(door.opened(cloud, cluster), Node(cloud.region, id, "").name)
    for id in ids:
        if id in here:
            machines.reset(cloud, here[id])
            marks.write(cloud, id, drop=(marks.NODE, marks.NODE_UP))
