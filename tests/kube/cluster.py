"""A real kube-apiserver with its etcd, for as long as the tests of this folder run; where the binaries are not built, none."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from acsctl.kube.client import Conduct, Kube, connect

TOKEN = "a-token-of-the-tests"


def binaries() -> Path | None:
    """The folder with etcd and kube-apiserver."""
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS") or Path(__file__).parents[2] / "build" / "kube-assets" / "bin")
    return folder if all((folder / name).is_file() for name in ("etcd", "kube-apiserver")) else None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def patient() -> Conduct:
    """Waits wall seconds, lets everything through."""
    return Conduct(pause=lambda seconds, name, code: time.sleep(seconds), before=lambda name, writes: None)


@contextmanager
def control_plane(folder: Path) -> Iterator[str]:
    """Run both; gives a kubeconfig."""
    bin = binaries()
    assert bin is not None
    client, peer, secure = (free_port() for _ in range(3))
    with ExitStack() as exits:
        subprocess.run(["openssl", "genrsa", "-out", str(folder / "sa.key"), "2048"], check=True, capture_output=True)
        (folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
        url = f"http://127.0.0.1:{client}"
        etcd = [str(bin / "etcd"), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--log-level", "error"]
        etcd += ["--listen-client-urls", url, "--advertise-client-urls", url]
        etcd += ["--listen-peer-urls", f"http://127.0.0.1:{peer}"]
        server = [str(bin / "kube-apiserver"), f"--etcd-servers={url}", f"--secure-port={secure}", "--bind-address=127.0.0.1"]
        server += [f"--cert-dir={folder / 'certs'}", "--service-account-issuer=https://local", "--authorization-mode=RBAC"]
        server += [f"--service-account-key-file={folder / 'sa.key'}", f"--token-auth-file={folder / 'tokens.csv'}"]
        server += [f"--service-account-signing-key-file={folder / 'sa.key'}", "--service-cluster-ip-range=172.21.0.0/20"]
        server += ["--disable-admission-plugins=ServiceAccount"]
        for command in (etcd, server):
            log = exits.enter_context((folder / f"{Path(command[0]).name}.log").open("wb"))
            process = subprocess.Popen(command, stdout=log, stderr=log)
            exits.callback(process.wait)
            exits.callback(process.kill)
        yield kubeconfig(secure, folder / "certs" / "apiserver.crt")


def kubeconfig(port: int, certificate: Path) -> str:
    deadline = time.monotonic() + 60
    while not certificate.is_file():
        assert time.monotonic() < deadline, "kube-apiserver writes no certificate"
        time.sleep(0.05)
    authority = base64.b64encode(certificate.read_bytes()).decode()
    return f"""
apiVersion: v1
kind: Config
current-context: it
clusters: [{{name: it, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority-data: {authority}}}}}]
users: [{{name: me, user: {{token: {TOKEN}}}}}]
contexts: [{{name: it, context: {{cluster: it, user: me}}}}]
"""


@contextmanager
def running() -> Iterator[Kube]:
    """A connection to a fresh cluster that is ready."""
    with tempfile.TemporaryDirectory() as folder, control_plane(Path(folder)) as text:
        yield connected(text)


def connected(kubeconfig: str) -> Kube:
    """A connection, once the cluster is ready."""
    kube = connect(kubeconfig, patient())
    deadline = time.monotonic() + 60
    while True:
        try:
            if kube.get("v1", "Namespace", name="kube-system") and kube.get("v1", "Namespace", name="default"):
                return kube
        except Exception:
            assert time.monotonic() < deadline, "kube-apiserver does not get ready"
        time.sleep(0.2)
