import base64
import json
import tomllib

import pytest

from acsctl.emulator.kubernetes.nodes import configuration
from acsctl.emulator.kubernetes.nodes.configuration import ClusterFacts, NodeFacts
from acsctl.emulator.kubernetes.plane import Pair

CLUSTER = ClusterFacts("https://192.0.2.1:20123", "PEM", "172.20.0.0/16", "172.21.0.0/20", "v1.35.7-aliyun.1")
NODE = NodeFacts("cn-hangzhou.10.0.1.5", "10.0.1.5", "acsctl-nodes-1a2b3c4d/i-1", CLUSTER)


def test_a_kubelet_knows_its_address_its_group_and_the_dns_of_its_cluster() -> None:
    document = json.loads(configuration.kubelet(NODE))
    assert document["address"] == "10.0.1.5"
    assert document["cgroupRoot"] == "/acsctl-nodes-1a2b3c4d/i-1"
    assert document["clusterDNS"] == ["172.21.0.10"]
    assert document["authentication"]["anonymous"] == {"enabled": False}


def test_a_kubeconfig_is_for_the_name_in_the_certificate_and_holds_the_pair() -> None:
    document = json.loads(configuration.kubeconfig(CLUSTER, user="system:node:a", pair=Pair("CERTIFICATE", "KEY")))
    (cluster,), (user,) = document["clusters"], document["users"]
    assert cluster["cluster"]["server"] == "https://192.0.2.1:20123"
    assert cluster["cluster"]["tls-server-name"] == "kubernetes"
    assert base64.b64decode(user["user"]["client-key-data"]) == b"KEY"
    assert document["contexts"][0]["context"]["user"] == user["name"] == "system:node:a"


def test_containerd_reads_its_file() -> None:
    document = tomllib.loads(configuration.containerd(plugins="/usr/lib/cni"))
    runtime = document["plugins"]["io.containerd.grpc.v1.cri"]
    assert runtime["cni"] == {"bin_dir": "/usr/lib/cni", "conf_dir": "/etc/cni/net.d"}
    assert runtime["containerd"]["runtimes"]["runc"]["options"] == {"SystemdCgroup": False}


def test_images_of_a_name_come_from_one_place_only() -> None:
    document = tomllib.loads(configuration.hosts("http://10.0.1.9:80"))
    assert document == {
        "server": "http://10.0.1.9:80",
        "host": {"http://10.0.1.9:80": {"capabilities": ["pull", "resolve"]}},
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FLANNEL_NETWORK=172.20.0.0/16\nFLANNEL_SUBNET=172.20.0.129/25\nFLANNEL_MTU=1450\n", ("172.20.0.128/25", 1450)),
        ("FLANNEL_NETWORK=172.20.0.0/16\nFLANNEL_SUBNET=172.20.0.129/25\n", None),
        ("", None),
    ],
)
def test_flannel_tells_block_and_mtu_once_its_file_is_whole(text: str, found: object) -> None:
    assert configuration.subnet_file(text) == found


def test_pods_get_addresses_of_their_block() -> None:
    bridge, _ = json.loads(configuration.interface_file("172.20.0.128/25", mtu=1450))["plugins"]
    assert bridge["mtu"] == 1450
    assert bridge["ipam"]["ranges"] == [[{"subnet": "172.20.0.128/25"}]]


def test_flannel_uses_the_address_of_its_node_and_the_net_conf_on_its_disk() -> None:
    names = ("containerd", "kubelet", "kube-proxy", "flanneld")
    command = configuration.commands(NODE, programs={name: f"/bin/{name}" for name in names})["flanneld"]
    assert command[0] == "/bin/flanneld"
    assert {"--iface=10.0.1.5", "--net-config-path=/mnt/net-conf.json", "--kube-subnet-mgr"} <= set(command)
