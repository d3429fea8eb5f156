"""Machines that make a cluster of themselves, on the built-in control plane, and a user who looks at it from outside."""

import base64
import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from alibabacloud_ecs20140526 import models as m

from acsctl.emulator.background import turn
from acsctl.emulator.kubernetes.pki import Authority, write_private
from acsctl.emulator.kubernetes.plane import Pair
from acsctl.emulator.services.kubeadm.discovery import pin_of
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.ecs.conftest import Net, launch, make_group, make_vpc, make_vswitch

TOKEN = "abcdef.0123456789abcdef"
VERSION = "1.35.4"
STEP = 10.0  # cloud seconds from one look to the next
LONGEST = 600.0
PKI = "/etc/kubernetes/pki"
FILES = (("ca.crt", "ca.pem"), ("ca.key", "ca.key"))
INIT = """apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp-1}
"""
CLUSTER = """apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.35.4
controllerManager:
  extraArgs: [{name: node-cidr-mask-size, value: "25"}]
"""
NETWORK = "networking: {podSubnet: 172.20.0.0/16, serviceSubnet: 172.21.0.0/20}\n"
TOKEN_LINES = f"bootstrapTokens: [{{token: {TOKEN}, ttl: 1h0m0s}}]\n"
JOIN = """apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
timeouts: {{discovery: 30s}}
discovery:
  bootstrapToken:
    apiServerEndpoint: {endpoint}
    token: {token}
    caCertHashes: ["{pin}"]
nodeRegistration:
  name: {name}
"""


@dataclass(frozen=True)
class User:
    """server: `https://HOST:PORT`, reached through the proxy unless it is on this machine."""

    server: str
    trusted: str
    pair: Pair | None
    folder: Path
    proxy: str

    def get(self, path: str) -> tuple[int, Any]:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        target = urlsplit(self.server)
        context = ssl.create_default_context(cadata=self.trusted)
        if self.pair is not None:
            file = self.folder / "client.pem"
            write_private(file, text=self.pair.certificate + self.pair.key)
            context.load_cert_chain(file)
        host, port = (target.hostname, target.port) if target.hostname == "127.0.0.1" else self.proxy.split(":")
        connection = http.client.HTTPSConnection(str(host), int(port or 0), timeout=30, context=context)
        if target.hostname != "127.0.0.1":
            connection.set_tunnel(str(target.hostname), target.port)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, body=data, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if answer.headers.get_content_type() == "application/json" else text.decode()


@dataclass(frozen=True)
class Machines:
    """authority: what the first machine finds in its folder of certificates; folder: for files of the user."""

    cloud: LocalCloud
    net: Net
    folder: Path
    authority: Authority

    def launch(self, user_data: str | bytes, **parameters: Any) -> str:
        """The id of an instance that is Pending."""
        data = user_data.encode() if isinstance(user_data, str) else user_data
        return launch(self.cloud, self.net, user_data=base64.b64encode(data).decode(), **parameters)[0]

    def until(self, done: Callable[[], Any]) -> Any:
        """Lets time pass until something is true, and hands it back."""
        passed = 0.0
        while passed < LONGEST:
            turn(self.cloud.server.world)
            if found := done():
                return found
            self.cloud.pass_time(STEP)
            passed += STEP
        raise AssertionError(f"not within {LONGEST} cloud seconds; consoles: {self.consoles()}")

    def settle(self, seconds: float = 30.0) -> None:
        for _ in range(int(seconds / STEP)):
            self.cloud.pass_time(STEP)
            turn(self.cloud.server.world)

    def console(self, id_: str) -> str:
        request = m.GetInstanceConsoleOutputRequest(region_id=REGION, instance_id=id_)
        return base64.b64decode(self.cloud.ecs.get_instance_console_output(request).body.console_output).decode()

    def consoles(self) -> dict[str, str]:
        found = self.cloud.ecs.describe_instances(m.DescribeInstancesRequest(region_id=REGION)).body.instances.instance
        return {one.instance_id: self.console(one.instance_id) for one in found}

    def address(self, id_: str) -> str:
        request = m.DescribeInstanceAttributeRequest(instance_id=id_)
        body = self.cloud.ecs.describe_instance_attribute(request).body
        return body.vpc_attributes.private_ip_address.ip_address[0]

    def clusters(self) -> list[dict[str, Any]]:
        return [one for one in self.cloud.control("GET", "clusters") if one["kind"] == "kubeadm"]

    def user(self, server: str, *, authority: Authority | None = None, pair: Pair | None = None) -> User:
        """Somebody with a client certificate of the authority, who trusts it."""
        known = authority or self.authority
        held = pair or known.issue_client("ann", groups=["kubeadm:cluster-admins"], seconds=3600)
        return User(server, known.pem, held, self.folder, urlsplit(self.cloud.address).netloc)

    def node(self, user: User, name: str) -> dict[str, Any] | None:
        status, found = user.get(f"/api/v1/nodes/{name}")
        return found if status == 200 else None

    def init_data(self, *, tokens: str = TOKEN_LINES, network: str = NETWORK, more: str = "", certificates: bool = True) -> str:
        """User data of a control plane. tokens, network: lines of InitConfiguration and ClusterConfiguration; more: of
        cloud-config."""
        files = {
            "/etc/kubernetes/kubeadm.yaml": f"{INIT}{tokens}---\n{CLUSTER}{network}",
            **({f"{PKI}/{end}": (self.folder / "pki" / name).read_text() for end, name in FILES} if certificates else {}),
        }
        return cloud_config(files, commands=["kubeadm init --config /etc/kubernetes/kubeadm.yaml"], more=more)

    def join_data(self, endpoint: str, *, name: str = "w-1", token: str = TOKEN, pin: str = "", more: str = "") -> str:
        """more: lines of nodeRegistration."""
        found = pin or pin_of(self.authority.pem.encode())
        join = JOIN.format(endpoint=endpoint, token=token, pin=found, name=name) + more
        commands = ["kubeadm join --config /etc/kubernetes/join.yaml"]
        return cloud_config({"/etc/kubernetes/join.yaml": join}, commands=commands)

    def control_plane(self, **parameters: Any) -> str:
        """The id of an instance whose cluster serves."""
        id_ = self.launch(self.init_data(**parameters))
        self.until(lambda: any(one["ready"] and one["addresses"] for one in self.clusters()))
        self.until(lambda: "initialized successfully" in self.console(id_))
        return id_


