"""What tests of trouble share: commands as a person sees them, manifests, and a line to a cluster that can be cut."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml

from acsctl.cli.main import main
from acsctl.cloud import connect
from acsctl.kinds.objects import door
from acsctl.kube import client
from acsctl.kube.client import Kube
from acsctl.kube.connect import Access
from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.support.lab import REGION, Block, Lab

WEB = "workload.web"
POOL: Block = {"kind": "node_pool", "cluster": "kube", "vswitches": ["a"], "instance_types": ["ecs.g7.xlarge"], "size": 1}
PATIENT = "8h"
"""At a thousandfold speed half a minute: controllers take their time in the wall's seconds."""
SHORT = "30m"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gates.x.dev"},
    "spec": {
        "group": "x.dev",
        "scope": "Namespaced",
        "names": {"plural": "gates", "singular": "gate", "kind": "Gate"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"open": {"type": "boolean"}}}},
                    }
                },
            }
        ],
    },
}
GATE = {"apiVersion": "x.dev/v1", "kind": "Gate", "metadata": {"name": "front"}, "spec": {"open": True}}


@dataclass(frozen=True)
class Said:
    """How a command ended, and all that it said, in one line."""

    code: int
    text: str


def person(lab: Lab, command: str, *more: str) -> Said:
    """A command as a person has it; it never ends with a traceback."""
    out = io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main([command, "-f", str(lab.folder), "--cloud", lab.address, *more])
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    text = " ".join(out.getvalue().split())
    assert "Traceback" not in text and "bug in acsctl" not in text, text
    return Said(code, text)


def config(name: str = "web", **more: Any) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def deployment(image: str = "web:1", *, name: str = "web", **container: Any) -> dict[str, Any]:
    """A Deployment of one pod."""
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": image, **container}]}}
    # At a thousandfold speed the usual ten minutes are over before a busy machine has done anything.
    spec = {"replicas": 1, "progressDeadlineSeconds": 86400, "selector": {"matchLabels": {"app": name}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def write(lab: Lab, *objects: dict[str, Any], pool: bool = True, **block: Any) -> None:
    """The stack with a workload of these objects; without any, without the workload."""
    lab.write(yaml.safe_dump_all(objects), "web.yaml")
    source = {} if "template" in block else {"manifests": ["web.yaml"]}
    web = {"kind": "workload", "cluster": "kube", "timeout": PATIENT, **source, **block}
    nodes = {"workers": POOL} if pool else {}
    lab.stack({**NETWORK, "kube": SMALL, **nodes, **({"web": web} if objects or block else {})})


def refused(lab: Lab, *says: str) -> None:
    """Plan and apply refuse with these words, and nothing is changed."""
    lab.refused()
    for command in (("plan",), ("apply", "--yes")):
        done = person(lab, *command)
        assert done.code == 5
        for text in says:
            assert text in done.text


def ended(lab: Lab, code: int, *says: str) -> str:
    """An apply that ends with this code and these words."""
    done = person(lab, "apply", "--yes")
    assert done.code == code, done.text
    for text in says:
        assert text in done.text
    return done.text


WRONG: Mapping[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "an unknown version": (
        {**deployment(), "apiVersion": "apps/v9"},
        ("the cluster has no Deployment in apps/v9; there is apps/v1", "Deployment default/web"),
    ),
    "an unknown kind": ({**config(), "kind": "Widget", "apiVersion": "x.dev/v1"}, ("the cluster has no Widget in x.dev/v1",)),
    "an unknown field": ({**config(), "dota": {}}, ("the cluster refuses ConfigMap default/web", "dota")),
    "an unknown field deep inside": (deployment(imagePullPolcy="Always"), ("Deployment default/web", "imagePullPolcy")),
    "a value of the wrong type": (config(data={"a": 1}), ("the cluster refuses ConfigMap default/web", "data.a")),
    "a value that cannot be": (deployment(name="Web"), ("Deployment default/Web", "metadata.name")),
}


def kube_of(lab: Lab) -> Kube:
    """A connection to the cluster of the stack."""
    return door.opened(connect(REGION, endpoint=lab.address), lab.id("cluster.kube"))


class Line:
    """A line to a server that can be cut: as long as it is, nothing answers at its address."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.cut_off = False
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, and take no more."""
        with self._lock:
            self.cut_off = True
            # Closing a socket does not wake the thread that is in its accept.
            for one in (self._listener, *self._open):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def mend(self) -> None:
        """Answer again, at the same address."""
        with self._lock:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.cut_off = False
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                if self.cut_off:
                    near.close()
                    far.close()
                    return
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def over_a_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Line]]:
    """Connections to clusters go over lines: one for each server, in the order in which they are first asked for."""
    lines: dict[str, Line] = {}
    access = client.access

    def leading(kubeconfig: str) -> Access:
        found = access(kubeconfig)
        host, _, port = found.server.removeprefix("https://").partition(":")
        line = lines.setdefault(found.server, Line(host, int(port)))
        opened.append(line) if line not in opened else None
        return replace(found, server=f"https://127.0.0.1:{line.port}", server_name=found.server_name or host)

    opened: list[Line] = []
    with monkeypatch.context() as patch:
        patch.setattr(client, "access", leading)
        yield opened
    for line in opened:
        line.cut()
