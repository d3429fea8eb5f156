"""The files that the programs of a node read, as pure functions of its facts.

Paths are those inside the node: its disk is at `/mnt` (boot.py). What had to be found out is in the comments.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from acsctl.emulator.kubernetes.plane import Pair

SERVICES = "192.0.2.1"
"""RFC 5737: where, inside every VPC, the API servers of its clusters answer. Real ones advertise this address too."""
IMAGES, IMAGES_PORT = "192.0.2.2", 80
"""Where, inside every VPC, the images of the cloud itself are."""
PAUSE_IMAGE = "registry.local.acsctl.dev/acs/pause:3.10"
DISK = "/mnt"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
DNS_ADDRESS = 10  # of the service range, sheet ack-facts.md 5
FLANNEL_HEALTH = 8081  # where the probes of kube-flannel pods ask; they are in the network of the node


@dataclass(frozen=True)
class ClusterFacts:
    """server: of the API server as a node reaches it. version: `v1.35.7-aliyun.1`. authority: PEM. domain: of Services."""

    server: str
    authority: str
    pod_cidr: str
    service_cidr: str
    version: str = ""
    domain: str = "cluster.local"


@dataclass(frozen=True)
class NodeFacts:
    """name: of the Node object. address: its private one. group: its control group, from the root of every controller."""

    name: str
    address: str
    group: str
    cluster: ClusterFacts


def kubeconfig(cluster: ClusterFacts, *, user: str, pair: Pair) -> str:
    """JSON, which every reader of YAML takes."""
    server = {
        "server": cluster.server,
        "certificate-authority-data": _base64(cluster.authority),
        "tls-server-name": "kubernetes",  # the certificate is for this, and not for the address inside of the VPC
    }
    identity = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
    return _json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": server}],
            "users": [{"name": user, "user": identity}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": user}}],
            "current-context": "cluster",
        }
    )


def kubelet(node: NodeFacts) -> str:
    """A KubeletConfiguration."""
    return _json(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{DISK}/ca.pem"},
            },
            "authorization": {"mode": "Webhook"},
            "address": node.address,
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{node.group}",
            "failCgroupV1": False,
            "enforceNodeAllocatable": [],
            "clusterDNS": [str(ip_network(node.cluster.service_cidr)[DNS_ADDRESS])],
            "clusterDomain": node.cluster.domain,
            "failSwapOn": False,
            "makeIPTablesUtilChains": False,
            "resolvConf": "",
            "serializeImagePulls": False,
            # The disk is the whole machine's: how full it is says nothing of this node.
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "0%",
                "nodefs.inodesFree": "0%",
                "imagefs.available": "0%",
                "imagefs.inodesFree": "0%",
            },
            "imageGCHighThresholdPercent": 100,
            "registerNode": False,  # the cloud does it, with what the node pool wants
        }
    )


def containerd(*, plugins: str) -> str:
    """Of containerd 1.6 and later. plugins: where the CNI plugins are; TOML."""
    criteria = 'plugins."io.containerd.grpc.v1.cri"'
    return "\n".join(
        [
            "version = 2",
            'root = "/var/lib/containerd"',
            'state = "/run/containerd"',
            "[grpc]",
            f'address = "{CONTAINERD_SOCKET}"',
            f"[{criteria}]",
            f'sandbox_image = "{PAUSE_IMAGE}"',
            "restrict_oom_score_adj = true",  # lowering it may be forbidden to root too, and runc would die of it
            f"[{criteria}.cni]",
            f'bin_dir = "{plugins}"',
            'conf_dir = "/etc/cni/net.d"',
            f"[{criteria}.registry]",
            f'config_path = "{DISK}/certs.d"',
            f"[{criteria}.containerd.runtimes.runc]",
            'runtime_type = "io.containerd.runc.v2"',
            f"[{criteria}.containerd.runtimes.runc.options]",
            "SystemdCgroup = false",
            "",
        ]
    )


def hosts(url: str, *, pushes: bool = False) -> str:
    """`hosts.toml` of a registry: the images of its name are pulled from a plain HTTP server, and from nowhere else."""
    return f'server = "{url}"\n[host."{url}"]\ncapabilities = ["pull", "resolve"]\n'


def proxy(node: NodeFacts) -> str:
    """A KubeProxyConfiguration. IPVS is not in every kernel, and the connection limits are the machine's own."""
    return _json(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clientConnection": {"kubeconfig": f"{DISK}/kube-proxy.kubeconfig"},
            "clusterCIDR": node.cluster.pod_cidr,
            "detectLocalMode": "ClusterCIDR",
            "hostnameOverride": node.name,
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
            "iptables": {"minSyncPeriod": "0s", "syncPeriod": "30s"},
        }
    )


def interface_file(subnet: str, *, mtu: int) -> str:
    """The CNI configuration of a node that has got its block of addresses."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isDefaultGateway": True,
        "hairpinMode": True,
        "mtu": mtu,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": subnet}]]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return _json({"cniVersion": "0.3.1", "name": "cb0", "plugins": [bridge, ports]})


def subnet_file(text: str) -> tuple[str, int] | None:
    """What flanneld writes when it has a block: the block and the MTU of its network. None while it is not whole."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if not {"FLANNEL_SUBNET", "FLANNEL_MTU"} <= values.keys():
        return None
    return str(ip_network(values["FLANNEL_SUBNET"], strict=False)), int(values["FLANNEL_MTU"])


def commands(node: NodeFacts, *, programs: Mapping[str, str]) -> dict[str, list[str]]:
    """The command lines, by name. programs: where each program is. flanneld needs `net-conf.json` on the disk."""
    return {
        "containerd": [programs["containerd"], "--config", f"{DISK}/containerd.toml"],
        "kubelet": [
            programs["kubelet"],
            f"--config={DISK}/kubelet.json",
            f"--kubeconfig={DISK}/kubelet.kubeconfig",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--cert-dir={DISK}/pki",
        ],
        "kube-proxy": [programs["kube-proxy"], f"--config={DISK}/kube-proxy.json"],
        "flanneld": [
            programs["flanneld"],
            "--kube-subnet-mgr",
            f"--kubeconfig-file={DISK}/flanneld.kubeconfig",
            f"--net-config-path={DISK}/net-conf.json",
            f"--iface={node.address}",
            "--subnet-file=/run/flannel/subnet.env",
            "--ip-masq=false",
            f"--healthz-port={FLANNEL_HEALTH}",
        ],
    }


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
