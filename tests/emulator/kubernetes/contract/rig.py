"""One control plane under test, spoken to over HTTPS as any client does."""

from __future__ import annotations

import json
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from acsctl.emulator.kubernetes import planes
from acsctl.emulator.kubernetes.plane import Face, Plane, Rung
from tests.emulator.kubernetes.contract.case import Case, Step
from tests.emulator.kubernetes.contract.normal import at, normal

PATIENCE = 60.0


class Clock:
    """Wall time, and ahead of it by what was passed: what a controller waits for need not be waited for."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(frozen=True)
class Raw:
    code: int
    type: str
    warnings: list[str]
    body: Any


class Rig:
    def __init__(self, plane: Plane, *, clock: Clock) -> None:
        self.plane = plane
        self._clock = clock
        self._connections: dict[str, HTTPSConnection] = {}

    def run(self, case: Case) -> Iterator[Any]:
        """Normalised answers, step by step."""
        self.make_namespace(case.namespace)
        names = {"ns": case.namespace}
        for step in case.steps:
            raw = self.wait(step, **names)
            for name, path in step.save.items():
                names[name] = str(at(raw.body, path))
            yield normal(
                {"code": raw.code, "type": raw.type, "warnings": raw.warnings, "body": raw.body}, step=step, names=names
            )
        self.send(Step(f"DELETE /api/v1/namespaces/{case.namespace}"))

    def send(self, step: Step, **names: str) -> Raw:
        method, target = _filled(step.do, names).split(" ", 1)
        body = None
        headers = {"Accept": step.accept, "User-Agent": "contract/1.0"}
        if step.body is not None:
            text = step.body if isinstance(step.body, str) else json.dumps(step.body)
            body = _filled(text, names).encode()
            headers["Content-Type"] = step.type
        connection = self._connection(step.user)
        try:
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException):
            connection.close()  # the cases after this one are not to suffer
            raise
        kind = answer.headers.get("Content-Type", "")
        return Raw(answer.status, kind, sorted(answer.headers.get_all("Warning") or []), _parsed(text, kind=kind))

    def wait(self, step: Step, **names: str) -> Raw:
        """The answer once it is as `until` says."""
        deadline = time.monotonic() + PATIENCE
        while True:
            raw = self.send(step, **names)
            if all(at(raw.body, path) == value for path, value in step.until.items()):
                return raw
            assert time.monotonic() < deadline, (step.do, step.until, raw)
            self.pause()

    def pause(self) -> None:
        """Lets the controllers and kubelets work, a second of their time."""
        self.plane.tick()
        if self.plane.face.rung == "real":
            time.sleep(0.05)  # its controllers live in wall time
        else:
            self._clock.ahead += 1.0

    def make_namespace(self, name: str) -> None:
        self.send(Step("POST /api/v1/namespaces", body={"metadata": {"name": name}}))
        for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            self.wait(Step(f"GET /api/v1/namespaces/{name}/{path}", until={"metadata.name": path.split("/")[1]}))

    def _connection(self, user: str) -> HTTPSConnection:
        if user not in self._connections:
            address = urlsplit(self.plane.server)
            context = ssl.create_default_context(cadata=self.plane.authority)
            if user != "anonymous":
                groups = ["users"] if user else ["system:masters"]
                pair = self.plane.issue(user or "contract", groups=groups, seconds=3600)
                with tempfile.TemporaryDirectory() as folder:
                    file = Path(folder) / "client.pem"
                    file.write_text(pair.certificate + pair.key, encoding="ascii")
                    context.load_cert_chain(file)
            self._connections[user] = HTTPSConnection(address.hostname or "", address.port, context=context, timeout=60)
        return self._connections[user]


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"<{name}>", value)
    return text


def _parsed(text: str, *, kind: str) -> Any:
    if not kind.startswith("application/json") and not text.startswith("{"):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:  # a watch: one event a line
        return [json.loads(line) for line in text.splitlines()]


@contextmanager
def rig(rung: Rung, folder: Path) -> Iterator[Rig]:
    """A ready plane. Raises FileNotFoundError when its binaries are not there."""
    clock = Clock()
    face = Face(
        id=f"contract-{rung}",
        rung=rung,
        version="v1.35.4",
        pod_cidr="172.20.0.0/16",
        service_cidr="172.21.0.0/20",
        node_cidr_mask=25,
        folder=folder,
    )
    held = planes.Planes(planes.Surroundings(now=clock, images=dict))
    try:
        plane = held.open(face)
        deadline = time.monotonic() + PATIENCE
        while not plane.ready:
            assert time.monotonic() < deadline, "the control plane does not become ready"
            plane.tick()
            time.sleep(0.05)
        yield Rig(plane, clock=clock)
    finally:
        held.close()
