"""What a real control plane does for those who use it."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator.kubernetes.pki import Authority
from acsctl.emulator.kubernetes.plane import Pair
from acsctl.emulator.kubernetes.real import start
from acsctl.emulator.kubernetes.real.plane import RealPlane
from tests.emulator.kubernetes.real.conftest import AROUND, face, until

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def get(plane: RealPlane, path: str, *, pair: Pair, folder: Path) -> Any:
    """As a client of its own, with this certificate."""
    file = folder / "client.pem"
    file.write_text(pair.certificate + pair.key, encoding="ascii")
    context = ssl.create_default_context(cadata=plane.authority)
    context.load_cert_chain(file)
    with urllib.request.urlopen(plane.server + path, context=context, timeout=30) as answer:
        return json.load(answer)


def deployment(name: str, *, image: str, replicas: int) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


def test_it_tells_the_version_it_is(plane: RealPlane) -> None:
    assert plane.request("GET", "/version").document["gitVersion"] == "v1.35.4"


def test_a_certificate_has_the_rights_of_its_groups(plane: RealPlane, tmp_path: Path) -> None:
    admin = plane.issue("root", groups=["system:masters"], seconds=600)
    assert get(plane, "/api/v1/nodes", pair=admin, folder=tmp_path)["kind"] == "NodeList"
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(plane, "/api/v1/nodes", pair=plane.issue("someone", groups=[], seconds=600), folder=tmp_path)
    assert refused.value.code == 403


def test_a_certificate_of_another_authority_is_nobody(plane: RealPlane, tmp_path: Path) -> None:
    stranger = Authority(None).issue_client("root", groups=["system:masters"], seconds=600)
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(plane, "/api/v1/nodes", pair=stranger, folder=tmp_path)
    assert refused.value.code == 401


def test_pods_of_a_deployment_become_ready_on_a_node(plane: RealPlane) -> None:
    assert plane.request("POST", "/api/v1/nodes", body={"metadata": {"name": "n1"}}).ok
    assert plane.request("POST", DEPLOYMENTS, body=deployment("web", image="nginx:1", replicas=3)).ok
    until(lambda: plane.request("GET", f"{DEPLOYMENTS}/web").document["status"].get("readyReplicas") == 3, plane=plane)
    node = plane.request("GET", "/api/v1/nodes/n1").document
    assert node["spec"]["podCIDR"] == "172.20.0.0/25"
    assert plane.request("DELETE", f"{DEPLOYMENTS}/web").ok
    until(lambda: plane.request("GET", "/api/v1/namespaces/default/pods").document["items"] == [], plane=plane)
    assert plane.request("DELETE", "/api/v1/nodes/n1").ok


def test_a_taken_port_is_told_at_once(plane: RealPlane, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        start(face(tmp_path, port=plane.face.port), AROUND)


def test_what_it_cannot_start_with_is_told_with_the_last_words_of_the_program(assets: Path, tmp_path: Path) -> None:
    broken = start(face(tmp_path, service_cidr="128.0.0.0/1"), AROUND)
    try:
        until(lambda: bool(broken.failure))
        assert not broken.ready
        with pytest.raises(ConnectionError, match=r"kube-apiserver ended with 1; .*service"):
            broken.request("GET", "/version")
    finally:
        broken.close()


def test_absent_binaries_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"etcd, .*kube-scheduler not found .*make kube-assets"):
        start(face(tmp_path), AROUND)
