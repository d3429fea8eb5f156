"""The configuration that kubeadm reads, as documents of its API kubeadm.k8s.io/v1beta4 (Kubernetes 1.31 and later): pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acsctl.kinds.kubeadm.settings import PORT, Entry, Network, Node, Release

API = "kubeadm.k8s.io/v1beta4"
SOCKET = "unix:///run/containerd/containerd.sock"
OLDEST = (1, 31)
"""The first Kubernetes whose kubeadm reads this API."""
FIRST_TOKEN_LIFE = "1m0s"
DISCOVERY = "10m0s"

Document = dict[str, Any]


def init(node: Node, network: Network, release: Release, *, names: Sequence[str]) -> list[Document]:
    """The first control plane. `names` are further names and addresses that its API server answers to.

    kubeadm makes a bootstrap token of its own in any case: one that is over in a minute and that nobody reads.
    """
    return [
        {
            "apiVersion": API,
            "kind": "InitConfiguration",
            "bootstrapTokens": [
                {
                    "ttl": FIRST_TOKEN_LIFE,
                    "usages": ["signing", "authentication"],
                    "groups": ["system:bootstrappers:kubeadm:default-node-token"],
                }
            ],
            "localAPIEndpoint": {"advertiseAddress": node.address, "bindPort": PORT},
            "nodeRegistration": _registration(node),
        },
        {
            "apiVersion": API,
            "kind": "ClusterConfiguration",
            "kubernetesVersion": f"v{release.version}",
            "controlPlaneEndpoint": f"{node.address}:{PORT}",
            "imageRepository": release.images,
            "networking": {"podSubnet": network.pods, "serviceSubnet": network.services},
            "apiServer": {"certSANs": list(dict.fromkeys((node.address, *names)))},
            "controllerManager": {"extraArgs": [{"name": "node-cidr-mask-size", "value": str(network.mask)}]},
        },
    ]


def join(node: Node, entry: Entry) -> list[Document]:
    """A worker. It waits for the API server as long as that may take to come."""
    return [
        {
            "apiVersion": API,
            "kind": "JoinConfiguration",
            "discovery": {
                "bootstrapToken": {
                    "apiServerEndpoint": entry.endpoint,
                    "token": entry.token,
                    "caCertHashes": [entry.authority],
                }
            },
            "nodeRegistration": _registration(node),
            "timeouts": {"discovery": DISCOVERY, "tlsBootstrap": DISCOVERY},
        }
    ]


def _registration(node: Node) -> Document:
    args = {"provider-id": node.name, "node-ip": node.address}
    if node.labels:
        args["node-labels"] = ",".join(f"{key}={value}" for key, value in sorted(node.labels.items()))
    found: Document = {
        "name": node.name,
        "criSocket": SOCKET,
        "kubeletExtraArgs": [{"name": name, "value": value} for name, value in args.items()],
    }
    if node.taints:
        found["taints"] = [{name: value for name, value in taint.items() if value} for taint in node.taints]
    return found
