"""The connection: what a kubeconfig may be, and what each failure becomes. The server is one of the standard library."""

from __future__ import annotations

import base64
import datetime
import http.server
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from acsctl.errors import AcsctlError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.kube.client import Conduct, connect
from acsctl.kube.connect import access
from acsctl.kube.failures import Refusal

ITEM = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "data": {"x": "y"}}
RESOURCES = {
    "resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}, {"name": "configmaps/x", "kind": "X"}]
}


def certificate(folder: Path) -> tuple[bytes, Path]:
    """A certificate of 127.0.0.1, and a file with it and its key."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "it")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(pem + private)
    return pem, path


class Server(http.server.ThreadingHTTPServer):
    """Answers in turn what a test wrote: (status, body), or "drop"."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pem, path = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: list[tuple[int, dict] | str] = []
        self.asked: list[tuple[str, str, dict | None]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def kubeconfig(self, *, authority: bytes | None = None, port: int = 0) -> str:
        data = base64.b64encode(self.pem if authority is None else authority).decode()
        server = f"https://127.0.0.1:{port or self.server_port}"
        return json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": data}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # broken connections are what is tested


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.path == "/api/v1":
            answer: tuple[int, dict] | str = (200, RESOURCES)
        else:
            self.server.asked.append((self.command, self.path, body))
            answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if isinstance(answer, str):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        data = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PATCH = do_DELETE = _answer

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path) as made:
        yield made
        made.shutdown()


class Told:
    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.codes: list[str] = []
        self.renewals: list[str] = []
        self.requests: list[tuple[str, bool]] = []

    @property
    def conduct(self) -> Conduct:
        renew = (lambda: self.renewals.pop(0)) if self.renewals else None
        return Conduct(self.pause, lambda name, writes: self.requests.append((name, writes)), "", renew)

    def pause(self, seconds: float, name: str, code: str) -> None:
        self.pauses.append(seconds)
        self.codes.append(code)


@pytest.mark.parametrize(
    "text",
    ["", "a: [", "{}", "clusters: []\ncontexts: []\nusers: []\n", json.dumps({"clusters": 5, "contexts": 5, "users": 5})],
)
def test_what_is_no_kubeconfig_is_refused(text):
    with pytest.raises(AcsctlError, match="cannot be read"):
        access(text)


def test_a_server_that_nothing_vouches_for_is_refused(server):
    with pytest.raises(AcsctlError, match="no server to trust"):
        access(server.kubeconfig(authority=b""))


