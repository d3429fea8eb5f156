"""The files of a machine, as far as somebody here knows them: those of its user data, and those that kubeadm writes."""

import base64
from collections.abc import Mapping

import yaml

from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.boots import boot_of
from acsctl.emulator.services.kubeadm.orders import CLUSTER_NAME
from acsctl.emulator.services.kubeadm.records import CLUSTER, PKI, played, scope_of
from acsctl.emulator.world import World

ADMIN, CA, CA_KEY = "/etc/kubernetes/admin.conf", f"{PKI}/ca.crt", f"{PKI}/ca.key"
YEAR = 365 * 86400.0
_USER, _GROUP = "kubernetes-admin", "kubeadm:cluster-admins"


def plane_of(world: World, instance: Resource) -> Plane | None:
    """The control plane whose files are on a machine that takes part in it; None for others."""
    boot = boot_of(world, instance)
    if boot is None or not boot["ClusterId"]:
        return None
    cluster = world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"])
    return None if cluster is None else world.planes.get(cluster.id)


def has_key(world: World, instance: Resource) -> bool:
    """Whether the key of the authority is on the machine: only where a control plane is."""
    boot = boot_of(world, instance)
    cluster = None if boot is None else world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"])
    return cluster is not None and instance.id in cluster["Members"]


def read(world: World, instance: Resource, *, path: str) -> bytes | None:
    """The content of a file; None when there is none. The key of an authority that kubeadm made is told to nobody."""
    plane = plane_of(world, instance)
    if plane is not None and path == CA:
        return plane.authority.encode()
    if plane is not None and path == ADMIN and has_key(world, instance) and plane.ready:
        return _admin(plane, server=_server(world, instance)).encode()
    boot = boot_of(world, instance)
    steps = played(boot).steps if boot is not None and boot.get("Facts") else ()
    written: Mapping[str, bytes] = steps[-1].files if steps else {}
    return written.get(path)


def _server(world: World, instance: Resource) -> str:
    boot = boot_of(world, instance)
    cluster = None if boot is None else world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"])
    return "" if cluster is None else str(cluster["Server"])


def _admin(plane: Plane, *, server: str) -> str:
    """admin.conf."""
    pair = plane.issue(_USER, groups=[_GROUP], seconds=YEAR)
    known = {"certificate-authority-data": _encoded(plane.authority), "server": server}
    user = {"client-certificate-data": _encoded(pair.certificate), "client-key-data": _encoded(pair.key)}
    context = f"{_USER}@{CLUSTER_NAME}"
    document = {
        "apiVersion": "v1",
        "clusters": [{"cluster": known, "name": CLUSTER_NAME}],
        "contexts": [{"context": {"cluster": CLUSTER_NAME, "user": _USER}, "name": context}],
        "current-context": context,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": _USER, "user": user}],
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
