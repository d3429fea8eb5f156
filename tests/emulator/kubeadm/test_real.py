"""The same on a real control plane, which takes a quarter of a minute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator import Options, run
from acsctl.emulator.kubernetes.pki import Authority
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.ecs.conftest import Net, make_group, make_vpc, make_vswitch
from tests.emulator.kubeadm.conftest import Machines, condition, flannel
from tests.emulator.kubernetes import conftest
from tests.emulator.kubernetes.real.conftest import until

pytestmark = pytest.mark.long
assets = conftest.assets


class PassingCloud(LocalCloud):
    """Its time passes by itself."""

    def pass_time(self, seconds: float) -> None:
        end = self.server.world.clock.now() + seconds
        until(lambda: self.server.world.clock.now() >= end)


class PassingMachines(Machines):
    def until(self, done: Callable[[], Any]) -> Any:
        until(lambda: bool(done()))


def test_a_cluster_of_two_machines_with_flannel(assets: Path, tmp_path: Path) -> None:
    with run(Options(speed=50.0, kubernetes="real", folder=tmp_path / "world")) as server:
        cloud = PassingCloud(server, clock=HandClock())
        vpc_id = make_vpc(cloud)
        net = Net(vpc_id, make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id))
        machines = PassingMachines(cloud, net, tmp_path, Authority(tmp_path / "pki"))
        control = machines.control_plane()
        endpoint = f"{machines.address(control)}:6443"
        user = machines.user(f"https://{endpoint}")
        machines.launch(machines.join_data(endpoint))
        machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("reason") == "KubeletNotReady")
        for path, body in flannel():
            assert user.ask("POST", path, body)[0] == 201
        for name in ("cp-1", "w-1"):
            machines.until(lambda name=name: condition(machines.node(user, name), "Ready").get("status") == "True")
            machines.until(
                lambda name=name: condition(machines.node(user, name), "NetworkUnavailable").get("reason") == "FlannelIsUp"
            )
        dns = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
        machines.until(lambda: user.get(dns)[1]["status"].get("readyReplicas") == 2)
        assert cloud.findings() == []
