"""A cluster of machines outlives the process of the local cloud, at its old port and with its objects."""

from pathlib import Path

from acsctl.emulator import Options, run
from acsctl.emulator.kubernetes.pki import Authority
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.ecs.conftest import Net, make_group, make_vpc, make_vswitch
from tests.emulator.kubeadm.conftest import Machines


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


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}