def cloud_config(files: dict[str, str], *, commands: list[str], more: str = "") -> str:
    entries = [{"path": path, "content": text, "permissions": "0600"} for path, text in files.items()]
    document = {"write_files": entries, "packages": [f"kubelet={VERSION}-1.1", f"kubeadm={VERSION}-1.1"], "runcmd": commands}
    return f"#cloud-config\n{yaml.safe_dump(document)}{more}"


@pytest.fixture
def machines(cloud: LocalCloud, tmp_path: Path) -> Machines:
    vpc_id = make_vpc(cloud)
    net = Net(vpc_id, make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id))
    return Machines(cloud, net, tmp_path, Authority(tmp_path / "pki"))


def flannel(network: str = "172.20.0.0/16", backend: str = "vxlan") -> list[tuple[str, dict[str, Any]]]:
    """Path and body of what brings a network, as short as can be."""
    meta = {"name": "kube-flannel-cfg", "namespace": "kube-flannel"}
    conf = json.dumps({"Network": network, "Backend": {"Type": backend}})
    mounts = [{"name": "cni", "mountPath": "/etc/cni/net.d"}, {"name": "cfg", "mountPath": "/etc/kube-flannel"}]
    image = "ghcr.io/flannel-io/flannel:v0.28.4"
    pod = {
        "hostNetwork": True,
        "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
        "initContainers": [{"name": "install-cni", "image": image, "command": ["cp"], "volumeMounts": mounts}],
        "containers": [
            {
                "name": "kube-flannel",
                "image": image,
                "command": ["/opt/bin/flanneld"],
                "args": ["--ip-masq", "--kube-subnet-mgr"],
                "volumeMounts": mounts,
            }
        ],
        "volumes": [
            {"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}},
            {"name": "cfg", "configMap": {"name": "kube-flannel-cfg"}},
        ],
    }
    labels = {"app": "flannel"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    workload = {"selector": {"matchLabels": labels}, "template": template}
    ds = {"name": "kube-flannel-ds", "namespace": "kube-flannel"}
    within = "/api/v1/namespaces/kube-flannel"
    return [
        ("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-flannel"}}),
        (f"{within}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"net-conf.json": conf}}),
        (
            "/apis/apps/v1/namespaces/kube-flannel/daemonsets",
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ds, "spec": workload},
        ),
    ]


def condition(obj: dict[str, Any] | None, type: str) -> dict[str, Any]:
    """A condition of an object; empty when it has none."""
    found = ((obj or {}).get("status") or {}).get("conditions") or ()
    return next((one for one in found if one["type"] == type), {})
