"""The first process of a node, in namespaces of its own: lays out its file system, then runs its programs, again when they end.

`boot.py FOLDER NAME`, run as a file of its own and not imported. FOLDER is the node's disk: what it writes to `etc`, `var`
and `opt` is laid over those of the machine, `kubelet`, `containerd`, `cni` and `flannel` are the folders that those programs
keep, and `programs/NAME.json` is a command, `[program, argument, ...]`, that is run from the moment the file is there.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

DISK = Path("/mnt")  # where the node's disk is seen from inside
LAID_OVER = ("etc", "var", "opt")
KEPT = {
    "kubelet": "/var/lib/kubelet",
    "containerd": "/var/lib/containerd",
    "cni": "/etc/cni/net.d",
    "flannel": "/run/flannel",
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PAUSE, AGAIN = 0.1, 1.0  # wall seconds between two looks, and until a program that ended is run again


def lay_out(folder: Path) -> None:
    """Raises CalledProcessError when something cannot be mounted."""
    mount("--make-rprivate", "/")
    mount("--bind", str(folder), str(DISK))
    for name in LAID_OVER:
        upper, work = DISK / "layers" / name, DISK / "layers" / f"{name}.work"
        for one in (upper, work):
            one.mkdir(parents=True, exist_ok=True)
        mount("-t", "overlay", "overlay", "-o", f"lowerdir=/{name},upperdir={upper},workdir={work}", f"/{name}")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name, place in KEPT.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        (DISK / name).mkdir(exist_ok=True)
        mount("--bind", str(DISK / name), place)
    mount("--make-rshared", "/")  # kubelets hand mounts on to containers


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def run(name: str) -> None:
    """For ever. Being number one, it also takes leave of what lost its parent."""
    running: dict[int, str] = {}
    due: dict[str, float] = {}
    environment = {"PATH": PATH, "HOME": "/root", "NODE_NAME": name}  # and nothing of the local cloud's own
    while True:
        now = time.monotonic()
        for file in sorted((DISK / "programs").glob("*.json")):
            if file.stem not in running.values() and now >= due.get(file.stem, 0.0):
                running[start(file, environment=environment)] = file.stem
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                program = running.pop(ended, "")
                if program:
                    due[program] = time.monotonic() + AGAIN
        time.sleep(PAUSE)


def start(file: Path, *, environment: dict[str, str]) -> int:
    """The process id of a program that is run now; its output is in `logs`."""
    command = json.loads(file.read_text(encoding="utf-8"))
    log = os.open(DISK / "logs" / f"{file.stem}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    try:
        return os.posix_spawn(command[0], command, environment, file_actions=actions, setsigmask=[], setsid=True)
    finally:
        os.close(log)


def main(folder: str, name: str) -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    socket.sethostname(name)
    lay_out(Path(folder))
    os.chdir("/")
    run(name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
