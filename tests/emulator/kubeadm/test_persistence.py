"""A cluster of machines outlives the process of the local cloud, at its old port and with its objects."""

from pathlib import Path

import pytest
from alibabacloud_ecs20140526 import models as m

from acsctl.emulator import Options, run
from acsctl.emulator.kubernetes.pki import Authority
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.ecs.conftest import Net, make_group, make_vpc, make_vswitch
from tests.emulator.kubeadm.conftest import TOKEN, Machines, condition


def test_a_cluster_is_there_again(tmp_path: Path) -> None:
    clock, authority = HandClock(), Authority(tmp_path / "pki")
    options = Options(speed=1.0, clock=clock, folder=tmp_path / "world")
    with run(options) as server:
        cloud = LocalCloud(server, clock=clock)
        vpc_id = make_vpc(cloud)
        net = Net(vpc_id, make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id))
        machines = Machines(cloud, net, tmp_path, authority)
        id_ = machines.control_plane()
        (before,) = machines.clusters()
        assert machines.user(before["server"]).ask("POST", "/api/v1/namespaces", NAMESPACE)[0] == 201
        machines.until(lambda: machines.node(machines.user(before["server"]), "cp-1"))
    with run(options) as server:
        machines = Machines(LocalCloud(server, clock=clock), net, tmp_path, authority)
        assert machines.clusters() == [before]
        assert server.clusters() == {id_}
        user = machines.user(f"https://{machines.address(id_)}:6443")
        assert user.get("/api/v1/namespaces/mine")[0] == 200
        assert machines.node(user, "cp-1") is not None
        assert "initialized successfully" in machines.console(id_)


@pytest.mark.long
def test_a_second_control_plane_keeps_the_cluster_when_the_first_one_goes(tmp_path: Path) -> None:
    clock, authority = HandClock(), Authority(tmp_path / "pki")
    with run(Options(speed=1.0, clock=clock, folder=tmp_path / "world")) as server:
        cloud = LocalCloud(server, clock=clock)
        vpc_id = make_vpc(cloud)
        net = Net(vpc_id, make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id))
        machines = Machines(cloud, net, tmp_path, authority)
        first = machines.launch(machines.init_data().replace("kubeadm init", "kubeadm init --upload-certs"))
        machines.until(lambda: "initialized successfully" in machines.console(first))
        flags = f"--token {TOKEN} --discovery-token-unsafe-skip-ca-verification --control-plane --certificate-key {'a' * 64}"
        second = machines.launch(f"#!/bin/sh\nkubeadm join {machines.address(first)}:6443 --node-name cp-2 {flags}\n")
        user = machines.user(f"https://{machines.address(second)}:6443")
        machines.until(lambda: "* Node cp-2" in machines.console(second))
        machines.until(lambda: machines.clusters()[0]["ready"] and machines.node(user, "cp-2"))
        cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=first, force=True))
        machines.until(lambda: machines.clusters()[0]["addresses"] == [f"{machines.address(second)}:6443"])
        node = machines.node(user, "cp-2")
        assert node is not None
        assert node["spec"]["taints"][0]["key"] == "node-role.kubernetes.io/control-plane"
        machines.until(lambda: condition(machines.node(user, "cp-1"), "Ready").get("status") == "Unknown")


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}
