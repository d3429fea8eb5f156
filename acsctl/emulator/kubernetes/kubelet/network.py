"""Networks for pods that DaemonSets bring to nodes: when a node has a CNI plugin, and what flanneld does and writes there.

For nodes with the annotation NETWORK only (nodes.py). flanneld as in github.com/flannel-io/flannel, pkg/subnet/kube and
pkg/backend, with --kube-subnet-mgr.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from acsctl.emulator.kubernetes.client import CONFIG_MAPS, NODES, Client, Object
from acsctl.emulator.kubernetes.conditions import Condition, find, with_condition
from acsctl.emulator.kubernetes.kubelet import nodes

PLUGINS = "/etc/cni/net.d"
PREFIX = "flannel.alpha.coreos.com"
NOT_READY = (
    "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
_UP = Condition("NetworkUnavailable", "False", "FlannelIsUp", "Flannel is running on this node")
_BACKENDS = ("vxlan", "host-gw", "alloc", "udp", "wireguard", "ipip", "ipsec", "extension")


class Networks:
    """The networks of one round. fleet: nodes by name, as they are when the round begins."""

    def __init__(self, client: Client, *, fleet: Mapping[str, Object]) -> None:
        self._client = client
        self._fleet = fleet

    def blocks(self, pod: Mapping[str, Any]) -> bool:
        """Whether a pod has to wait for its node's network."""
        node = self._fleet.get(pod["spec"].get("nodeName", ""))
        return node is not None and nodes.network(node) == nodes.MISSING and not pod["spec"].get("hostNetwork")

    def problem(self, pod: Mapping[str, Any]) -> str:
        """Why flanneld in this pod ends at once; empty for one that runs, and for every other pod."""
        node = self._fleet.get(pod["spec"].get("nodeName", ""))
        if node is None or not nodes.network(node) or not _flanneld(pod):
            return ""
        return self._lack(pod, node=node)

    def tend(self, pods: Iterable[Object]) -> None:
        """Lets pods that have come up do to their nodes what they are for."""
        for pod in pods:
            node = self._fleet.get(pod["spec"].get("nodeName", ""))
            if node is None or not nodes.network(node) or not nodes.is_alive(node) or pod["metadata"].get("deletionTimestamp"):
                continue
            if nodes.network(node) == nodes.MISSING and _installs_plugin(pod) and _initialized(pod):
                self._annotate(node, {nodes.NETWORK: nodes.INSTALLED})
            elif _flanneld(pod) and _runs(pod) and not self._lack(pod, node=node):
                self._write(pod, node=node)

    def _annotate(self, node: Object, notes: Mapping[str, str]) -> bool:
        meta = node["metadata"]
        wanted = {**(meta.get("annotations") or {}), **notes}
        if wanted == meta.get("annotations"):
            return False
        self._client.update(NODES, {**node, "metadata": {**meta, "annotations": wanted}})
        return True

    def _write(self, pod: Mapping[str, Any], *, node: Object) -> None:
        """The lease and then, in a later round since the node has changed, the condition."""
        backend = str((self._configuration(pod).get("Backend") or {}).get("Type") or "udp")
        notes = {
            f"{PREFIX}/backend-data": _backend_data(backend, uid=node["metadata"]["uid"]),
            f"{PREFIX}/backend-type": backend,
            f"{PREFIX}/kube-subnet-manager": "true",
            f"{PREFIX}/public-ip": nodes.address(node),
        }
        status = node.get("status") or {}
        before = find(status, _UP.type)
        if self._annotate(node, notes) or (before is not None and before["status"] == "False"):
            return
        conditions = with_condition(status.get("conditions") or [], _UP, stamp=self._client.stamp, touch="lastHeartbeatTime")
        self._client.set_status(NODES, node, status={**status, "conditions": conditions})

    def _lack(self, pod: Mapping[str, Any], *, node: Object) -> str:
        name, cidr = node["metadata"]["name"], node["spec"].get("podCIDR")
        configuration = self._configuration(pod)
        if not configuration:
            return "Failed to create SubnetManager: error parsing subnet config: net-conf.json is no JSON object, or missing"
        if not cidr:
            return f'Error registering network: failed to acquire lease: node "{name}" pod cidr not assigned'
        backend = str((configuration.get("Backend") or {}).get("Type") or "udp")
        if backend not in _BACKENDS:
            return f"Error fetching backend: unknown backend type {backend}"
        try:
            network = ip_network(str(configuration.get("Network")))
        except ValueError as error:
            return f"Failed to create SubnetManager: error parsing subnet config: {error}"
        block = ip_network(cidr)
        if block.prefixlen < network.prefixlen or block.network_address not in network:
            contained = f'subnet "{network}" specified in the flannel net config doesn\'t contain "{cidr}" PodCIDR'
            return f'Error registering network: failed to acquire lease: {contained} of the "{name}" node'
        return ""

    def _configuration(self, pod: Mapping[str, Any]) -> Mapping[str, Any]:
        """net-conf.json of a ConfigMap that is mounted; empty when it is none."""
        for volume in pod["spec"].get("volumes") or ():
            name = (volume.get("configMap") or {}).get("name")
            found = self._client.get(CONFIG_MAPS, namespace=pod["metadata"]["namespace"], name=name) if name else None
            text = ((found or {}).get("data") or {}).get("net-conf.json")
            if text is not None:
                return _object(text)
        return {}


def _object(text: str) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _backend_data(backend: str, *, uid: str) -> str:
    """What the other nodes have to know; made from the node's uid, so that it stays."""
    digest = hashlib.sha256(uid.encode()).digest()
    if backend == "vxlan":
        first = (digest[0] & 0xFC) | 0x02  # a locally administered unicast address
        mac = ":".join(f"{one:02x}" for one in (first, *digest[1:6]))
        return json.dumps({"VNI": 1, "VtepMAC": mac}, separators=(",", ":"))
    return "null"


def _flanneld(pod: Mapping[str, Any]) -> bool:
    words = (word for one in pod["spec"]["containers"] for word in (*(one.get("command") or ()), *(one.get("args") or ())))
    return any(str(word).rpartition("/")[2] == "flanneld" for word in words)


def _installs_plugin(pod: Mapping[str, Any]) -> bool:
    """Whether it has the folder of the node where the container runtime looks for plugins."""
    volumes = pod["spec"].get("volumes") or ()
    return any(str((one.get("hostPath") or {}).get("path", "")).rstrip("/") == PLUGINS for one in volumes)


def _initialized(pod: Mapping[str, Any]) -> bool:
    """Its init containers are through, and its containers have begun."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return bool(statuses) and all("waiting" not in one["state"] or one.get("lastState") for one in statuses)


def _runs(pod: Mapping[str, Any]) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return bool(statuses) and all("running" in one["state"] for one in statuses)
