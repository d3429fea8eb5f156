"""kubectl itself against the built-in plane; skipped where `make kube-assets` has not built it."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from tests.emulator.kubernetes.builtin.conftest import Clock

KUBECTL = Path(__file__).resolve().parents[4] / "build" / "kube-assets" / "bin" / "kubectl"
pytestmark = pytest.mark.skipif(
    not KUBECTL.exists() and "CI" not in os.environ, reason="no kubectl; `make kube-assets` builds it"
)

Run = Callable[..., str]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def kubectl(plane: BuiltinPlane, tmp_path: Path) -> Run:
    pair = plane.issue("admin", groups=["system:masters"], seconds=3600)

    def data(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    user = {"client-certificate-data": data(pair.certificate), "client-key-data": data(pair.key)}
    cluster = {"server": plane.server, "certificate-authority-data": data(plane.authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "web.yaml").write_text(WEB, encoding="utf-8")

    def run(*arguments: str, code: int = 0) -> str:
        command = [str(KUBECTL), "--kubeconfig", "config", "--cache-dir", "cache", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def moving(plane: BuiltinPlane, clock: Clock) -> Iterator[None]:
    """Nodes, and controllers and kubelets that live a second of the cloud's per turn."""
    end = threading.Event()
    size = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    for number in (1, 2):
        address = [{"type": "InternalIP", "address": f"10.0.0.{number}"}]
        status = {"capacity": size, "allocatable": size, "addresses": address}
        assert plane.request("POST", "/api/v1/nodes", body={"metadata": {"name": f"n{number}"}, "status": status}).ok

    def go() -> None:
        while not end.wait(0.02):
            plane.tick()
            clock.now += 1

    thread = threading.Thread(target=go)
    thread.start()
    yield
    end.set()
    thread.join()


def test_apply_diff_and_delete(kubectl: Run) -> None:
    assert kubectl("apply", "-f", "web.yaml") == "deployment.apps/web created\nservice/web created\n"
    assert kubectl("apply", "-f", "web.yaml") == "deployment.apps/web unchanged\nservice/web unchanged\n"
    assert kubectl("diff", "-f", "web.yaml") == ""
    kubectl("label", "deployment", "web", "x=y")
    kubectl("patch", "deployment", "web", "-p", '{"spec": {"replicas": 5}}')
    assert "-  replicas: 5\n+  replicas: 2" in kubectl("diff", "-f", "web.yaml", code=1)
    assert "configured (server dry run)" in kubectl("apply", "-f", "web.yaml", "--dry-run=server")
    assert "serverside-applied" in kubectl("apply", "-f", "web.yaml", "--server-side", "--force-conflicts")
    assert 'service "web" deleted' in kubectl("delete", "-f", "web.yaml")


def test_a_conflict_is_told(kubectl: Run) -> None:
    kubectl("apply", "-f", "web.yaml", "--server-side", "--field-manager=one")
    kubectl("scale", "deployment", "web", "--replicas=4")
    told = kubectl("apply", "-f", "web.yaml", "--server-side", "--field-manager=one", code=1)
    assert "Apply failed with 1 conflict" in told
    assert ".spec.replicas" in told


def test_what_it_creates_itself(kubectl: Run) -> None:
    assert kubectl("create", "namespace", "a") == "namespace/a created\n"
    kubectl("create", "secret", "generic", "s", "--from-literal=a=b", "-n", "a")
    kubectl("create", "configmap", "c", "--from-literal=a=b", "-n", "a")
    assert kubectl("get", "secret", "s", "-n", "a", "-o", "jsonpath={.data.a}") == "Yg=="
    assert "secrets" in kubectl("api-resources")
    assert "rollingUpdate" in kubectl("explain", "deployment.spec.strategy")
    told = kubectl("patch", "service", "kubernetes", "-p", '{"spec": {"foo": 1}}')
    assert 'unknown field "spec.foo"' in told


@pytest.mark.usefixtures("moving")
def test_a_rollout_from_beginning_to_end(kubectl: Run) -> None:
    kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=30s")
    kubectl("apply", "-f", "web.yaml")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "2/2" in kubectl("get", "deployment", "web")
    lines = kubectl("get", "pods", "-o", "wide").splitlines()
    assert [line.split()[1:3] for line in lines[1:]] == [["1/1", "Running"]] * 2
    assert "nginx:1.27 started" in kubectl("logs", "deployment/web")
    assert "Successfully assigned" in kubectl("describe", "pods", "-l", "app=web")
    kubectl("set", "image", "deployment/web", "web=nginx:1.28")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert kubectl("get", "deployment", "web", "-o", "jsonpath={..image}") == "nginx:1.27"
    assert "drained" in kubectl("drain", "n1", "--force", "--ignore-daemonsets", "--timeout=30s")
    kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=30s")
    assert "No resources found" in kubectl("get", "replicasets")
