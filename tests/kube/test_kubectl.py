"""What kubectl makes of our sets, and we of its sets; without the binaries (`make kube-assets`) there is nobody to ask."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from acsctl.kube import applyset
from acsctl.kube.applyset import Joining
from acsctl.kube.client import MERGE, Kube, _Request
from acsctl.kube.forecast import forecast
from acsctl.kube.inventory import Inventory, Member
from acsctl.kube.manifest import Key, key_of
from tests.kube.cluster import binaries, connected, control_plane

BIN = binaries()
pytestmark = pytest.mark.skipif(
    (BIN is None or not (BIN / "kubectl").is_file()) and not os.environ.get("CI"),
    reason="the Kubernetes binaries are not there; `make kube-assets` builds them",
)


def config(name: str, namespace: str = "default") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"a": "1"}}


MEMBERS = (config("web"), config("web", "kube-public"))
OURS = Inventory(
    "shop", "workload.web", tuple(Member(Key("", "ConfigMap", space, "web"), "v1") for space in ("default", "kube-public"))
)


class Cluster:
    """A control plane, our connection to it, and kubectl."""

    def __init__(self, folder: Path, kubeconfig: str) -> None:
        self._folder = folder
        self._config = folder / "kubeconfig"
        self._config.write_text(kubeconfig)
        self.kube: Kube = connected(kubeconfig)

    def apply(self, *items: Mapping[str, Any], applyset: str, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """`kubectl apply --prune` of a set in the namespace `default`."""
        file = self._folder / "items.yaml"
        file.write_text(yaml.safe_dump_all(items))
        assert BIN is not None
        command = [str(BIN / "kubectl"), "--kubeconfig", str(self._config), "-n", "default", "apply", "--prune"]
        command += [f"--applyset={applyset}", "-f", str(file), *more]
        settings = {**os.environ, "KUBECTL_APPLYSET": "true", "HOME": str(self._folder)}
        return subprocess.run(command, capture_output=True, text=True, env=settings, timeout=120)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("kubectl")
    with control_plane(folder) as text:
        found = Cluster(folder, text)
        for item in (OURS.manifest(), *(applyset.joined(member, OURS.set_id) for member in MEMBERS)):
            found.kube.apply(item, force=True)
        yield found


def test_kubectl_leaves_our_set_alone(cluster: Cluster) -> None:
    done = cluster.apply(config("theirs"), applyset=f"configmaps/{OURS.manifest()['metadata']['name']}")
    assert done.returncode != 0
    assert 'is managed by tooling "acsctl" instead of "kubectl"' in done.stderr


def test_kubectl_finds_in_our_set_what_we_have_in_it(cluster: Cluster) -> None:
    """Handed over, the set would be pruned of just our members: id, kinds and namespaces are as kubectl reads them."""
    meta = OURS.manifest()["metadata"]
    path = f"/api/v1/namespaces/default/configmaps/{meta['name']}"
    query = (("fieldManager", "kubectl-edit"),)
    body = {"metadata": {"annotations": {applyset.TOOLING: "kubectl/v1.35.4"}}}
    cluster.kube._send(_Request("PATCH", path, "edit", query, body, type=MERGE))
    done = cluster.apply(config("theirs"), applyset=f"configmaps/{meta['name']}", more=("--dry-run=server",))
    cluster.kube.apply(OURS.manifest(), force=True)
    assert done.returncode == 0, done.stderr
    lines = sorted(done.stdout.splitlines())
    assert lines == ["configmap/theirs created (server dry run)", *["configmap/web pruned (server dry run)"] * 2]


def test_what_is_in_a_set_of_kubectl_is_not_ours(cluster: Cluster) -> None:
    done = cluster.apply(config("theirs"), applyset="mine")
    assert done.returncode == 0, done.stderr
    parent = cluster.kube.get("v1", "Secret", name="mine", namespace="default")
    id = applyset.id_of("mine", namespace="default", kind="Secret")
    assert parent is not None and parent["metadata"]["labels"] == {applyset.ID: id}
    wanted = config("theirs")
    joining = Joining({key_of(wanted): OURS.set_id}, frozenset({OURS.set_id}))
    (verdict,) = forecast(cluster.kube, [wanted], seen={}, stack="shop", joining=joining).values()
    assert (verdict.outcome, verdict.owner) == ("there", "the ApplySet Secret default/mine of kubectl")
    assert verdict.predicted is not None and applyset.set_of(verdict.predicted) == OURS.set_id
