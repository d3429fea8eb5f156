"""The objects of Flannel where there is no addon for it, as its project's manifest has them (containers.md 2.3): pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acsctl.model.schema import Fault

NAMESPACE = "kube-flannel"
CONFIG_MAP = "kube-flannel-cfg"
DAEMON_SET = "kube-flannel-ds"
VERSION = "v0.28.9"
WITH_PROBES = (0, 28, 9)
"""The first version that tells whether its rules and its subnet are there (`/readyz`)."""
PLUGIN = "v1.9.1-flannel3"
IMAGES = "ghcr.io/flannel-io"
NET_CONF = "net-conf.json"
BACKEND = {"Type": "vxlan"}
OF_NET_CONF = ("Backend", "EnableNFTables")
OURS = ("images", "plugin")
_REFUSED = {
    "host-gw": "a VPC drops packets for addresses that it does not know",
    "ali-vpc": "Flannel has it no more since v0.20.0",
    "alloc": "it needs routes of the VPC, which nobody writes here",
}
KNOWN_BACKENDS = ("vxlan", "wireguard")

Object = dict[str, Any]


@dataclass(frozen=True)
class Overlay:
    """What is wanted: the version of Flannel, the pods' range, the backend, and where the images come from."""

    network: str
    version: str = VERSION
    backend: Mapping[str, Any] = field(default_factory=lambda: dict(BACKEND))
    nftables: bool = False
    images: str = IMAGES
    plugin: str = PLUGIN

    @classmethod
    def of(cls, network: str, version: str | None, config: Mapping[str, Any]) -> Overlay:
        """From the fields of the kind."""
        return cls(
            network,
            version=version or VERSION,
            backend=config.get("Backend") or dict(BACKEND),
            nftables=bool(config.get("EnableNFTables", False)),
            images=str(config.get("images") or IMAGES),
            plugin=str(config.get("plugin") or PLUGIN),
        )

    @property
    def net_conf(self) -> dict[str, Any]:
        """What flanneld reads. With `--kube-subnet-mgr` a node's block is its podCIDR."""
        return {"Network": self.network, "EnableNFTables": self.nftables, "Backend": dict(self.backend)}

    @property
    def config(self) -> dict[str, Any]:
        """The field `config`, with its defaults."""
        more = {"Backend": dict(self.backend), "EnableNFTables": self.nftables}
        return {**more, "images": self.images, "plugin": self.plugin}


def faults(config: Any) -> Iterator[Fault]:
    """What can be refused of `config` at load."""
    if not isinstance(config, Mapping):
        return
    for name in config:
        if name not in (*OF_NET_CONF, *OURS):
            allowed = (*OF_NET_CONF, *OURS)
            hint = "Network is the cluster's pod_cidr" if name == "Network" else f"there are {', '.join(allowed)}"
            yield Fault(("config", name), f"there is no {name} here", at="key", hint=hint, allowed=allowed)
    backend = config.get("Backend")
    if backend is None:
        return
    type = backend.get("Type") if isinstance(backend, Mapping) else None
    if type in _REFUSED:
        yield Fault(("config", "Backend", "Type"), f"{type} does not work in a VPC: {_REFUSED[str(type)]}", hint="write vxlan")
    elif isinstance(type, str) and type not in KNOWN_BACKENDS:
        text = f"{type} is no backend for a VPC"
        yield Fault(("config", "Backend", "Type"), text, hint="there are vxlan and wireguard", allowed=KNOWN_BACKENDS)
    elif not isinstance(type, str):
        yield Fault(("config", "Backend"), "a backend has a Type", hint="write  Backend: {Type: vxlan}")


def read(config_map: Mapping[str, Any], daemon_set: Mapping[str, Any]) -> Overlay | None:
    """What is there; None where it cannot be read."""
    try:
        net_conf = json.loads(config_map["data"][NET_CONF])
        pod = daemon_set["spec"]["template"]["spec"]
        images, _, version = str(pod["containers"][0]["image"]).rpartition("/flannel:")
        plugin = next(str(row["image"]) for row in pod["initContainers"] if row["name"] == "install-cni-plugin")
        return Overlay(
            str(net_conf["Network"]),
            version=version,
            backend=net_conf["Backend"],
            nftables=bool(net_conf.get("EnableNFTables", False)),
            images=images,
            plugin=plugin.rpartition(":")[2],
        )
    except (KeyError, IndexError, TypeError, ValueError, StopIteration):
        return None


