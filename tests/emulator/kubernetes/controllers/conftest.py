"""A cluster on the fake API server: controllers, kubelets, two nodes."""

from collections.abc import Iterator
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin.controllers import Controllers
from acsctl.emulator.kubernetes.client import NODES, PODS, Resource
from acsctl.emulator.kubernetes.kubelet import Kubelets
from acsctl.emulator.kubernetes.plane import Face
from tests.emulator.kubernetes.controllers.fake import Clock, FakeApi


class Cluster:
    def __init__(self) -> None:
        self.clock = Clock()
        self.api = FakeApi(self.clock)
        self.faults: dict[str, str] = {}
        self.restart()

    def restart(self) -> None:
        """As after the process was killed: nothing is remembered."""
        face = Face("c1", "builtin", "v1.35.4", "172.20.0.0/24", "172.21.0.0/20", 25)
        self.controllers = Controllers(self.api, now=self.clock, face=face, authority="PEM")
        self.kubelets = Kubelets(self.api, now=self.clock, images=lambda: self.faults, wall=lambda: 0.0)

    def run(self, seconds: int = 20) -> None:
        for _ in range(seconds):
            self.clock.time += 1
            self.kubelets.tick()
            self.controllers.tick()

    def node(self, name: str, **fields: Any) -> dict[str, Any]:
        labels = {"kubernetes.io/hostname": name}
        return self.api.make(NODES, name, metadata={"labels": labels}, spec=fields.pop("spec", {}), status=fields)

    def pods(self, **labels: str) -> list[dict[str, Any]]:
        return self.api.all(PODS, **labels)

    def one(self, resource: Resource, name: str, namespace: str = "default") -> dict[str, Any]:
        return self.api.one(resource, name, namespace)


@pytest.fixture(autouse=True)
def nothing_goes_wrong_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Controllers and kubelets go on after a crash over one object; here it fails the test."""
    yield
    assert [one.getMessage() for one in caplog.get_records("call") if one.name.startswith("acsctl.emulator.kubernetes")] == []


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster()
    made.node("n1")
    made.node("n2")
    made.run(6)
    return made


def template(image: str = "nginx:1", *, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": image}
    return {"metadata": {"labels": labels or {"app": "web"}}, "spec": {"containers": [container], **spec}}
