"""A built-in control plane, and a client of its wire."""

from __future__ import annotations

import http.client
import json
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from acsctl.emulator.kubernetes.plane import Face, Pair
from acsctl.emulator.kubernetes.planes import Surroundings

START = 1_790_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def face(folder: Path | None = None) -> Face:
    return Face(
        id="c1",
        rung="builtin",
        version="v1.35.4-aliyun.1",
        pod_cidr="172.20.0.0/16",
        service_cidr="172.21.0.0/20",
        node_cidr_mask=25,
        folder=folder,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plane(clock: Clock) -> Iterator[BuiltinPlane]:
    made = BuiltinPlane(face(), around=Surroundings(clock, dict))
    yield made
    made.close()


class Wire:
    """Raw HTTPS with a client certificate, or without one."""

    def __init__(self, plane: BuiltinPlane, *, pair: Pair | None) -> None:
        context = ssl.create_default_context(cadata=plane.authority)
        if pair is not None:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(pair.key + pair.certificate)
                file.flush()
                context.load_cert_chain(file.name)
        where = urlsplit(plane.server)
        self.connection = http.client.HTTPSConnection(where.hostname or "", where.port, context=context, timeout=20)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self.connection.request(method, path, body=data, headers={"Content-Type": "application/json", **headers})
        return self.connection.getresponse()

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = self.send(method, path, body, **headers)
        return answer.status, json.loads(answer.read())


@pytest.fixture
def admin(plane: BuiltinPlane) -> Iterator[Wire]:
    wire = Wire(plane, pair=plane.issue("admin", groups=["system:masters"], seconds=3600))
    yield wire
    wire.connection.close()


@pytest.fixture
def wire(plane: BuiltinPlane) -> Iterator[Callable[[Pair | None], Wire]]:
    made: list[Wire] = []

    def connect(pair: Pair | None) -> Wire:
        made.append(Wire(plane, pair=pair))
        return made[-1]

    yield connect
    for one in made:
        one.connection.close()
