"""The processes of a control plane: none is left behind, and their state goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.real import start
from acsctl.emulator.kubernetes.real.assets import NAMES
from acsctl.emulator.kubernetes.real.child import LAUNCH, end_leftovers
from tests.emulator.kubernetes.real.conftest import AROUND, face, started, until

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ANOTHER = """
import sys, time
from pathlib import Path
from tests.emulator.kubernetes.real.conftest import started
plane = started(Path(sys.argv[1]))
plane.request("POST", "/api/v1/namespaces/default/configmaps", body={"metadata": {"name": "kept"}})
print(plane.face.port, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """A process that ended and that nobody waited for is not."""
    asked = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(asked.stdout.strip()) and not asked.stdout.startswith("Z")


def pids(folder: Path) -> dict[str, int]:
    return {file.stem: int(file.read_text(encoding="ascii")) for file in folder.glob("*.pid")}


@pytest.mark.long
def test_a_closed_plane_leaves_nothing_running_and_goes_on_where_it_was(assets: Path, tmp_path: Path) -> None:
    plane = started(tmp_path)
    assert plane.request("POST", CONFIG_MAPS, body={"metadata": {"name": "a"}, "data": {"b": "c"}}).ok
    running = pids(tmp_path)
    assert set(running) == set(NAMES)
    plane.close()
    assert not [name for name, pid in running.items() if is_running(pid)]
    assert pids(tmp_path) == {}

    again = started(tmp_path, port=plane.face.port)
    assert (again.server, again.authority) == (plane.server, plane.authority)
    assert again.request("GET", f"{CONFIG_MAPS}/a").document["data"] == {"b": "c"}

    # One of them dies: the others end too, and who asks is told why.
    running = pids(tmp_path)
    os.kill(running["kube-scheduler"], signal.SIGKILL)
    until(lambda: bool(again.failure))
    until(lambda: not any(is_running(pid) for pid in running.values()))
    assert not again.ready
    with pytest.raises(ConnectionError, match="kube-scheduler ended with -9"):
        again.request("GET", "/version")
    again.close()


def test_a_killed_local_cloud_leaves_nothing_running_and_its_state_goes_on(assets: Path, tmp_path: Path) -> None:
    cloud = subprocess.Popen([sys.executable, "-c", ANOTHER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert cloud.stdout is not None
    port = int(cloud.stdout.readline())
    running = pids(tmp_path)
    cloud.kill()
    cloud.wait()
    cloud.stdout.close()
    until(lambda: not any(is_running(pid) for pid in running.values()))

    again = started(tmp_path, port=port)
    assert again.face.port == port
    assert again.request("GET", f"{CONFIG_MAPS}/kept").ok
    again.close()


def test_a_plane_without_a_folder_leaves_no_folder(assets: Path) -> None:
    plane = start(face(None), AROUND)
    folder = plane.folder
    assert folder.is_dir()
    assert not plane.ready
    plane.close()
    assert not folder.exists()


def test_a_program_ends_with_the_one_that_started_it() -> None:
    """launch.py alone: its parent is killed and can do nothing about it."""
    code = (
        "import os, subprocess, sys, time\n"
        f"command = [sys.executable, {str(LAUNCH)!r}, str(os.getpid()), '/bin/sleep', '600']\n"
        "print(subprocess.Popen(command).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    until(lambda: "sleep" in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[0])
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not is_running(pid))


def test_a_program_whose_parent_is_gone_does_not_start() -> None:
    ended = subprocess.run(
        [sys.executable, str(LAUNCH), "1", "/bin/echo", "started"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")


def test_leftovers_are_killed_and_strangers_are_not(tmp_path: Path) -> None:
    code = "import time; print(flush=True); time.sleep(600)"
    leftover = subprocess.Popen([sys.executable, "-c", code, "etcd", str(tmp_path)], stdout=subprocess.PIPE)
    stranger = subprocess.Popen([sys.executable, "-c", code, "kube-apiserver", "/other"], stdout=subprocess.PIPE)
    try:
        for process, name in ((leftover, "etcd"), (stranger, "kube-apiserver")):
            assert process.stdout is not None
            process.stdout.readline()
            (tmp_path / f"{name}.pid").write_text(str(process.pid), encoding="ascii")
        end_leftovers(tmp_path, patience=10)
        assert leftover.wait(10) == -signal.SIGKILL
        assert stranger.poll() is None
        assert pids(tmp_path) == {}
        end_leftovers(tmp_path, patience=10)
    finally:
        for process in (leftover, stranger):
            process.kill()
            process.communicate()


def test_a_pid_file_of_a_process_that_is_gone_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "etcd.pid").write_text(str(ended.pid), encoding="ascii")
    (tmp_path / "kube-scheduler.pid").write_text("", encoding="ascii")
    end_leftovers(tmp_path, patience=1)
    assert list(tmp_path.iterdir()) == []
