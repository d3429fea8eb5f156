"""Access to a self-managed cluster, for a time: the control plane signs a key that never leaves this process.

The certificate authority is made by kubeadm on the control plane, and its key stays there. Nothing of it is kept by acsctl:
each run makes a key in memory, and has the request signed through Cloud Assistant. What passes through the cloud (a request and
two certificates) is public. Who has the permission `ecs:RunCommand` on the control plane can do so; nobody else can.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC

from acsctl.cloud import Cloud, dig, strings
from acsctl.errors import CloudError
from acsctl.kinds.ecs import rows
from acsctl.kinds.kubeadm import assistant, marks
from acsctl.kinds.kubeadm.settings import PORT, machine_of

PKI = "/etc/kubernetes/pki"
GROUP = "kubeadm:cluster-admins"
"""Which kubeadm binds to cluster-admin (1.29 and later); unlike system:masters it can be taken away from."""
MINUTES_A_DAY = 24 * 60
RUNNING = "Running"
NOT_YET = "ErrorClusterState"
"""As Container Service calls a cluster that has no API at this time."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)


@dataclass(frozen=True)
class Grant:
    """A kubeconfig with all data in it, when it ends (RFC 3339), and whether it leads into the VPC only."""

    config: str = field(repr=False)
    expires: str
    private: bool


@dataclass(frozen=True)
class Signed:
    """What the control plane answers with, in PEM, and the key that belongs to it."""

    authority: str
    certificate: str
    key: str = field(repr=False)

    @property
    def authority_hash(self) -> str:
        """As kubeadm's discovery takes it: of the SubjectPublicKeyInfo (sheet containers.md 2.5)."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = x509.load_pem_x509_certificate(self.authority.encode()).public_key()
        info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"sha256:{hashlib.sha256(info).hexdigest()}"

    @property
    def expires(self) -> str:
        """When the certificate does, RFC 3339."""
        from cryptography import x509

        until = x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc
        return until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def granted(cloud: Cloud, cluster: str, *, minutes: int) -> Grant:
    """New access to a cluster.

    Raises CloudError: `InvalidInstanceId.NotFound` where there is no such machine, `ErrorClusterState` while it has no API.
    """
    machine = machine_of(cluster)
    found = next(iter(rows.instances(cloud, [machine])), None)
    if found is None:
        raise CloudError(
            "InvalidInstanceId.NotFound", action="ecs.DescribeInstances", said=f"{machine} is not there", status=404
        )
    if found.get("Status") != RUNNING:
        said = f"{machine} does not run"
        raise CloudError(NOT_YET, action="ecs.DescribeInstances", said=said)
    signed = sign(cloud, machine, minutes=minutes)
    public = public_address(found)
    server = {"server": f"https://{public or private_address(found)}:{PORT}"}
    if cloud.endpoint:  # a local cloud, whose networks are reached through it
        server["proxy-url"] = cloud.endpoint
    return Grant(kubeconfig(cluster, server, signed), signed.expires, not public)


def gone(cloud: Cloud, cluster: str) -> bool:
    """Whether the machine is not there any more, or no control plane of a cluster."""
    found = next(iter(rows.instances(cloud, [machine_of(cluster)])), None)
    return found is None or marks.id_of(found) != cluster


def private_address(row: rows.Row) -> str:
    """In its VPC. Raises CloudError where it has none yet."""
    found = strings(row, "VpcAttributes.PrivateIpAddress.IpAddress")
    if not found:
        said = f"{dig(row, 'InstanceId', str)} has no address yet"
        raise CloudError("acsctl.NoAddress", action="ecs.DescribeInstances", said=said)
    return found[0]


def public_address(row: rows.Row) -> str:
    """An elastic address or a public one, empty where it has none."""
    public = [(row.get("EipAddress") or {}).get("IpAddress"), *strings(row, "PublicIpAddress.IpAddress")]
    return str(next(filter(None, public), ""))


def sign(cloud: Cloud, machine: str, *, minutes: int) -> Signed:
    """A new key with a certificate of the cluster's authority. Whole days are the least that it can be told to give."""
    key, request, serial = _request()
    days = max(1, -(-minutes // MINUTES_A_DAY))
    result = assistant.run(cloud, machine, command(request, serial=serial, days=days))
    found = _PEM.findall(result.output)
    if result.code != 0 or len(found) != 2:
        tail = result.output.strip().splitlines()[-1:] or ["no output"]
        said = f"{machine} is no control plane, or not yet one: {tail[0][:200]}"
        raise CloudError(NOT_YET, action="ecs.RunCommand", said=said)
    return Signed(found[0], found[1], key)


def command(request: str, *, serial: int, days: int) -> str:
    """What the control plane is told: to show its authority's certificate, and to sign a request with it."""
    return (
        "#!/bin/bash\n"
        "set -eu\n"
        f"cat {PKI}/ca.crt\n"
        f"openssl x509 -req -sha256 -days {days} -CA {PKI}/ca.crt -CAkey {PKI}/ca.key -set_serial 0x{serial:x}"
        " -extfile <(printf 'extendedKeyUsage=clientAuth') <<'CSR'\n"
        f"{request.strip()}\nCSR\n"
    )


def _request() -> tuple[str, str, int]:
    """A key and a certificate request in PEM, and a serial number."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, GROUP), x509.NameAttribute(NameOID.COMMON_NAME, "acsctl")]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject)).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), request.public_bytes(Encoding.PEM).decode(), x509.random_serial_number()


def kubeconfig(cluster: str, server: dict[str, str], signed: Signed) -> str:
    """The text of a kubeconfig, all of whose data is in it; `server` is what it says of where. JSON is YAML."""
    user = {"client-certificate-data": _data(signed.certificate), "client-key-data": _data(signed.key)}
    server = {**server, "certificate-authority-data": _data(signed.authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": server}],
        "users": [{"name": "acsctl", "user": user}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": "acsctl"}}],
        "current-context": cluster,
    }
    return json.dumps(config, indent=1)


def _data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
