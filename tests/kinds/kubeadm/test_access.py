"""Access to a self-managed cluster: what the control plane is told is run here by a real shell and a real openssl."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from acsctl.errors import CloudError
from acsctl.kinds.kubeadm import access, assistant
from acsctl.kube import connect
from tests.kinds.door import Door

MACHINE = "i-plane"
CLUSTER = f"kubeadm-{MACHINE}-1a2b3c4d"
ROW = {
    "InstanceId": MACHINE,
    "Status": "Running",
    "VpcAttributes": {"VpcId": "vpc-1", "PrivateIpAddress": {"IpAddress": ["10.0.1.5"]}},
    "PublicIpAddress": {"IpAddress": []},
    "Tags": {
        "Tag": [
            {"TagKey": "acsctl:cluster", "TagValue": "cluster.kube"},
            {"TagKey": "acsctl:cluster-shape", "TagValue": "1.35.4 172.20.0.0/16 172.21.0.0/20 25 1a2b3c4d"},
        ]
    },
}


def results(row):
    return {"RequestId": "r", "Invocation": {"InvocationResults": {"InvocationResult": [row]}}}


class Clock:
    def now(self) -> float:
        return 0.0


class Plane(Door):
    """A door behind which one machine runs what it is told, with another place for /etc/kubernetes/pki."""

    def __init__(self, pki, row=ROW, endpoint=None):
        super().__init__({"DescribeInstances": {"RequestId": "r", "TotalCount": 1, "Instances": {"Instance": [row]}}})
        self.pki, self.endpoint, self.clock, self.ran = pki, endpoint, Clock(), []

    def pause(self, seconds, *, cause=""):
        pass

    def call(self, product, action, params):
        if action == "RunCommand":
            script = base64.b64decode(params["CommandContent"]).decode()
            self.ran.append(script)
            done = subprocess.run(
                ["bash", "-c", script.replace(access.PKI, str(self.pki))],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            row = {
                "InstanceId": MACHINE,
                "InvokeRecordStatus": "Finished",
                "InvocationStatus": "Success" if done.returncode == 0 else "Failed",
                "ExitCode": done.returncode,
                "Output": base64.b64encode(done.stdout).decode(),
            }
            self.answers["DescribeInvocationResults"] = [results({**row, "InvokeRecordStatus": "Running"}), results(row)]
            super().call(product, action, params)
            return {"RequestId": "r", "InvokeId": "t-1"}
        return super().call(product, action, params)


@pytest.fixture
def pki(tmp_path):
    """As kubeadm leaves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (tmp_path / "ca.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (tmp_path / "ca.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return tmp_path


def test_the_control_plane_signs_a_key_that_it_never_sees(pki):
    plane = Plane(pki)
    grant = access.granted(plane, CLUSTER, minutes=240)
    found = connect.access(grant.config)
    assert (found.server, found.proxy, grant.private) == ("https://10.0.1.5:6443", "", True)
    assert found.authority == (pki / "ca.crt").read_bytes()
    certificate = x509.load_pem_x509_certificate(found.certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(found.authority))
    assert certificate.subject.rfc4514_string() == "CN=acsctl,O=kubeadm:cluster-admins"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    key = load_pem_private_key(found.key, None)
    assert key.public_key() == certificate.public_key()
    # Nothing that went through the cloud is secret.
    assert len(plane.ran) == 1 and "PRIVATE" not in plane.ran[0] and "PRIVATE" not in json.dumps(plane.calls)


@pytest.mark.parametrize(("minutes", "days"), [(15, 1), (1440, 1), (1441, 2), (4320, 3)])
def test_access_ends_with_the_day(pki, minutes, days):
    grant = access.granted(Plane(pki), CLUSTER, minutes=minutes)
    until = datetime.strptime(grant.expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=days) - timedelta(minutes=5) < until - datetime.now(UTC) <= timedelta(days=days)


def test_two_runs_have_two_keys(pki):
    one, other = (connect.access(access.granted(Plane(pki), CLUSTER, minutes=60).config) for _ in range(2))
    assert one.key != other.key and one.certificate != other.certificate


def test_the_public_address_is_taken_where_there_is_one(pki):
    row = {**ROW, "EipAddress": {"IpAddress": "47.1.2.3"}}
    grant = access.granted(Plane(pki, row), CLUSTER, minutes=60)
    assert (connect.access(grant.config).server, grant.private) == ("https://47.1.2.3:6443", False)


def test_a_local_cloud_is_the_way_into_its_networks(pki):
    grant = access.granted(Plane(pki, endpoint="http://127.0.0.1:4000"), CLUSTER, minutes=60)
    assert connect.access(grant.config).proxy == "http://127.0.0.1:4000"


def test_before_kubeadm_is_through_there_is_no_access(tmp_path):
    with pytest.raises(CloudError, match=r"no control plane, or not yet one: cat: .*No such file") as error:
        access.granted(Plane(tmp_path), CLUSTER, minutes=60)
    assert error.value.code == access.NOT_YET


def test_a_machine_that_is_down_or_gone_is_not_told_anything(pki):
    down = Plane(pki, {**ROW, "Status": "Stopped"})
    with pytest.raises(CloudError) as error:
        access.granted(down, CLUSTER, minutes=60)
    assert error.value.code == access.NOT_YET and down.ran == []
    away = Plane(pki)
    away.answers["DescribeInstances"] = {"RequestId": "r", "TotalCount": 0, "Instances": {"Instance": []}}
    with pytest.raises(CloudError) as error:
        access.granted(away, CLUSTER, minutes=60)
    assert error.value.code == "InvalidInstanceId.NotFound"
    assert access.gone(away, CLUSTER)


def test_another_cluster_on_the_same_machine_is_another_cluster(pki):
    assert not access.gone(Plane(pki), CLUSTER)
    assert access.gone(Plane(pki), f"kubeadm-{MACHINE}-00000000")


def test_the_hash_of_the_authority_is_that_of_its_public_key(pki):
    signed = access.sign(Plane(pki), MACHINE, minutes=60)
    public = x509.load_pem_x509_certificate((pki / "ca.crt").read_bytes()).public_key()
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert signed.authority_hash == f"sha256:{hashlib.sha256(info).hexdigest()}"
    assert "PRIVATE" not in repr(signed)


def test_a_command_that_does_not_end_is_told(pki):
    plane = Plane(pki)
    ticks = iter(range(0, 10_000, 5))
    plane.clock.now = lambda: float(next(ticks))
    pending = {"InstanceId": MACHINE, "InvokeRecordStatus": "Pending"}
    plane.answers["RunCommand"] = {"RequestId": "r", "InvokeId": "t-1"}
    plane.answers["DescribeInvocationResults"] = results(pending)
    with pytest.raises(CloudError, match="is the Cloud Assistant agent running there") as error:
        assistant_run(plane)
    assert error.value.code == assistant.PENDING


def assistant_run(plane):
    return assistant.run(Plain(plane), MACHINE, "#!/bin/sh\ntrue\n")


class Plain:
    """The same door without a shell behind it."""

    def __init__(self, plane):
        self.region, self.clock, self.pause = plane.region, plane.clock, plane.pause
        self.call = lambda product, action, params: Door.call(plane, product, action, params)
