"""A machine that runs `kubeadm init`, and the cluster that it makes."""

import base64
import ssl

import pytest
import yaml
from alibabacloud_ecs20140526 import models as m

from acsctl.emulator.kubernetes.pki import Authority
from tests.emulator.kubeadm.conftest import INIT, TOKEN, Machines, User, condition, flannel


def apply(user: User, network: str = "172.20.0.0/16", backend: str = "vxlan") -> None:
    for path, body in flannel(network, backend):
        assert user.ask("POST", path, body)[0] == 201


def test_a_machine_becomes_a_control_plane_with_the_given_authority(machines: Machines) -> None:
    id_ = machines.control_plane()
    user = machines.user(f"https://{machines.address(id_)}:6443")
    assert user.get("/version")[1]["gitVersion"] == "v1.35.4"
    node = machines.node(user, "cp-1")
    assert node is not None
    assert node["spec"]["taints"][0] == {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    assert node["spec"]["podCIDR"] == "172.20.0.0/25"
    assert "providerID" not in node["spec"]
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.35.4"


def test_only_certificates_of_the_authority_are_let_in(machines: Machines) -> None:
    machines.control_plane()
    server = machines.clusters()[0]["server"]
    stranger = Authority(None)
    pair = stranger.issue_client("eve", groups=["system:masters"], seconds=60)
    with pytest.raises(OSError):
        machines.user(server, pair=pair).get("/api/v1/nodes")
    with pytest.raises(ssl.SSLCertVerificationError):
        machines.user(server, authority=stranger).get("/version")
    nobody = machines.authority.issue_client("bob", seconds=60)
    assert machines.user(server, pair=nobody).get("/api/v1/nodes")[0] == 403


def test_what_init_leaves_in_the_cluster(machines: Machines) -> None:
    id_ = machines.control_plane()
    server = f"https://{machines.address(id_)}:6443"
    user = machines.user(server)
    _, secret = user.get("/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef")
    assert secret["type"] == "bootstrap.kubernetes.io/token"
    assert base64.b64decode(secret["data"]["token-secret"]).decode() == TOKEN.partition(".")[2]
    assert secret["data"]["expiration"]
    anybody = User(server, machines.authority.pem, None, machines.folder, user.proxy)
    status, info = anybody.get("/api/v1/namespaces/kube-public/configmaps/cluster-info")
    assert status == 200
    assert yaml.safe_load(info["data"]["kubeconfig"])["clusters"][0]["cluster"]["server"] == server
    assert "jws-kubeconfig-abcdef" in info["data"]
    _, config = user.get("/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
    assert yaml.safe_load(config["data"]["ClusterConfiguration"])["networking"]["podSubnet"] == "172.20.0.0/16"
    assert user.get("/api/v1/namespaces/kube-system/services/kube-dns")[1]["spec"]["clusterIP"] == "172.21.0.10"


def test_a_node_waits_for_its_network_and_flannel_brings_it(machines: Machines) -> None:
    id_ = machines.control_plane()
    user = machines.user(machines.clusters()[0]["server"])
    machines.settle()
    ready = condition(machines.node(user, "cp-1"), "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "KubeletNotReady")
    assert "cni plugin not initialized" in ready["message"]
    _, dns = user.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
    assert not dns["status"].get("readyReplicas")
    apply(user)
    machines.until(lambda: condition(machines.node(user, "cp-1"), "Ready").get("status") == "True")
    machines.settle()
    node = machines.node(user, "cp-1")
    assert node is not None
    notes = {key: text for key, text in node["metadata"]["annotations"].items() if key.startswith("flannel.")}
    assert notes.pop("flannel.alpha.coreos.com/backend-data").startswith('{"VNI":1,"VtepMAC":"')
    assert notes == {
        "flannel.alpha.coreos.com/backend-type": "vxlan",
        "flannel.alpha.coreos.com/kube-subnet-manager": "true",
        "flannel.alpha.coreos.com/public-ip": machines.address(id_),
    }
    assert condition(node, "NetworkUnavailable")["reason"] == "FlannelIsUp"
    _, daemons = user.get("/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds")
    assert daemons["status"]["numberReady"] == 1
    machines.until(
        lambda: user.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")[1]["status"].get("readyReplicas") == 2
    )


@pytest.mark.long
def test_flanneld_ends_when_its_network_is_another_one(machines: Machines) -> None:
    machines.control_plane()
    user = machines.user(machines.clusters()[0]["server"])
    apply(user, network="10.244.0.0/16")
    machines.settle(60)
    _, daemons = user.get("/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds")
    assert daemons["status"]["numberReady"] == 0
    _, events = user.get("/api/v1/namespaces/kube-flannel/events")
    assert any("doesn't contain" in one["message"] for one in events["items"])


@pytest.mark.long
def test_a_machine_without_an_authority_makes_one(machines: Machines) -> None:
    id_ = machines.control_plane(certificates=False)
    plane = machines.cloud.server.world.planes.get(id_)
    assert plane is not None and plane.authority != machines.authority.pem


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("networking: {podSubnet: 172.20.0.0/26}\n", "smaller than the size of node subnet with mask 25"),
        ("networking: {podSubnet: 10.0.0.0/8}\n", "difference is greater than 16"),
        ("networking: {podSubnet: nonsense}\n", "couldn't parse subnet"),
        ("networking: [1]\n", "cannot unmarshal array"),
        ("networking: {}\ncontrolPlaneEndpoint: here:there\n", "port must be a valid number"),
        (
            "networking: {}\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens: [x]\n",
            "unmarshal",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused_on_the_console(machines: Machines, network: str, told: str) -> None:
    id_ = machines.launch(machines.init_data(network=network))
    machines.until(lambda: "finished" in machines.console(id_))
    assert told in machines.console(id_)
    assert machines.clusters() == []


@pytest.mark.long
def test_a_small_machine_is_refused_unless_the_check_is_ignored(machines: Machines) -> None:
    data = machines.init_data()
    small = machines.launch(data, instance_type="ecs.e3.small")
    machines.until(lambda: "finished" in machines.console(small))
    assert "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2" in machines.console(small)
    daring = machines.launch(
        data.replace("--config", "--ignore-preflight-errors=NumCPU --config"), instance_type="ecs.e3.small"
    )
    machines.until(lambda: "initialized successfully" in machines.console(daring))


def test_user_data_run_once_per_disk(machines: Machines) -> None:
    id_ = machines.launch("#!/bin/sh\necho hello\n")
    machines.until(lambda: "finished" in machines.console(id_))
    machines.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    machines.settle(20)
    data = base64.b64encode(machines.init_data().encode()).decode()
    machines.cloud.ecs.modify_instance_attribute(m.ModifyInstanceAttributeRequest(instance_id=id_, user_data=data))
    machines.cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    machines.settle(120)
    assert machines.clusters() == []
    machines.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    machines.settle(20)
    image = "aliyun_3_x64_20G_alibase_20260828.vhd"
    machines.cloud.ecs.replace_system_disk(m.ReplaceSystemDiskRequest(instance_id=id_, image_id=image))
    machines.cloud.ecs.start_instance(m.StartInstanceRequest(instance_id=id_))
    machines.until(lambda: "initialized successfully" in machines.console(id_))


def test_a_cluster_goes_with_its_machine(machines: Machines) -> None:
    id_ = machines.control_plane()
    machines.cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    machines.settle(20)
    assert machines.clusters() == []
    assert machines.cloud.server.world.planes.get(id_) is None


def test_nobody_answers_at_an_address_without_a_cluster(machines: Machines) -> None:
    with pytest.raises(OSError, match="502"):
        machines.user("https://10.0.0.77:6443").get("/version")


@pytest.mark.long
def test_flags_instead_of_a_file(machines: Machines) -> None:
    script = f"#!/bin/bash -e\nkubeadm init --node-name cp-9 --token {TOKEN} --pod-network-cidr=172.20.0.0/16 || exit 1\n"
    id_ = machines.launch(script)
    machines.until(lambda: "initialized successfully" in machines.console(id_))
    assert machines.clusters()[0]["addresses"] == [f"{machines.address(id_)}:6443"]


def test_old_configurations_are_refused(machines: Machines) -> None:
    text = INIT.replace("v1beta4", "v1beta2")
    id_ = machines.launch(f"#!/bin/sh\ncat > /k.yaml <<'EOF'\n{text}EOF\nkubeadm init --config /k.yaml\n")
    machines.until(lambda: "finished" in machines.console(id_))
    assert "uses an old API spec" in machines.console(id_)


def test_a_fault_lets_kubeadm_fail_and_a_loop_tries_again(machines: Machines) -> None:
    fault = {"action": "machine.KubeadmInit", "message": "no space left on device", "times": 2}
    machines.cloud.control("PUT", "faults", [fault])
    once = machines.launch(machines.init_data())
    machines.until(lambda: "finished" in machines.console(once))
    assert "no space left on device" in machines.console(once)
    again = machines.launch("#!/bin/sh\nuntil kubeadm init --node-name cp-1; do sleep 5; done\n")
    machines.until(lambda: "initialized successfully" in machines.console(again))
    assert machines.console(again).count("no space left on device") == 1
