"""The objects of the addons that run on nodes, as plain JSON.

Names, namespace and the DNS address are the cloud's (sheet ack-facts.md 3); images are named as its registry names them; the
rest is as short as can be: nothing is really run. No APIService of the metrics server is made, since nothing would answer it,
and a namespace cannot be deleted while a group of the API does not answer.
"""

import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

from acsctl.emulator.kubernetes.client import Object
from acsctl.emulator.kubernetes.drivers import DISK_DRIVER
from acsctl.emulator.services.cs.rounds import Seen

ADDON_LABEL = "ack.aliyun.com/addon"
VERSION_LABEL = "ack.aliyun.com/addon-version"
NAMESPACE = "kube-system"
DNS_ADDRESS = 10  # of the service range, sheet ack-facts.md 5

Builder = Callable[[Seen, Seen], list[Object]]


def manifests(cluster: Seen, *, addon: Seen) -> list[Object]:
    """What an ADDON record stands for inside the cluster; nothing for a managed one."""
    build = BUILDERS.get(addon["Name"])
    made = [] if build is None else build(cluster, addon)
    return [_labelled(one, addon=addon) for one in made]


def _labelled(manifest: Object, *, addon: Seen) -> Object:
    labels = {**(manifest["metadata"].get("labels") or {}), ADDON_LABEL: addon["Name"], VERSION_LABEL: addon["Version"]}
    return {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}


def _flannel(cluster: Seen, addon: Seen) -> list[Object]:
    """Addresses only: the routes are the cloud controller manager's."""
    net = {"Network": cluster["ContainerCidr"], "Backend": {"Type": "alloc"}}
    cni = {"name": "cb0", "cniVersion": "0.3.1", "plugins": [{"type": "flannel", "delegate": {"isDefaultGateway": True}}]}
    settings = {"net-conf.json": json.dumps(net, indent=2), "cni-conf.json": json.dumps(cni, indent=2)}
    return [
        _account("flannel"),
        _named("v1", "ConfigMap", "kube-flannel-cfg", data=settings),
        _daemon_set("kube-flannel-ds", image=_image(cluster, "flannel", addon), account="flannel", host=True),
    ]


def _kube_proxy(cluster: Seen, addon: Seen) -> list[Object]:
    return [
        _account("kube-proxy"),
        _named("v1", "ConfigMap", "kube-proxy-worker", data={"config.conf": f"mode: {cluster.get('ProxyMode') or 'ipvs'}\n"}),
        _daemon_set("kube-proxy-worker", image=_image(cluster, "kube-proxy", addon), account="kube-proxy", host=True),
    ]


def _coredns(cluster: Seen, addon: Seen) -> list[Object]:
    """The last pod of it may not be evicted, which holds up the drain of a last node (sheet ack-facts.md 2)."""
    labels = {"k8s-app": "kube-dns"}
    ports = [{"name": name, "port": 53, "targetPort": 53, "protocol": protocol} for name, protocol in _DNS_PORTS]
    service = {"selector": labels, "clusterIP": dns_address(cluster), "ports": ports}
    corefile = "\n".join([".:53 {", *(f"    {one}" for one in _DNS_PLUGINS), "}", ""])
    deployment = _deployment("coredns", image=_image(cluster, "coredns", addon), replicas=2, labels=labels)
    return [
        _account("coredns"),
        _named("v1", "ConfigMap", "coredns", data={"Corefile": corefile}),
        _named("v1", "Service", "kube-dns", spec=service),
        _named(
            "policy/v1", "PodDisruptionBudget", "coredns-pdb", spec={"minAvailable": 1, "selector": {"matchLabels": labels}}
        ),
        deployment,
    ]


def _metrics_server(cluster: Seen, addon: Seen) -> list[Object]:
    ports = [{"port": 443, "targetPort": 443, "protocol": "TCP"}]
    return [
        _account("metrics-server"),
        _named("v1", "Service", "metrics-server", spec={"selector": {"app": "metrics-server"}, "ports": ports}),
        _deployment("metrics-server", image=_image(cluster, "metrics-server", addon), replicas=1),
    ]


def _csi_plugin(cluster: Seen, addon: Seen) -> list[Object]:
    return [
        _account("csi-plugin"),
        _daemon_set("csi-plugin", image=_image(cluster, "csi-plugin", addon), account="csi-plugin", host=True),
    ]


def _csi_provisioner(cluster: Seen, addon: Seen) -> list[Object]:
    """With the storage classes of cloud disks."""
    classes = [_storage_class(name, kind=kind) for name, kind in _DISK_CLASSES.items()]
    deployment = _deployment("csi-provisioner", image=_image(cluster, "csi-plugin", addon), replicas=2)
    return [_account("csi-provisioner"), *classes, deployment]


def _managed_provisioner(cluster: Seen, addon: Seen) -> list[Object]:
    return [_storage_class(name, kind=kind) for name, kind in _DISK_CLASSES.items()]


