"""The objects that `kubeadm init` makes (cmd/kubeadm/app/phases), as plain JSON, in the order in which they are made."""

import base64
import json
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

import yaml

from acsctl.emulator.kubernetes.client import Object
from acsctl.emulator.services.kubeadm.orders import CLUSTER_NAME, NODE_GROUP, InitOrder

SYSTEM, PUBLIC = "kube-system", "kube-public"
RBAC = "rbac.authorization.k8s.io"
ADMINS = "kubeadm:cluster-admins"
DNS_ADDRESS = 10
COREDNS = "v1.13.1"
REGISTRY = "registry.k8s.io"
_COREFILE = """.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes %s in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""


def cluster_info(server: str, *, authority: str) -> Object:
    """A kubeconfig without a user, for everybody to read."""
    cluster = {"certificate-authority-data": base64.b64encode(authority.encode()).decode(), "server": server}
    document: Object = {
        "apiVersion": "v1",
        "clusters": [{"cluster": cluster, "name": ""}],
        "contexts": None,
        "current-context": "",
        "kind": "Config",
        "preferences": {},
        "users": None,
    }
    return config_map("cluster-info", {"kubeconfig": yaml.safe_dump(document)}, namespace=PUBLIC)


def config_map(name: str, data: Mapping[str, str], *, namespace: str = SYSTEM) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": dict(data)}


def configuration(order: InitOrder, *, version: str) -> Iterator[Object]:
    """kubeadm-config and kubelet-config."""
    pods = {"podSubnet": order.pods} if order.pods else {}
    networking = {"dnsDomain": order.domain, "serviceSubnet": order.services, **pods}
    cluster = {
        "clusterName": CLUSTER_NAME,
        "certificatesDir": "/etc/kubernetes/pki",
        "imageRepository": REGISTRY,
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        **json.loads(json.dumps(order.cluster, default=str)),
        "kind": "ClusterConfiguration",
        "kubernetesVersion": version,
        "networking": networking,
    }
    yield config_map("kubeadm-config", {"ClusterConfiguration": yaml.safe_dump(cluster)})
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "clusterDNS": [dns_address(order)],
        "clusterDomain": order.domain,
        "rotateCertificates": True,
    }
    yield config_map("kubelet-config", {"kubelet": yaml.safe_dump(kubelet)})


def access() -> Iterator[Object]:
    """Who may do what: administrators, those who join, and everybody who looks for cluster-info."""
    nodes, joining = "system:nodes", NODE_GROUP
    yield _cluster_binding(ADMINS, role="cluster-admin", group=ADMINS)
    yield _role("kubeadm:bootstrap-signer-clusterinfo", namespace=PUBLIC, name="cluster-info")
    anonymous = {"kind": "User", "name": "system:anonymous", "apiGroup": RBAC}
    yield _binding("kubeadm:bootstrap-signer-clusterinfo", namespace=PUBLIC, subjects=[anonymous])
    yield _cluster_binding("kubeadm:kubelet-bootstrap", role="system:node-bootstrapper", group=joining)
    yield _cluster_binding(
        "kubeadm:node-autoapprove-bootstrap",
        role="system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        group=joining,
    )
    yield _cluster_binding(
        "kubeadm:node-autoapprove-certificate-rotation",
        role="system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        group=nodes,
    )
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
    yield _rbac("ClusterRole", "kubeadm:get-nodes", rules=rules)
    yield _cluster_binding("kubeadm:get-nodes", role="kubeadm:get-nodes", group=joining)
    for name, map_ in (("kubeadm:nodes-kubeadm-config", "kubeadm-config"), ("kubeadm:kubelet-config", "kubelet-config")):
        yield _role(name, namespace=SYSTEM, name=map_)
        groups = [{"kind": "Group", "name": one, "apiGroup": RBAC} for one in (nodes, joining)]
        yield _binding(name, namespace=SYSTEM, subjects=groups)


def coredns(order: InitOrder) -> Iterator[Object]:
    labels = {"k8s-app": "kube-dns"}
    ports = [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")]
    spec = {
        "selector": labels,
        "clusterIP": dns_address(order),
        "ports": [{"name": name, "port": port, "targetPort": port, "protocol": protocol} for name, port, protocol in ports],
    }
    yield _account("coredns")
    yield config_map("coredns", {"Corefile": _COREFILE % order.domain})
    meta = {"name": "kube-dns", "namespace": SYSTEM, "labels": {**labels, "kubernetes.io/name": "CoreDNS"}}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
    pod = {
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": "coredns",
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "dnsPolicy": "Default",
        "containers": [
            {
                "name": "coredns",
                "image": f"{REGISTRY}/coredns/coredns:{COREDNS}",
                "args": ["-conf", "/etc/coredns/Corefile"],
                "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181, "scheme": "HTTP"}},
                "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
            }
        ],
        "volumes": [{"name": "config-volume", "configMap": {"name": "coredns"}}],
    }
    yield _workload("Deployment", "coredns", labels=labels, pod=pod, replicas=2)


def kube_proxy(order: InitOrder, *, version: str) -> Iterator[Object]:
    labels = {"k8s-app": "kube-proxy"}
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clusterCIDR": order.pods,
        "mode": "",
    }
    yield _account("kube-proxy")
    yield config_map("kube-proxy", {"config.conf": yaml.safe_dump(settings)})
    pod = {
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "kube-proxy",
        "hostNetwork": True,
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [
            {
                "name": "kube-proxy",
                "image": f"{REGISTRY}/kube-proxy:{version}",
                "command": ["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"],
                "volumeMounts": [{"name": "kube-proxy", "mountPath": "/var/lib/kube-proxy"}],
            }
        ],
        "volumes": [{"name": "kube-proxy", "configMap": {"name": "kube-proxy"}}],
    }
    yield _workload("DaemonSet", "kube-proxy", labels=labels, pod=pod, updateStrategy={"type": "RollingUpdate"})


def dns_address(order: InitOrder) -> str:
    return str(ip_network(order.services, strict=False)[DNS_ADDRESS])


def _account(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": SYSTEM}}


def _workload(kind: str, name: str, *, labels: Mapping[str, str], pod: Object, **more: Any) -> Object:
    template = {"metadata": {"labels": dict(labels)}, "spec": pod}
    meta = {"name": name, "namespace": SYSTEM, "labels": dict(labels)}
    spec = {"selector": {"matchLabels": dict(labels)}, "template": template, **more}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}


def _rbac(kind: str, name: str, *, namespace: str = "", **fields: Any) -> Object:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": meta, **fields}


def _role(role: str, *, namespace: str, name: str) -> Object:
    """May read one ConfigMap."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [name], "verbs": ["get"]}]
    return _rbac("Role", role, namespace=namespace, rules=rules)


def _binding(name: str, *, namespace: str, subjects: list[dict[str, str]]) -> Object:
    reference = {"apiGroup": RBAC, "kind": "Role", "name": name}
    return _rbac("RoleBinding", name, namespace=namespace, roleRef=reference, subjects=subjects)


def _cluster_binding(name: str, *, role: str, group: str) -> Object:
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return _rbac("ClusterRoleBinding", name, roleRef=reference, subjects=[{"kind": "Group", "name": group, "apiGroup": RBAC}])
