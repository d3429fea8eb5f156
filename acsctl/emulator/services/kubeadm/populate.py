"""Fills a new control plane as `kubeadm init` does; what is there already stays, so that it can be begun again."""

import secrets
from collections.abc import Iterator, Mapping

from acsctl.emulator.kubernetes.client import (
    CONFIG_MAPS,
    CONFLICT,
    DAEMON_SETS,
    DEPLOYMENTS,
    NOT_THERE,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Object,
    Resource,
    message,
)
from acsctl.emulator.ledger import Finding
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.kubeadm import objects, orders, tokens
from acsctl.emulator.services.kubeadm.orders import InitOrder, Token
from acsctl.emulator.services.kubeadm.records import CLUSTER, played
from acsctl.emulator.services.kubeadm.visits import Visit

CERTIFICATES = "kubeadm-certs"
_RBAC = f"{objects.RBAC}/v1"
KINDS: Mapping[str, Resource] = {
    one.kind: one
    for one in (
        CONFIG_MAPS,
        SECRETS,
        SERVICES,
        SERVICE_ACCOUNTS,
        DAEMON_SETS,
        DEPLOYMENTS,
        Resource(_RBAC, "clusterroles", "ClusterRole", namespaced=False),
        Resource(_RBAC, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
        Resource(_RBAC, "roles", "Role"),
        Resource(_RBAC, "rolebindings", "RoleBinding"),
    )
}


def tend(visit: Visit) -> bool:
    """Whether it is filled."""
    if visit.cluster["Populated"]:
        return True
    boot = next((one for one in visit.all(BOOT) if one.id == visit.cluster.id), None)
    if boot is None:
        return False
    step = played(boot).steps[visit.cluster["Step"]]
    order = orders.read_init(step.words, files=step.files)
    if not all(_create(visit, one) for one in _wanted(visit, order)):
        visit.client.stale = True  # a namespace is still being made, or the server is busy
        return False
    visit.set(CLUSTER, id=visit.cluster.id, Populated=True, State="running")
    return True


def _wanted(visit: Visit, order: InitOrder) -> Iterator[Object]:
    version = str(visit.cluster["Version"])
    yield from objects.configuration(order, version=version)
    yield from objects.access()
    yield objects.cluster_info(visit.cluster["Server"], authority=visit.plane.authority)
    made = Token(secrets.token_hex(3), secrets.token_hex(8))
    for token in order.tokens or (made,):
        yield {"apiVersion": "v1", "kind": "Secret", **tokens.secret(token)}
    if order.upload_certs:
        yield {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CERTIFICATES, "namespace": objects.SYSTEM}}
    if not {"addon", "addon/coredns"} & set(order.skipped):
        yield from objects.coredns(order)
    if not {"addon", "addon/kube-proxy"} & set(order.skipped):
        yield from objects.kube_proxy(order, version=version)


def _create(visit: Visit, manifest: Object) -> bool:
    """False when it is to be tried again. What the server refuses is a bug, and told as one."""
    reply = visit.client.create(KINDS[manifest["kind"]], manifest)
    if reply.status == NOT_THERE or reply.status >= 500:
        return False
    if not reply.ok and reply.status != CONFLICT:
        with visit.world.lock:
            name = f"{manifest['kind']} {manifest['metadata']['name']}"
            visit.world.ledger.find(Finding("crash", "kubeadm", f"{name}: {message(reply)}"))
    return True