def _nginx_ingress(cluster: Seen, addon: Seen) -> list[Object]:
    config: Mapping[str, Any] = json.loads(addon["Config"] or "{}")
    inside = str(config.get("IngressSlbNetworkType", "internet")) == "intranet"
    prefix = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-"
    notes = {f"{prefix}address-type": "intranet"} if inside else {}
    ports = [
        {"name": name, "port": port, "targetPort": port, "protocol": "TCP"} for name, port in (("http", 80), ("https", 443))
    ]
    service = {"type": "LoadBalancer", "selector": {"app": "nginx-ingress-controller"}, "ports": ports}
    return [
        _account("nginx-ingress-controller"),
        _deployment("nginx-ingress-controller", image=_image(cluster, "aliyun-ingress-controller", addon), replicas=2),
        _named("v1", "Service", "nginx-ingress-lb", spec=service, annotations=notes),
        _named("networking.k8s.io/v1", "IngressClass", "nginx", spec={"controller": "k8s.io/ingress-nginx"}),
    ]


def _alb_ingress(cluster: Seen, addon: Seen) -> list[Object]:
    return [_named("networking.k8s.io/v1", "IngressClass", "alb", spec={"controller": "ingress.k8s.alibabacloud/alb"})]


BUILDERS: Mapping[str, Builder] = {
    "kube-flannel-ds": _flannel,
    "managed-kube-proxy": _kube_proxy,
    "coredns": _coredns,
    "metrics-server": _metrics_server,
    "csi-plugin": _csi_plugin,
    "csi-provisioner": _csi_provisioner,
    "managed-csiprovisioner": _managed_provisioner,
    "nginx-ingress-controller": _nginx_ingress,
    "alb-ingress-controller": _alb_ingress,
}

_DNS_PLUGINS = (
    "errors",
    "health",
    "ready",
    "kubernetes cluster.local in-addr.arpa ip6.arpa",
    "forward . /etc/resolv.conf",
    "cache 30",
    "reload",
)
_DNS_PORTS = (("dns", "UDP"), ("dns-tcp", "TCP"))
_DISK_CLASSES = {
    "alicloud-disk-essd": "cloud_essd",
    "alicloud-disk-ssd": "cloud_ssd",
    "alicloud-disk-efficiency": "cloud_efficiency",
    "alicloud-disk-topology-alltype": "cloud_essd,cloud_ssd,cloud_efficiency",
}
_EVERYWHERE = [{"operator": "Exists"}]
_CLUSTER_SCOPED = ("StorageClass", "IngressClass")


def dns_address(cluster: Seen) -> str:
    """The address of the cluster's DNS."""
    return str(IPv4Network(cluster["ServiceCidr"])[DNS_ADDRESS])


def _named(version: str, kind: str, name: str, *, annotations: Mapping[str, str] | None = None, **fields: Any) -> Object:
    meta: Object = {"name": name} if kind in _CLUSTER_SCOPED else {"name": name, "namespace": NAMESPACE}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**meta, **({"annotations": dict(annotations)} if annotations else {})},
        **fields,
    }


def _account(name: str) -> Object:
    return _named("v1", "ServiceAccount", name)


def _storage_class(name: str, *, kind: str) -> Object:
    """As the chart of the driver has it: only the one of several types waits for a pod."""
    waits = "WaitForFirstConsumer" if "," in kind else "Immediate"
    return _named(
        "storage.k8s.io/v1",
        "StorageClass",
        name,
        provisioner=DISK_DRIVER,
        parameters={"type": kind},
        reclaimPolicy="Delete",
        allowVolumeExpansion=True,
        volumeBindingMode=waits,
    )


def _image(cluster: Seen, name: str, addon: Seen) -> str:
    """The image of an addon in the registry of the region; the version is its tag."""
    region = cluster.scope.region
    return f"registry-{region}-vpc.ack.aliyuncs.com/acs/{name}:{addon['Version']}"


def _daemon_set(name: str, *, image: str, account: str, host: bool = False) -> Object:
    """On every node, also on those that take no pods yet."""
    pod = {**_pod(name, image=image, account=account), "tolerations": _EVERYWHERE, "hostNetwork": host}
    return _workload("DaemonSet", name, labels={"app": name}, pod=pod, updateStrategy={"type": "RollingUpdate"})


def _deployment(name: str, *, image: str, replicas: int, labels: Mapping[str, str] | None = None) -> Object:
    pod = {**_pod(name, image=image, account=name), "tolerations": _MASTER}
    return _workload("Deployment", name, labels=labels or {"app": name}, pod=pod, replicas=replicas)


_MASTER = [{"key": "node-role.kubernetes.io/master", "operator": "Exists", "effect": "NoSchedule"}]


def _workload(kind: str, name: str, *, labels: Mapping[str, str], pod: Object, **more: Any) -> Object:
    template = {"metadata": {"labels": dict(labels)}, "spec": pod}
    return _named("apps/v1", kind, name, spec={"selector": {"matchLabels": dict(labels)}, "template": template, **more})


def _pod(name: str, *, image: str, account: str) -> Object:
    container = {"name": name, "image": image, "resources": {"requests": {"cpu": "10m", "memory": "20Mi"}}}
    critical = {"priorityClassName": "system-node-critical"}
    return {"containers": [container], "serviceAccountName": account, **critical}
