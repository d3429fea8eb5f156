"""The world in a folder: a killed process loses nothing, and no time passes while nothing runs."""

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from alibabacloud_vpc20160428 import models as m

from acsctl.emulator import Options, run
from acsctl.emulator.clock import Clock
from acsctl.emulator.settings import Settings
from acsctl.emulator.world import World
from tests.emulator.conftest import REGION, HandClock, LocalCloud
from tests.emulator.raw import rpc, send


@contextmanager
def local(folder: Path, *, clock: HandClock) -> Iterator[LocalCloud]:
    with run(Options(speed=1.0, folder=folder, clock=clock)) as server:
        yield LocalCloud(server, clock=clock)


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A local cloud in a process of its own, and its address."""
    command = [sys.executable, "-m", "acsctl.emulator", "--folder", str(folder), "--speed", "100"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    made = rpc(address, "CreateVpc", RegionId=REGION, ClientToken="t", **{"Tag.1.Key": "a", "Tag.1.Value": "b"}).json
    before = send(f"{address}/_emulator/world").json
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    process, address = start(tmp_path)
    after = send(f"{address}/_emulator/world").json
    again = rpc(address, "CreateVpc", RegionId=REGION, ClientToken="t", **{"Tag.1.Key": "a", "Tag.1.Value": "b"}).json
    process.terminate()
    process.communicate()
    assert process.returncode == 0
    for world in (before, after):
        for one in world:
            one["attributes"].pop("Status")  # it may have become Available meanwhile
    assert before == after
    assert before[1]["tags"] == {"a": "b"}
    assert again["VpcId"] == made["VpcId"]


def test_time_stands_still_between_runs(tmp_path: Path) -> None:
    clock = HandClock()
    with local(tmp_path, clock=clock) as cloud:
        cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
        cloud.pass_time(2)
        before = cloud.control("GET", "health")["time"]
    clock.seconds += 3600
    with local(tmp_path, clock=clock) as cloud:
        assert cloud.control("GET", "health")["time"] == before
        assert cloud.world("vpc")[0]["attributes"]["Status"] == "Pending"
        cloud.pass_time(1)
        assert cloud.world("vpc")[0]["attributes"]["Status"] == "Available"


def test_deletes_lags_and_tags_survive(tmp_path: Path) -> None:
    clock = HandClock()
    with local(tmp_path, clock=clock) as cloud:
        vpc_id = cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION)).body.vpc_id
        cloud.pass_time(5)
        cloud.settings(list_lag=10.0)
        cloud.vpc.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc_id))
        cloud.pass_time(3)
    with local(tmp_path, clock=clock) as cloud:
        listing = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION)).body
        assert (cloud.world(), listing.total_count) == ([], 1)
        cloud.pass_time(10)
    with local(tmp_path, clock=clock) as cloud:
        listing = cloud.vpc.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION)).body
        assert (cloud.world(), listing.total_count) == ([], 0)


def test_what_a_clock_was_held_is_kept(tmp_path: Path) -> None:
    """Else lists would be late by as much again."""
    world = World(Settings(), folder=tmp_path, wall=HandClock())
    world.clock = Clock(HandClock(), speed=1.0, start=100.0, ahead=30.0)
    world.close()
    again = World(Settings(), folder=tmp_path, wall=HandClock())
    assert (again.clock.now(), again.clock.unheld()) == (100.0, 130.0)
    again.close()


def test_a_failed_call_leaves_no_trace(tmp_path: Path) -> None:
    clock = HandClock()
    with local(tmp_path, clock=clock) as cloud:
        cloud.settings(quotas={"vpc.vpcs": 0})
        assert rpc(cloud.address, "CreateVpc", RegionId=REGION).status == 400
    with local(tmp_path, clock=clock) as cloud:
        assert cloud.world() == []


def test_reset_empties_the_folder_too(tmp_path: Path) -> None:
    clock = HandClock()
    with local(tmp_path, clock=clock) as cloud:
        cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
        cloud.control("POST", "reset")
    with local(tmp_path, clock=clock) as cloud:
        assert cloud.world() == []


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    process, _ = start(tmp_path)
    with pytest.raises(BlockingIOError), run(Options(folder=tmp_path)):
        pass
    process.kill()
    process.communicate()
    with run(Options(folder=tmp_path)):
        pass


def test_every_answered_create_survives_a_kill_in_the_middle(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    send(f"{address}/_emulator/settings", method="PUT", body=b'{"quotas": {"vpc.vpcs": 10000}}')
    answered: list[str] = []

    def create_until_killed() -> None:
        with suppress(OSError, http.client.HTTPException):
            while True:
                answered.append(rpc(address, "CreateVpc", RegionId=REGION).json["VpcId"])
                if len(answered) == 40:
                    os.kill(process.pid, signal.SIGKILL)

    threads = [threading.Thread(target=create_until_killed) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    process.communicate()
    clock = HandClock()
    with local(tmp_path, clock=clock) as cloud:
        kept = {one["id"] for one in cloud.world("vpc")}
    assert len(answered) >= 40
    assert set(answered) <= kept
    assert len(kept) <= len(answered) + len(threads)  # at most one unanswered create for each client
