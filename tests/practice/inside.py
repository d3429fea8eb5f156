"""Looks from inside of a pod: who it reaches."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.practice.shell import Failure, run

_FETCH = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode().strip())
"""


def reaches(node: dict[str, Any], *, pod: str, url: str) -> bool:
    """Whether something answers there to a program in the network of a pod. node: of GET /_emulator/nodes."""
    command = [*_into(node), "nsenter", "-t", str(_process(node, pod=pod)), "-n", "--", sys.executable, "-I", "-c", _FETCH, url]
    return subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


def received(node: dict[str, Any], *, device: str) -> int:
    """Bytes that came to a network device of a node; 0 where there is none."""
    text = run("nsenter", f"--net=/proc/{node['pid']}/ns/net", "--", "cat", "/proc/net/dev")
    rows = (line.partition(":") for line in text.splitlines())
    return next((int(figures.split()[0]) for name, _, figures in rows if name.strip() == device), 0)


def _process(node: dict[str, Any], *, pod: str) -> int:
    """The number, inside of the node, of a process of the pod."""
    containers = run(*_into(node), "ctr", "-n", "k8s.io", "containers", "list", "-q", f'labels."io.kubernetes.pod.name"=={pod}')
    tasks = run(*_into(node), "ctr", "-n", "k8s.io", "tasks", "list").splitlines()[1:]
    ids = set(containers.split())
    found = next((int(pid) for id_, pid, state in (line.split()[:3] for line in tasks) if id_ in ids and state == "RUNNING"), 0)
    if not found:
        raise Failure(f"no process of the pod {pod} on {json.dumps(node)}")
    return found


def _into(node: dict[str, Any]) -> list[str]:
    """The mounts, the network and the processes of a node: those of the child of the process that made its namespaces."""
    pid = node["pid"]
    return [
        "nsenter",
        f"--mount=/proc/{pid}/ns/mnt",
        f"--net=/proc/{pid}/ns/net",
        f"--pid=/proc/{pid}/ns/pid_for_children",
        "--",
    ]
