"""The command lines of the four programs, and the files that they read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from acsctl.emulator.kubernetes.pki import LIFETIME, Authority, write_private
from acsctl.emulator.kubernetes.plane import Face
from acsctl.emulator.kubernetes.real.front import PROXY

# Sockets in the folder, which the programs work in: no port to find, and nobody else can reach the state. etcd wants a port in
# the name. The peers' address is only told, there is one member.
ETCD, PEER, NOBODY = "unix://etcd.sock:0", "unix://peer.sock:0", "http://127.0.0.1:0"
ADVERTISED = "192.0.2.1"  # RFC 5737: what the Service `kubernetes` shows; loopback is refused there
CLIENTS = ("controller-manager", "scheduler")
SERVER_NAMES = ("localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


@dataclass(frozen=True)
class Ground:
    """Where one cluster runs: its binaries, its folder (absolute), and its face with the port that the kube-apiserver uses."""

    binaries: Path
    folder: Path
    face: Face

    def command(self, program: str, /, **flags: str) -> list[str]:
        texts = (f"--{flag.replace('_', '-')}={value}" for flag, value in flags.items())
        return [str(self.binaries / program), *texts]


def server_names(face: Face) -> tuple[str, ...]:
    """What the server's certificate is for."""
    return (*SERVER_NAMES, str(ip_network(face.service_cidr)[1]), *dict.fromkeys((face.host, *face.names)))


def write_files(ground: Ground, *, authority: Authority) -> None:
    """Writes keys, certificates and kubeconfigs. The key of service account tokens stays from run to run."""
    folder = ground.folder
    pair = authority.issue_server(server_names(ground.face))
    write_private(folder / "server.pem", text=pair.certificate)
    write_private(folder / "server.key", text=pair.key)
    if not (folder / "accounts.key").exists():
        write_private(folder / "accounts.key", text=authority.issue_client("accounts", seconds=60).key)
    for name in CLIENTS:
        _write_kubeconfig(ground, name=name, authority=authority)


def _write_kubeconfig(ground: Ground, *, name: str, authority: Authority) -> None:
    user = f"system:kube-{name}"
    pair = authority.issue_client(user, seconds=LIFETIME.total_seconds())
    write_private(ground.folder / f"{name}.pem", text=pair.certificate + pair.key)
    pem = str(ground.folder / f"{name}.pem")
    server = {
        "server": f"https://{ground.face.host}:{ground.face.port}",
        "certificate-authority": str(ground.folder / "ca.pem"),
    }
    document: Mapping[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": server}],
        "users": [{"name": user, "user": {"client-certificate": pem, "client-key": pem}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
        "current-context": "local",
    }
    write_private(ground.folder / f"{name}.kubeconfig", text=json.dumps(document, indent=2))


def etcd(ground: Ground) -> list[str]:
    command = ground.command(
        "etcd",
        name="local",
        data_dir=str(ground.folder / "etcd"),
        listen_client_urls=ETCD,
        advertise_client_urls=ETCD,
        listen_peer_urls=PEER,
        initial_advertise_peer_urls=NOBODY,
        initial_cluster=f"local={NOBODY}",
        log_level="warn",
    )
    # What etcd wrote outlives its process all the same; only a power cut could lose the newest changes of a local cloud.
    return [*command, "--unsafe-no-fsync"]


def api_server(ground: Ground) -> list[str]:
    face, folder = ground.face, ground.folder
    return ground.command(
        "kube-apiserver",
        etcd_servers=ETCD,
        bind_address=face.host,
        secure_port=str(face.port),
        advertise_address=ADVERTISED,
        cert_dir=str(folder),
        tls_cert_file=str(folder / "server.pem"),
        tls_private_key_file=str(folder / "server.key"),
        client_ca_file=str(folder / "ca.pem"),
        requestheader_client_ca_file=str(folder / "ca.pem"),
        requestheader_allowed_names=PROXY,
        requestheader_username_headers="X-Remote-User",
        requestheader_group_headers="X-Remote-Group",
        service_account_issuer="https://kubernetes.default.svc",
        service_account_key_file=str(folder / "accounts.key"),
        service_account_signing_key_file=str(folder / "accounts.key"),
        authorization_mode="Node,RBAC",
        allow_privileged="true",
        service_cluster_ip_range=face.service_cidr,
        profiling="false",
    )


def controller_manager(ground: Ground) -> list[str]:
    face, folder = ground.face, ground.folder
    return ground.command(
        "kube-controller-manager",
        kubeconfig=str(folder / "controller-manager.kubeconfig"),
        root_ca_file=str(folder / "ca.pem"),
        service_account_private_key_file=str(folder / "accounts.key"),
        use_service_account_credentials="true",
        service_cluster_ip_range=face.service_cidr,
        configure_cloud_routes="false",
        **_node_ranges(face),
        **_ALONE,
    )


def _node_ranges(face: Face) -> dict[str, str]:
    """None where pods have addresses of the VPC."""
    if not face.pod_cidr:
        return {"allocate_node_cidrs": "false"}
    return {
        "allocate_node_cidrs": "true",
        "cluster_cidr": face.pod_cidr,
        "node_cidr_mask_size": str(face.node_cidr_mask),
    }


def scheduler(ground: Ground) -> list[str]:
    return ground.command("kube-scheduler", kubeconfig=str(ground.folder / "scheduler.kubeconfig"), **_ALONE)


# One of each, and nobody asks them for metrics: they need no lease and no port.
_ALONE = {"leader_elect": "false", "secure_port": "0", "profiling": "false"}
