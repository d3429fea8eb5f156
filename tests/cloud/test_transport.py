"""Every way an exchange can fail has a name, and says whether there can have been an effect."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acsctl.cloud import connect, transport
from acsctl.errors import UnknownOutcomeError, UnreachableError
from tests.cloud.server import Reply, Server, refusal

READ = ("vpc", "DescribeVpcs", {})
WRITE = ("ecs", "CreateKeyPair", {})


def failure(cloud, call=WRITE):
    with pytest.raises((UnreachableError, UnknownOutcomeError)) as caught:
        cloud.call(*call)
    assert "Traceback" not in str(caught.value)
    return caught.value


@pytest.fixture
def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_refused_connection_had_no_effect_and_is_tried_a_little(clock, free_port):
    cloud = connect("cn-hangzhou", endpoint=f"http://127.0.0.1:{free_port}", clock=clock)
    error = failure(cloud)
    assert isinstance(error, UnreachableError)
    assert (error.code, error.action) == ("acsctl.Unreachable", "ecs.CreateKeyPair")
    assert f"127.0.0.1:{free_port}" in error.said
    assert 0 < clock.slept <= 3.0


def test_a_name_that_does_not_exist_is_unreachable(clock):
    error = failure(connect("cn-hangzhou", endpoint="http://no-such-host.invalid:80", clock=clock))
    assert (type(error), error.code) == (UnreachableError, "acsctl.Unreachable")


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(b"<html>Bad gateway</html>", 502, {"content-type": "text/html"}), 502),
        (Reply(b"<html>Log in</html>", 200, {"content-type": "text/html"}), 200),
        (Reply(b"", 503), 503),
        (Reply(b"", 200), 200),
        (Reply(b"[1]", 200), 200),
        (Reply(b"moved", 302, {"location": "http://127.0.0.1:1/"}), 302),
    ],
)
def test_what_is_no_answer_leaves_the_outcome_unknown(server, cloud, reply, status):
    server.on("CreateKeyPair", reply)
    error = failure(cloud)
    assert (type(error), error.code, error.status) == (UnknownOutcomeError, "acsctl.UnusableAnswer", status)
    assert len(server.seen) == 1


def test_a_body_that_breaks_off_leaves_the_outcome_unknown(server, cloud):
    server.on("CreateKeyPair", Reply({"KeyPairName": "k" * 100}, cut=20))
    assert failure(cloud).code == "acsctl.Dropped"


def test_a_silent_server_leaves_the_outcome_unknown(server, cloud, monkeypatch):
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.05)
    server.on("CreateKeyPair", Reply(hang=True))
    assert failure(cloud).code == "acsctl.Timeout"


def test_a_body_that_trickles_is_given_up(server, cloud, monkeypatch):
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", -1.0)
    server.on("CreateKeyPair", Reply({"KeyPairName": "k"}))
    assert failure(cloud).code == "acsctl.Timeout"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_body_beyond_all_measure_is_not_read(server, cloud, monkeypatch, zipped):
    monkeypatch.setattr(transport, "LARGEST", 100_000)
    server.on("CreateKeyPair", Reply(b"x" * 300_000, zipped=zipped))
    assert failure(cloud).code == "acsctl.AnswerTooLarge"


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_read_whole(server, cloud, zipped, chunked):
    body = {"Vpcs": {"Vpc": [{"VpcId": f"vpc-{number}", "Description": "d" * 500} for number in range(2000)]}}
    server.on("DescribeVpcs", Reply(body, zipped=zipped, chunked=chunked))
    assert cloud.call(*READ) == body


def test_a_connection_is_kept_and_survives_failures(server, cloud):
    server.on("DescribeVpcs", Reply(drop=True), refusal("ServiceUnavailable", 503), Reply({"fine": 1}))
    assert cloud.call(*READ) == {"fine": 1}
    assert cloud.call(*READ) == {"fine": 1}


def test_plain_http_where_tls_was_asked_for_had_no_effect(server, clock):
    error = failure(connect("cn-hangzhou", endpoint=server.url.replace("http", "https"), clock=clock))
    assert (type(error), error.code) == (UnreachableError, "acsctl.Certificate")
    assert clock.sleeps == []


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cloud")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "cloud.pem"
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, shape, serialization.NoEncryption()) + made.public_bytes(encoding))
    return path


def test_a_certificate_nobody_vouches_for_had_no_effect(certificate, clock, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(context)
    try:
        error = failure(connect("cn-hangzhou", endpoint=server.url, clock=clock))
        assert (type(error), error.code, len(server.seen)) == (UnreachableError, "acsctl.Certificate", 0)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert connect("cn-hangzhou", endpoint=server.url, clock=clock).call(*READ) == {"RequestId": "R-1"}
    finally:
        server.close()


def test_a_proxy_is_used_but_never_for_this_machine(server, clock, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    through = connect("cn-hangzhou", endpoint="http://cloud.invalid:4000", clock=clock)
    assert through.call(*READ) == {"RequestId": "R-1"}
    assert server.seen[0].headers["host"] == "cloud.invalid:4000"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert connect("cn-hangzhou", endpoint=server.url, clock=clock).call(*READ) == {"RequestId": "R-1"}


def test_a_proxy_that_is_not_there_had_no_effect(clock, monkeypatch, free_port):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port}")
    error = failure(connect("cn-hangzhou", endpoint="http://cloud.invalid:4000", clock=clock))
    assert (type(error), error.code) == (UnreachableError, "acsctl.Proxy")
