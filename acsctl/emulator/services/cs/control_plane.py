"""The control planes of clusters: opened when a cluster is made and again at each start, renewed, dropped when it is gone.

All of that takes a while, so it is done without the lock of the world; tasks look at the cluster's attributes Port, PlaneError,
Serves (the version that a real one tells) and Admitted, and at whether the plane is ready.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from acsctl.emulator.background import held, unlocked
from acsctl.emulator.kubernetes.plane import Face, Plane, Refusing, Renewable
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cs.types import CERTIFICATE, CLUSTER
from acsctl.emulator.world import World

WITHOUT = ("failed", "deleted")
_TRIED: WeakKeyDictionary[World, set[str]] = WeakKeyDictionary()
"""Ids of clusters whose plane does not start, by the world that tried."""
_RBAC = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
_BINDING: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "ack-cluster-users"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:users"}],
}
FAILURES = (OSError, ImportError, NotImplementedError, ValueError)
"""Of starting a plane: no binaries, no port, no extra acsctl[local]."""


def face(world: World, *, cluster: Resource) -> Face:
    folder = world.folder / "kubernetes" / cluster.id if world.folder else None
    return Face(
        id=cluster.id,
        rung=cluster["Rung"],
        version=f"v{cluster['Version']}",
        pod_cidr=cluster["ContainerCidr"],
        service_cidr=cluster["ServiceCidr"],
        node_cidr_mask=cluster["NodeCidrMask"],
        port=cluster["Port"],
        folder=folder,
        names=(f"apiserver.{cluster.id}.{cluster.region}.cs.aliyuncs.com", *cluster["ExtraSans"]),
    )


def endpoint(cluster: Resource) -> str:
    """Where the API server listens; empty before it was started once."""
    return f"https://127.0.0.1:{cluster['Port']}" if cluster["Port"] else ""


def plane_of(world: World, *, cluster: Resource) -> Plane | None:
    """The plane of a cluster, when it serves."""
    plane = world.planes.get(cluster.id)
    return plane if plane is not None and plane.ready else None


def is_current(world: World, *, cluster: Resource) -> bool:
    """Whether the plane of a cluster serves, at the version that the cluster is meant to have.

    Without a folder a real one goes on telling its old version, for the sake of its objects."""
    plane = plane_of(world, cluster=cluster)
    told = cluster["Rung"] == "builtin" or bool(cluster.get("Serves"))
    kept = world.folder is None and not isinstance(plane, Renewable)
    return plane is not None and told and (kept or plane.face.version == f"v{cluster['Version']}")


@unlocked
def tend_planes(world: World) -> None:
    """Opens, renews, admits users to and drops planes, as the clusters are."""
    with held(world):
        clusters = world.store.of(CLUSTER)
        tried = _TRIED.setdefault(world, set())
        faces = {one.id: face(world, cluster=one) for one in clusters if one["State"] not in WITHOUT and one.id not in tried}
        strangers = {one.id for one in clusters if not one["Admitted"]}
        unread = {one.id for one in clusters if one["Rung"] == "real" and not one.get("Serves")}
        planes = [one for one in world.planes.all() if one.face.managed]
    for plane in planes:
        if plane.face.id not in faces:
            world.planes.drop(plane.face.id)
    for wanted in faces.values():
        plane_now = world.planes.get(wanted.id)
        failure = str(getattr(plane_now, "failure", ""))  # only a real one can fail after it was started
        if plane_now is None:
            _open(world, wanted=wanted)
        elif failure:
            world.planes.stop(wanted.id)
            _give_up(world, id=wanted.id, failure=failure)
        elif plane_now.face.version != wanted.version and wanted.folder is not None:
            world.planes.stop(wanted.id)
            _open(world, wanted=wanted)
        elif plane_now.face.version != wanted.version and isinstance(plane_now, Renewable):
            plane_now.renew(wanted.version)  # without a folder its objects would be lost by a restart
        elif wanted.id in strangers and plane_now.ready and _admit(plane_now):
            _note(world, id=wanted.id, Admitted=True)
        elif wanted.id in unread and plane_now.ready:
            _note(world, id=wanted.id, Serves=_version(plane_now))


def _version(plane: Plane) -> str:
    """What the server says that it is; a real one tells what its programs are, whatever the cluster is meant to be."""
    try:
        return str(plane.request("GET", "/version").document.get("gitVersion", ""))
    except OSError:
        return ""


def _open(world: World, *, wanted: Face) -> None:
    """At its old port, or at another one when that is taken. One that does not start makes its cluster fail, or unavailable
    when it has run before; it is tried again when the local cloud starts again."""
    for attempt in (wanted, replace(wanted, port=0)):
        try:
            plane = world.planes.open(attempt)
        except FAILURES as error:
            failure = str(error)
            continue
        with world.lock:
            refuse_revoked(world, plane=plane)
        changes: dict[str, Any] = {"Port": int(plane.server.rpartition(":")[2]), "PlaneError": "", "Serves": ""}
        _note(world, id=wanted.id, was={"unavailable": "running"}, **changes)
        return
    _give_up(world, id=wanted.id, failure=failure)


def refuse_revoked(world: World, *, plane: Plane) -> None:
    """Tells a built-in plane whom to refuse; a real API server has no such list. Under the lock of the world."""
    if isinstance(plane, Refusing):
        issued = [one for one in world.store.of(CERTIFICATE) if one["ClusterId"] == plane.face.id]
        plane.refuse([str(one["Name"]) for one in issued if one.get("Revoked")])


def _give_up(world: World, *, id: str, failure: str) -> None:
    _TRIED.setdefault(world, set()).add(id)
    _note(world, id=id, was={"running": "unavailable"}, PlaneError=failure)


def _admit(plane: Plane) -> bool:
    """Gives those who hold a kubeconfig of the cluster its administration; whether that is done."""
    try:
        reply = plane.request("POST", _RBAC, body=_BINDING)
    except OSError:
        return False
    return reply.ok or reply.status == 409


def _note(world: World, *, id: str, was: Mapping[str, str] | None = None, **changes: Any) -> None:
    """Changes a cluster. was: states that become others."""
    with held(world):
        found = next((one for one in world.store.of(CLUSTER) if one.id == id), None)
        if found is not None:
            found.set(**changes, State=(was or {}).get(found["State"], found["State"]))
