"""The real kubectl on a control plane: its commands, and what it prints without what differs from run to run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from acsctl.emulator.kubernetes.real.assets import binaries
from tests.emulator.kubernetes.contract.case import FOLDER, Step
from tests.emulator.kubernetes.contract.normal import TIME, UUID
from tests.emulator.kubernetes.contract.rig import Rig

NODE = "contract"
REPLACED = (
    (UUID, "UID"),
    (TIME, "TIME"),
    (re.compile(r"\b172\.2[01]\.\d+\.\d+"), "IP"),
    (re.compile(r"\b[a-z]+-[a-f0-9]{8,10}(-[a-z0-9]{5})?\b"), "HASHED"),
    (re.compile(r"/tmp/\S+"), "FILE"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*( [+-]\d+ \w+)?"), "TIME"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "TIME"),
    (re.compile(r'resourceVersion: "\d+"'), "resourceVersion: RV"),
    (re.compile(r"\b(\d+[smhdy]){1,2}\b|<invalid>"), "AGE"),
    (re.compile(r"[ \t]+"), " "),  # columns are as wide as what is in them
    (re.compile(r"-{2,}"), "--"),
)


@dataclass(frozen=True)
class Command:
    """only: `last` line of its output, or its `code`. drop: lines that begin with it are left out. end: no line from it on."""

    run: str
    input: str = ""
    only: str = ""
    drop: str = ""
    end: str = ""


@cache
def commands() -> dict[str, tuple[Command, ...]]:
    document = yaml.safe_load((FOLDER / "kubectl.yaml").read_text(encoding="utf-8"))
    return {name: tuple(Command(**row) for row in rows) for name, rows in document["cases"].items()}


def run(rig: Rig, case: str, *, folder: Path) -> Iterator[Any]:
    """What each command printed."""
    namespace = f"kubectl-{list(commands()).index(case)}"
    _prepare(rig, namespace=namespace, folder=folder)
    for command in commands()[case]:
        done = _ticking(rig, lambda command=command: _kubectl(command, namespace=namespace, folder=folder))
        yield _normal(done, command=command, namespace=namespace)
    rig.send(Step(f"DELETE /api/v1/namespaces/{namespace}"))


def _prepare(rig: Rig, *, namespace: str, folder: Path) -> None:
    rig.make_namespace(namespace)
    rig.send(Step("POST /api/v1/nodes", body={"metadata": {"name": NODE}}))
    rig.wait(Step(f"GET /api/v1/nodes/{NODE}", until={"status.conditions.3.status": "True", "spec.taints": None}))
    pair = rig.plane.issue("root", groups=["system:masters"], seconds=3600)
    (folder / "client.pem").write_text(pair.certificate + pair.key, encoding="ascii")
    (folder / "ca.pem").write_text(rig.plane.authority, encoding="ascii")
    cluster = {"server": rig.plane.server, "certificate-authority": str(folder / "ca.pem")}
    user = {"client-certificate": str(folder / "client.pem"), "client-key": str(folder / "client.pem")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (folder / "config").write_text(json.dumps(document), encoding="ascii")


def _kubectl(command: Command, *, namespace: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [word.replace("_", " ") if "*/" in word else word for word in _words(command.run.replace("<ns>", namespace))]
    return subprocess.run(
        [str(binaries() / "kubectl"), "--namespace", namespace, *words],
        input=command.input,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"HOME": str(folder), "KUBECONFIG": str(folder / "config"), "PATH": "/usr/bin:/bin"},
    )


def _words(text: str) -> list[str]:
    return text.split() if "{" in text or "[" in text else shlex.split(text)


def _ticking(rig: Rig, work: Any) -> subprocess.CompletedProcess[str]:
    """Does it in another thread, while controllers and kubelets go on in this one."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        while not future.done():
            rig.pause()
            wait([future], timeout=0.02)
        return future.result()


def _normal(done: subprocess.CompletedProcess[str], *, command: Command, namespace: str) -> dict[str, Any]:
    if command.only == "code":
        return {"code": done.returncode}
    lines = [_clean(line, namespace=namespace) for line in (done.stdout + done.stderr).splitlines()]
    if command.end in lines:
        del lines[lines.index(command.end) :]
    kept = [line for line in lines if not command.drop or not line.startswith(command.drop)]
    return {"code": done.returncode, "lines": kept[-1:] if command.only == "last" else kept}


def _clean(line: str, *, namespace: str) -> str:
    line = line.replace(namespace, "<ns>")
    for pattern, text in REPLACED:
        line = pattern.sub(text, line)
    return line.strip()