def objects(overlay: Overlay) -> list[Object]:
    """All of them."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": _named(NAMESPACE, {"pod-security.kubernetes.io/enforce": "privileged"}, namespace=""),
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named("flannel")},
        _role(),
        _binding(),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(CONFIG_MAP, _SORT), "data": _data(overlay)},
        _daemon_set(overlay),
    ]


_SORT = {"tier": "node", "app": "flannel"}


def _named(name: str, labels: Mapping[str, str] | None = None, *, namespace: str = NAMESPACE) -> Object:
    home = {"namespace": namespace} if namespace else {}
    return {"name": name, **home, "labels": {"k8s-app": "flannel", **(labels or {})}}


def _role() -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": _named("flannel", namespace=""),
        "rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
        ],
    }


def _binding() -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": _named("flannel", namespace=""),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "flannel"},
        "subjects": [{"kind": "ServiceAccount", "name": "flannel", "namespace": NAMESPACE}],
    }


def _data(overlay: Overlay) -> dict[str, str]:
    delegate = {"hairpinMode": True, "isDefaultGateway": True}
    plugins = [{"type": "flannel", "delegate": delegate}, {"type": "portmap", "capabilities": {"portMappings": True}}]
    conflist = {"name": "cbr0", "cniVersion": "0.3.1", "plugins": plugins}
    return {"cni-conf.json": json.dumps(conflist, indent=2), NET_CONF: json.dumps(overlay.net_conf, indent=2)}


def _daemon_set(overlay: Overlay) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": _named(DAEMON_SET, _SORT),
        "spec": {
            "selector": {"matchLabels": {"app": "flannel"}},
            "template": {"metadata": {"labels": dict(_SORT)}, "spec": _pod(overlay)},
        },
    }


def _pod(overlay: Overlay) -> Object:
    linux = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [linux]}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "serviceAccountName": "flannel",
        "initContainers": _installers(overlay),
        "containers": [_flanneld(overlay)],
        "volumes": [
            {"name": "run", "hostPath": {"path": "/run/flannel"}},
            {"name": "cni-plugin", "hostPath": {"path": "/opt/cni/bin"}},
            {"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}},
            {"name": "flannel-cfg", "configMap": {"name": CONFIG_MAP}},
            {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
        ],
    }


def _installers(overlay: Overlay) -> list[Object]:
    config = {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"}
    return [
        {
            "name": "install-cni-plugin",
            "image": f"{overlay.images}/flannel-cni-plugin:{overlay.plugin}",
            "command": ["cp"],
            "args": ["-f", "/flannel", "/opt/cni/bin/flannel"],
            "volumeMounts": [{"name": "cni-plugin", "mountPath": "/opt/cni/bin"}],
        },
        {
            "name": "install-cni",
            "image": f"{overlay.images}/flannel:{overlay.version}",
            "command": ["cp"],
            "args": ["-f", "/etc/kube-flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"],
            "volumeMounts": [{"name": "cni", "mountPath": "/etc/cni/net.d"}, config],
        },
    ]


_PROBES: Object = {
    "livenessProbe": {"httpGet": {"path": "/healthz", "port": "healthz"}, "initialDelaySeconds": 10, "periodSeconds": 30},
    "readinessProbe": {"httpGet": {"path": "/readyz", "port": "healthz"}, "initialDelaySeconds": 5, "periodSeconds": 10},
}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def _flanneld(overlay: Overlay) -> Object:
    return {
        "name": "kube-flannel",
        "image": f"{overlay.images}/flannel:{overlay.version}",
        "command": ["/opt/bin/flanneld"],
        "args": ["--ip-masq", "--kube-subnet-mgr", "--healthz-port=8081"],
        "ports": [{"name": "healthz", "containerPort": 8081, "protocol": "TCP"}],
        **(_PROBES if _numbers(overlay.version) >= WITH_PROBES else {}),
        "resources": {"requests": {"cpu": "100m", "memory": "50Mi"}},
        "securityContext": {"privileged": False, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "EVENT_QUEUE_DEPTH", "value": "5000"},
            {"name": "CONT_WHEN_CACHE_NOT_READY", "value": "false"},
        ],
        "volumeMounts": [
            {"name": "run", "mountPath": "/run/flannel"},
            {"name": "flannel-cfg", "mountPath": "/etc/kube-flannel/"},
            {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
        ],
    }
