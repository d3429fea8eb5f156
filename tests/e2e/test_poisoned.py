"""Nothing of the user's own way to clusters is looked at: a kubeconfig in its two places, a pod's service account, proxies.

Commands run as a process of their own in which an audit hook, set before acsctl is imported, writes down every file that is
opened, every address that is connected to and every program that is started.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.kube.cluster import binaries
from tests.support.lab import Block, Lab

WATCHED = """
import json, sys

notes = open(sys.argv[1], "w", buffering=1)


def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir"):
        print(json.dumps([event, str(arguments[0])]), file=notes)
    elif event == "socket.connect":
        print(json.dumps([event, list(map(str, arguments[1]))]), file=notes)
    elif event == "subprocess.Popen":
        environ = None if arguments[3] is None else {str(key): str(value) for key, value in arguments[3].items()}
        print(json.dumps([event, [str(arguments[0]), environ]]), file=notes)


sys.addaudithook(watch)
"""
COMMANDS = """
from acsctl.cli.main import main

for line in json.loads(sys.argv[2]):
    try:
        main(line)
    except SystemExit as error:
        if error.code:
            raise
"""
LIBRARY = "from kubernetes import client, config; config.load_kube_config(); client.CoreV1Api().list_namespace()"
"""What a careless client does."""


class Trap:
    """A server that answers nothing and counts who comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.caught = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.caught += 1
            line.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@dataclass(frozen=True)
class Seen:
    """What the hook wrote down."""

    opened: set[str]
    connected: set[tuple[str, ...]]
    started: list[tuple[str, dict[str, str] | None]]


@dataclass(frozen=True)
class Poison:
    """A user whose every way to a cluster leads into a trap."""

    folder: Path
    trap: Trap
    environ: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, code: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Seen]:
        notes = self.folder / "notes"
        line = [sys.executable, "-c", WATCHED + code, str(notes), *arguments]
        done = subprocess.run(line, env=self.environ, capture_output=True, text=True, check=False, timeout=300)
        rows: list[tuple[str, Any]] = [json.loads(text) for text in notes.read_text(encoding="utf-8").splitlines()]
        seen = Seen(
            {what for event, what in rows if event in ("open", "os.listdir", "os.scandir")},
            {tuple(what) for event, what in rows if event == "socket.connect"},
            [(what[0], what[1]) for event, what in rows if event == "subprocess.Popen"],
        )
        return done, seen

    def touched(self, seen: Seen) -> list[str]:
        """What of the user's own was looked at."""
        own = (str(self.folder / "home" / ".kube"), str(self.folder / "poison"), "/var/run/secrets/kubernetes.io")
        return sorted(path for path in seen.opened if path.startswith(own))


@pytest.fixture
def poison(tmp_path: Path) -> Iterator[Poison]:
    trap = Trap()
    server = {"server": f"https://127.0.0.1:{trap.port}", "insecure-skip-tls-verify": True}
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(tmp_path / "called")]}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "mine",
        "contexts": [{"name": "mine", "context": {"cluster": "mine", "user": "mine"}}],
        "clusters": [{"name": "mine", "cluster": server}],
        "users": [{"name": "mine", "user": {"exec": program}}],
    }
    (tmp_path / "poison").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "home" / ".kube").mkdir(parents=True)
    os.mkfifo(tmp_path / "home" / ".kube" / "config")  # whoever opens it waits for ever
    proxy = f"http://127.0.0.1:{trap.port}"
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path / "home"),
        "KUBECONFIG": str(tmp_path / "poison"),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(trap.port),
        **{name: proxy for word in ("http", "https", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())},
    }
    yield Poison(tmp_path, trap, environ)
    trap.close()


def test_a_careless_client_is_caught(poison: Poison) -> None:
    """The hook and the trap work."""
    done, seen = poison.run(LIBRARY)
    assert done.returncode != 0
    assert poison.touched(seen) == [str(poison.folder / "poison")]
    assert poison.trap.caught > 0
    assert seen.started and (poison.folder / "called").exists()


def test_the_users_own_kubeconfig_is_never_looked_at(lab: Lab, poison: Poison) -> None:
    lab.write(yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}), "web.yaml")
    blocks: dict[str, Block] = {"web": {"kind": "workload", "cluster": "kube", "manifests": ["web.yaml"]}}
    if (folder := binaries()) is not None:  # kubectl, which has its own ways to a kubeconfig
        poison.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        lab.write(yaml.safe_dump({"resources": ["more.yaml"]}), "k8s/kustomization.yaml")
        lab.write(yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}), "k8s/more.yaml")
        blocks["more"] = {"kind": "workload", "cluster": "kube", "kustomize": "k8s"}
    lab.stack({**NETWORK, "kube": SMALL, **blocks})
    flags = ["-f", str(lab.folder), "--cloud", lab.address]
    words = [["apply", "--yes"], ["plan", "--detailed-exitcode"], ["drift"], ["show"], ["kubeconfig"], ["destroy", "--yes"]]
    done, seen = poison.run(COMMANDS, json.dumps([[*line, *flags] for line in words]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Destroy complete" in done.stdout and "kind: Config" in done.stdout
    assert all(f"workload.{name}" in done.stdout for name in blocks)
    assert poison.touched(seen) == []
    assert poison.trap.caught == 0 and ("127.0.0.1", str(poison.trap.port)) not in seen.connected
    assert not (poison.folder / "called").exists()
    hosts = {f"http://{host}:{port}" for host, port in seen.connected}
    assert lab.address in hosts and len(hosts) == 2, "the cloud and the cluster"
    assert len(blocks) == 1 or any(Path(name).name in ("kubectl", "kustomize") for name, _ in seen.started)
    for name, environ in seen.started:
        given = poison.environ if environ is None else environ
        assert Path(name).name == "git" or given.get("KUBECONFIG") in (None, os.devnull)
    assert list((poison.folder / "home").iterdir()) == [poison.folder / "home" / ".kube"], "nothing was written there"
