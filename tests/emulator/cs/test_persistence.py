"""A cluster outlives the local cloud: tasks go on where they were, control planes are opened again."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from alibabacloud_cs20151215 import models as cs

from acsctl.emulator import Options, background, run
from acsctl.emulator.kubernetes import planes
from acsctl.emulator.kubernetes.plane import Face
from acsctl.emulator.kubernetes.planes import Surroundings
from acsctl.emulator.services.cs.control_plane import tend_planes
from acsctl.emulator.services.cs.types import CLUSTER
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.cs.ack import Ack, StillPlane


@pytest.fixture(autouse=True)
def still_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "_start", StillPlane)
    monkeypatch.setattr(background, "UNLOCKED", [tend_planes])


def test_a_restart_in_the_middle_of_everything(tmp_path: Path) -> None:
    clock = HandClock()
    options = Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)
    with run(options) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()
        made = ack.client.create_cluster_node_pool(cluster_id, ack.pool_request(size=2)).body
        ack.pass_time(11, boot=False)
        port = ack.world.store.of(CLUSTER)[0]["Port"]
        first = ack.world.planes.get(cluster_id)
    assert first is not None
    assert (first.closed, first.face.folder) == (True, tmp_path / "kubernetes" / cluster_id)
    with run(options) as server:
        again = Ack.found(LocalCloud(server, clock=clock), ack)
        plane = again.world.planes.get(cluster_id)
        assert plane is not None
        assert plane.face.port == port
        assert again.task(made.task_id)["state"] == "running"
        again.finish(made.task_id)
        assert len(again.nodes(cluster_id)) == 2


def test_a_restart_between_the_old_system_disk_and_the_new(tmp_path: Path) -> None:
    clock = HandClock()
    options = Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)
    with run(options) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()
        pool_id = ack.pool(cluster_id, size=2)
        request = cs.UpgradeClusterNodepoolRequest(use_replace=True)
        task_id = ack.client.upgrade_cluster_nodepool(cluster_id, pool_id, request).body.task_id
        for _ in range(20):
            ack.pass_time(1)
            if "Stopping" in {one["Status"] for one in ack.instances()}:
                break
        assert "Stopping" in {one["Status"] for one in ack.instances()}
    with run(options) as server:
        again = Ack.found(LocalCloud(server, clock=clock), ack)
        for _ in range(4):
            again.pass_time(100)
        assert [one["status"] for one in again.finish(task_id)["task_result"]] == ["success"] * 2
        assert {one["Status"] for one in again.instances()} == {"Running"}


def test_an_upgrade_renews_the_plane_and_keeps_its_folder(tmp_path: Path) -> None:
    clock = HandClock()
    with run(Options(speed=1.0, clock=clock, folder=tmp_path)) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()
        old = ack.world.planes.get(cluster_id)
        request = cs.UpgradeClusterRequest(next_version="1.36.2-aliyun.1")
        task_id = ack.client.upgrade_cluster(cluster_id, request).body.task_id
        ack.pass_time(601)
        assert ack.task(task_id)["state"] == "success"
        new = ack.world.planes.get(cluster_id)
        assert isinstance(old, StillPlane)
        assert isinstance(new, StillPlane)
        assert (old.closed, new.closed) == (True, False)
        assert (old.face.version, new.face.version) == ("v1.35.7-aliyun.1", "v1.36.2-aliyun.1")
        assert (new.face.folder, new.server) == (old.face.folder, old.server)


class ListeningPlane(StillPlane):
    """One that is told whom to refuse."""

    refused: tuple[str, ...] = ()

    def refuse(self, names: Iterable[str]) -> None:
        self.refused = tuple(names)


def test_what_was_revoked_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "_start", ListeningPlane)
    clock = HandClock()
    options = Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)
    with run(options) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()
        request = cs.DescribeClusterUserKubeconfigRequest()
        ack.client.describe_cluster_user_kubeconfig(cluster_id, request)
        ack.client.revoke_k8s_cluster_kube_config(cluster_id)
        ack.client.describe_cluster_user_kubeconfig(cluster_id, request)
        plane = ack.world.planes.get(cluster_id)
        assert isinstance(plane, ListeningPlane)
        (old, _, _), (new, _, _) = plane.issued
        assert (old != new, plane.refused) == (True, (old,))
    with run(options) as server:
        again = server.world.planes.get(cluster_id)
        assert isinstance(again, ListeningPlane)
        assert again.refused == (old,)


def test_a_plane_that_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    options = Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)
    with run(options) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()

    def refuse(face: object, around: object) -> StillPlane:
        raise OSError("the port is taken")

    monkeypatch.setattr(planes, "_start", refuse)
    with run(options) as server:
        again = Ack.found(LocalCloud(server, clock=clock), ack)
        again.pass_time(0)
        assert again.detail(cluster_id)["state"] == "unavailable"
    monkeypatch.setattr(planes, "_start", StillPlane)
    with run(options) as server:
        again = Ack.found(LocalCloud(server, clock=clock), ack)
        again.pass_time(0)
        assert again.detail(cluster_id)["state"] == "running"


def test_a_plane_takes_another_port_when_its_own_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    options = Options(speed=1.0, check_answers=True, clock=clock, folder=tmp_path)
    with run(options) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        cluster_id = ack.cluster()
        port = ack.world.store.of(CLUSTER)[0]["Port"]

    def start(face: Face, around: Surroundings) -> StillPlane:
        if face.port == port:
            raise OSError("the port is taken")
        return StillPlane(face, around)

    monkeypatch.setattr(planes, "_start", start)
    with run(options) as server:
        again = Ack.found(LocalCloud(server, clock=clock), ack)
        again.pass_time(0)
        assert again.detail(cluster_id)["state"] == "running"
        assert again.world.store.of(CLUSTER)[0]["Port"] not in (0, port)


def test_a_plane_that_does_not_start_makes_the_cluster_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(face: object, around: object) -> StillPlane:
        raise FileNotFoundError("kube-apiserver")

    monkeypatch.setattr(planes, "_start", refuse)
    clock = HandClock()
    with run(Options(speed=1.0, clock=clock)) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        made = ack.client.create_cluster(ack.request()).body
        task = ack.finish(made.task_id, state="fail")
        assert task["error"] == {"code": "ControlPlaneFailed", "message": "kube-apiserver"}
        assert ack.detail(made.cluster_id)["state"] == "failed"


def test_a_plane_that_fails_while_it_starts_makes_the_cluster_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(StillPlane):
        failure = "kube-apiserver ended with 1"

    monkeypatch.setattr(planes, "_start", Broken)
    clock = HandClock()
    with run(Options(speed=1.0, clock=clock)) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        made = ack.client.create_cluster(ack.request()).body
        assert ack.finish(made.task_id, state="fail")["error"]["message"] == Broken.failure
        assert ack.world.planes.all() == []


def test_a_reset_ends_the_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    with run(Options(speed=1.0, clock=clock)) as server:
        ack = Ack(LocalCloud(server, clock=clock))
        plane = ack.world.planes.get(ack.cluster())
        ack.cloud.control("POST", "reset")
        ack.pass_time(0)
        assert isinstance(plane, StillPlane)
        assert plane.closed
        assert ack.world.planes.all() == []