def test_the_users_own_kubeconfig_and_proxy_are_not_used(server, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/nonexistent/config")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    server.answers = [(200, ITEM)]
    assert connect(server.kubeconfig(), Told().conduct).get("v1", "ConfigMap", name="a", namespace="default") == ITEM


def test_an_apply_is_one_request_with_the_manager_and_strict_fields(server):
    told = Told()
    server.answers = [(201, ITEM)]
    written = connect(server.kubeconfig(), told.conduct).apply(ITEM, dry_run=True, force=True)
    assert written.created and written.object == ITEM
    ((method, path, body),) = server.asked
    assert (method, body) == ("PATCH", ITEM)
    assert path == ("/api/v1/namespaces/default/configmaps/a?fieldManager=acsctl&force=true&fieldValidation=Strict&dryRun=All")
    assert told.requests == [("discover v1", False), ("try ConfigMap default/a", False)]


def test_what_writes_says_so_before_it_is_sent(server):
    server.answers = [(200, ITEM)]

    def lost(name: str, writes: bool) -> None:
        if writes:
            raise AcsctlError("the lock is lost")

    with pytest.raises(AcsctlError, match="lock is lost"):
        connect(server.kubeconfig(), Conduct(lambda seconds, name, code: None, lost)).apply(ITEM)
    assert server.asked == []


def test_throttles_and_dropped_connections_are_repeated(server):
    told = Told()
    busy = (429, {"reason": "TooManyRequests", "details": {"retryAfterSeconds": 3}})
    server.answers = [busy, "drop", (500, {"reason": "InternalError", "message": "etcdserver: timeout"}), (200, ITEM)]
    assert not connect(server.kubeconfig(), told.conduct).apply(ITEM).created
    first, second, third = told.pauses
    assert first == 3.0 and 0.5 <= second <= 1.0 and 1.0 <= third <= 2.0
    assert told.codes == ["TooManyRequests", "acsctl.Dropped", "InternalError"]


def test_what_is_refused_is_not_repeated(server):
    told = Told()
    causes = [{"reason": "FieldManagerConflict", "field": ".data.x", "message": 'conflict with "kubectl"'}]
    server.answers = [(409, {"reason": "Conflict", "message": "Apply failed", "details": {"causes": causes}})]
    with pytest.raises(Refusal) as raised:
        connect(server.kubeconfig(), told.conduct).apply(ITEM)
    assert (raised.value.code, raised.value.causes[0].field, told.pauses) == ("Conflict", ".data.x", [])


@pytest.mark.parametrize("status", [401, 403])
def test_no_permission_is_exit_4(server, status):
    server.answers = [(status, {"message": "no"})]
    with pytest.raises(DeniedError):
        connect(server.kubeconfig(), Told().conduct).apply(ITEM)


def test_another_certificate_is_exit_4(server, tmp_path):
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    with pytest.raises(DeniedError, match="Certificate") as raised:
        connect(server.kubeconfig(authority=other), Told().conduct).get("v1", "ConfigMap", name="a")
    assert raised.value.exit_code == 4


def test_nobody_there_had_no_effect(server):
    told = Told()
    with pytest.raises(UnreachableError):
        connect(server.kubeconfig(port=1), told.conduct).get("v1", "ConfigMap", name="a")
    assert sum(told.pauses) <= 6


def test_a_server_that_answered_once_is_waited_for(server):
    told = Told()
    kube = connect(server.kubeconfig(), told.conduct)
    server.answers = [(200, ITEM), "drop"]
    kube.get("v1", "ConfigMap", name="a", namespace="default")
    with pytest.raises(UnknownOutcomeError):
        kube.apply(ITEM)
    assert 60 < sum(told.pauses) <= 120


def test_access_that_ends_in_the_middle_is_got_anew_once(server):
    told = Told()
    told.renewals = [server.kubeconfig(), "never asked for"]
    kube = connect(server.kubeconfig(), told.conduct)
    server.answers = [(200, ITEM), (401, {"message": "Unauthorized"}), (200, ITEM)]
    assert kube.get("v1", "ConfigMap", name="a", namespace="default") == ITEM
    assert not kube.apply(ITEM).created
    assert (told.renewals, told.pauses) == (["never asked for"], [])


def test_new_access_that_is_refused_as_well_is_no_access(server):
    told = Told()
    told.renewals = [server.kubeconfig()] * 3
    server.answers = [(401, {"message": "Unauthorized"})]
    with pytest.raises(DeniedError):
        connect(server.kubeconfig(), told.conduct).get("v1", "ConfigMap", name="a")
    assert len(told.renewals) == 2


@pytest.mark.parametrize("answer", [[1, 2], "text", None])
def test_an_answer_that_is_no_object_is_of_no_use(server, answer):
    server.answers = [(200, answer)]
    with pytest.raises(UnknownOutcomeError):
        connect(server.kubeconfig(), Told().conduct).apply(ITEM)


def test_a_connection_that_keeps_breaking_may_have_had_an_effect(server):
    server.answers = ["drop"]
    with pytest.raises(UnknownOutcomeError):
        connect(server.kubeconfig(), Told().conduct).apply(ITEM)


def test_lists_are_read_to_their_end(server):
    first = {"metadata": {"continue": "abc"}, "items": [{"metadata": {"name": "a"}}]}
    server.answers = [(200, first), (200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]})]
    found = connect(server.kubeconfig(), Told().conduct).list("v1", "ConfigMap", selector="x=y")
    assert [(item["kind"], item["metadata"]["name"]) for item in found] == [("ConfigMap", "a"), ("ConfigMap", "b")]
    assert server.asked[1][1] == "/api/v1/configmaps?limit=500&labelSelector=x%3Dy&continue=abc"


def test_a_list_whose_rest_was_forgotten_is_read_anew(server):
    first = {"metadata": {"continue": "abc"}, "items": [{"metadata": {"name": "a"}}]}
    whole = {"metadata": {}, "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}
    server.answers = [(200, first), (410, {"reason": "Expired"}), (200, whole)]
    found = connect(server.kubeconfig(), Told().conduct).list("v1", "ConfigMap")
    assert [item["metadata"]["name"] for item in found] == ["a", "b"]


def test_a_kind_that_the_server_lacks(server):
    kube = connect(server.kubeconfig(), Told().conduct)
    assert kube.sort("v1", "Gate") is None and kube.list("v1", "Gate") == []
    with pytest.raises(Refusal) as raised:
        kube.apply({**ITEM, "kind": "Gate"})
    assert raised.value.absent


def test_a_deletion_names_the_uid_and_what_is_gone_is_gone(server):
    server.answers = [(404, {"reason": "NotFound"})]
    item = {**ITEM, "metadata": {**ITEM["metadata"], "uid": "u", "resourceVersion": "7"}}
    kube = connect(server.kubeconfig(), Told().conduct)
    assert kube.delete(item, exact=True) is False
    body = server.asked[0][2]
    assert body["preconditions"] == {"uid": "u", "resourceVersion": "7"} and body["propagationPolicy"] == "Foreground"


def test_another_cluster_is_refused_before_a_write(server):
    server.answers = [(200, {"metadata": {"uid": "two"}})]
    with pytest.raises(AcsctlError, match="another cluster") as raised:
        connect(server.kubeconfig(), Told().conduct).confirm("one")
    assert raised.value.exit_code == 4


def test_no_file_is_left_behind(server, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    text = json.loads(server.kubeconfig())
    pair = (tmp_path / "server.pem").read_bytes().split(b"-----BEGIN PRIVATE KEY")
    text["users"][0]["user"] = {
        "client-certificate-data": base64.b64encode(pair[0]).decode(),
        "client-key-data": base64.b64encode(b"-----BEGIN PRIVATE KEY" + pair[1]).decode(),
    }
    server.answers = [(200, ITEM)]
    connect(json.dumps(text), Told().conduct).get("v1", "ConfigMap", name="a", namespace="default")
    assert set(tmp_path.iterdir()) == before
