"""What needs root: a VPC in a namespace, and what is left when the local cloud is killed. `make practice` has whole nodes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.nodes import cgroups, traces
from acsctl.emulator.kubernetes.nodes.network import Vpc, VpcWish
from acsctl.emulator.kubernetes.nodes.relay import Relay, listen

PROGRAMS = ("ip", "unshare", "nsenter", "sysctl")
IS_ABLE = sys.platform == "linux" and os.geteuid() == 0 and all(shutil.which(name) for name in PROGRAMS)
pytestmark = [pytest.mark.long, pytest.mark.skipif(not IS_ABLE, reason="needs Linux, root, iproute2 and util-linux")]

KILLED = """
import os, shutil, signal, subprocess, sys
from pathlib import Path
from acsctl.emulator.kubernetes.nodes import cgroups, traces
from acsctl.emulator.kubernetes.nodes.network import Vpc, VpcWish

trace = traces.begin(Path(sys.argv[1]))
vpc = Vpc(Path(trace.folder) / "vpc-1", unshare=shutil.which("unshare") or "")
vpc.become(VpcWish(("10.0.1.0/24",)))
cgroups.make(f"{trace.group}/i-1")
sleeper = subprocess.Popen(["sleep", "infinity"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for hierarchy in cgroups.hierarchies():
    group = hierarchy / trace.group / "i-1"
    if group.is_dir():
        (group / "cgroup.procs").write_text(str(sleeper.pid))
print(vpc.namespace.pid, sleeper.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def vpcs(tmp_path: Path) -> Iterator[list[Vpc]]:
    made = [Vpc(tmp_path / name, unshare=shutil.which("unshare") or "") for name in ("vpc-1", "vpc-2")]
    yield made
    for one in made:
        one.close()


def test_vpcs_of_one_range_have_no_way_to_one_another(vpcs: list[Vpc]) -> None:
    for one in vpcs:
        one.become(VpcWish(("10.0.1.0/24",)))
    first, second = (one.namespace for one in vpcs)
    with first.call(lambda: listen("10.0.1.253", 8080)):
        first.call(lambda: socket.create_connection(("10.0.1.253", 8080), timeout=30)).close()
        with pytest.raises(OSError):
            second.call(lambda: socket.create_connection(("10.0.1.253", 8080), timeout=30))


def test_a_relay_leads_out_of_a_vpc(vpcs: list[Vpc]) -> None:
    vpcs[0].become(VpcWish(("10.0.1.0/24",)))
    with listen("127.0.0.1", 0) as outside:
        inner = vpcs[0].namespace.call(lambda: listen("192.0.2.1", 6443))
        relay = Relay(inner, dial=lambda: socket.create_connection(outside.getsockname()))
        greeter = threading.Thread(target=lambda: outside.accept()[0].sendall(b"hello"))
        greeter.start()
        with vpcs[0].namespace.call(lambda: socket.create_connection(("192.0.2.1", 6443), timeout=30)) as client:
            assert client.recv(5) == b"hello"
        greeter.join()
        relay.close()


def test_after_kill_9_the_next_start_takes_away_what_is_left(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path.cwd(), capture_output=True, text=True, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    holder, sleeper = (int(word) for word in killed.stdout.split())
    (left,) = traces.leftovers(tmp_path)
    assert Path(left.folder).is_dir()
    assert sleeper in cgroups.processes(left.group)

    traces.end(left, folder=tmp_path)

    assert traces.leftovers(tmp_path) == []
    assert not Path(left.folder).exists()
    assert not any((hierarchy / left.group).exists() for hierarchy in cgroups.hierarchies())
    for pid in (holder, sleeper):  # gone, or a zombie that nobody has taken leave of yet
        status = Path(f"/proc/{pid}/status")
        assert not status.exists() or "\nState:\tZ" in status.read_text(encoding="utf-8")
