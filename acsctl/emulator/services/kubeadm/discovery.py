"""What kubeadm join checks, in its order: cluster-info and its signature, the authority, the token, the name, certificates."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from acsctl.emulator.kubernetes.client import CONFIG_MAPS, NODES, SECRETS
from acsctl.emulator.kubernetes.conditions import is_true
from acsctl.emulator.services.kubeadm import orders, tokens
from acsctl.emulator.services.kubeadm.flags import Wrong
from acsctl.emulator.services.kubeadm.orders import NODE_GROUP, JoinOrder
from acsctl.emulator.services.kubeadm.populate import CERTIFICATES
from acsctl.emulator.services.kubeadm.tokens import Known
from acsctl.emulator.services.kubeadm.visits import Visit

PREFLIGHT = "error execution phase preflight: "
IDENTITY = f"{PREFLIGHT}couldn't validate the identity of the API Server: "
_START = "error execution phase kubelet-start: "
_DOWNLOAD = "error execution phase control-plane-prepare/download-certs: "
_ALLOWED = ("kubelet.kubernetes.io", "node.kubernetes.io")
_ALLOWED_LABELS = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)


class NotYet(Exception):
    """Discovery goes on until its time is over; then this is why it failed."""


@dataclass(frozen=True)
class Applicant:
    """A machine that wants to join. name: of its node."""

    order: JoinOrder
    name: str


def check(visit: Visit, applicant: Applicant, *, endpoint: str) -> None:
    """Raises NotYet and Wrong, as kubeadm tells it."""
    order, known = applicant.order, {one.id: one for one in tokens.known(visit.client)}
    if not order.file:
        _discover(visit, order, known=known)
    host = endpoint.partition(":")[0]
    if host not in visit.cluster["Names"]:
        names = ", ".join(visit.cluster["Names"])
        raise NotYet(f"tls: failed to verify certificate: x509: certificate is valid for {names}, not {host}")
    _bootstrap(order, known=known)
    _check_labels(order)
    _check_name(visit, applicant)
    if order.control_plane:
        _check_certificates(visit, order)


def _discover(visit: Visit, order: JoinOrder, *, known: Mapping[str, Known]) -> None:
    """The signature of cluster-info by the token, and the authority in it by its hash."""
    info = visit.client.get(CONFIG_MAPS, namespace=tokens.PUBLIC, name=tokens.INFO)
    data: Mapping[str, str] = (info or {}).get("data") or {}
    id_, secret = orders.split_token(order.discovery)
    signature = data.get(f"{tokens.SIGNATURE}{id_}")
    if signature is None or id_ not in known:
        raise NotYet(f'could not find a JWS signature in the cluster-info ConfigMap for token ID "{id_}"')
    content = data.get("kubeconfig", "")
    own = tokens.jws(content, token=Known(id_, secret, signs=True, authenticates=True, groups=()))
    if not hmac.compare_digest(own, signature):
        raise NotYet("failed to verify JWS signature of received cluster info object, can't trust this API Server")
    if order.trusting and not order.hashes:
        return
    document: Any = yaml.safe_load(content)
    pem = base64.b64decode(document["clusters"][0]["cluster"]["certificate-authority-data"])
    pin = pin_of(pem)
    if pin not in {one.lower() for one in order.hashes}:
        raise Wrong(
            f'{IDENTITY}cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "{pin}" are pinned'
        )


def pin_of(certificate: bytes) -> str:
    """`sha256:` and the hash of the public key, SubjectPublicKeyInfo."""
    public = x509.load_pem_x509_certificate(certificate).public_key()
    return f"sha256:{hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


def _bootstrap(order: JoinOrder, *, known: Mapping[str, Known]) -> None:
    """The token as the kubelet's credential for a certificate of its own."""
    if not order.tls:
        return
    id_, secret = orders.split_token(order.tls)
    found = known.get(id_)
    if found is None or not found.authenticates or not hmac.compare_digest(found.secret, secret):
        raise Wrong(f"{PREFLIGHT}unable to fetch the kubeadm-config ConfigMap: failed to get config map: Unauthorized")
    if NODE_GROUP not in found.groups:
        raise Wrong(
            f"{PREFLIGHT}unable to fetch the kubeadm-config ConfigMap: failed to get config map: configmaps "
            f'"kubeadm-config" is forbidden: User "system:bootstrap:{id_}" cannot get resource "configmaps"'
        )


def _check_labels(order: JoinOrder) -> None:
    """A kubelet does not start with labels that it may not set (pkg/kubelet/apis/well_known_labels.go)."""
    wrong = [
        key
        for key in order.registration.labels
        if (domain := key.rpartition("/")[0]) == "kubernetes.io"
        or domain.endswith((".kubernetes.io", ".k8s.io"))
        or domain == "k8s.io"
        if key not in _ALLOWED_LABELS and not any(domain == one or domain.endswith(f".{one}") for one in _ALLOWED)
    ]
    if wrong:
        text = f"unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: {json.dumps(sorted(wrong))}"
        raise Wrong(
            f"error execution phase kubelet-start: the kubelet is not running: failed to validate kubelet flags: {text}"
        )


def _check_name(visit: Visit, applicant: Applicant) -> None:
    node = visit.client.get(NODES, name=applicant.name)
    if node is not None and is_true(node.get("status") or {}, "Ready"):
        raise Wrong(
            f'{_START}a Node with name "{applicant.name}" and status "Ready" already exists in the '
            "cluster. You must delete the existing Node or change the name of this new joining Node"
        )


def _check_certificates(visit: Visit, order: JoinOrder) -> None:
    """Further control planes take the certificates from where the first one has uploaded them."""
    if order.certificate_key and visit.client.get(SECRETS, namespace=tokens.NAMESPACE, name=CERTIFICATES) is None:
        raise Wrong(
            f"{_DOWNLOAD}error downloading certs: error downloading the secret: "
            f'Secret "{CERTIFICATES}" was not found in the "kube-system" Namespace. This Secret might have expired.'
        )
