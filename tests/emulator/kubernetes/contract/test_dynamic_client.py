"""The dynamic client of the kubernetes package on both control planes: discovery, apply, watches as they happen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

from tests.emulator.kubernetes.contract.rig import Rig


@pytest.fixture(params=["builtin", "real"])
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def connect(rig: Rig, tmp_path: Path) -> Callable[[], DynamicClient]:
    pair = rig.plane.issue("root", groups=["system:masters"], seconds=3600)
    (tmp_path / "client.pem").write_text(pair.certificate + pair.key, encoding="ascii")
    (tmp_path / "ca.pem").write_text(rig.plane.authority, encoding="ascii")
    configuration = Configuration(host=rig.plane.server)
    configuration.ssl_ca_cert = str(tmp_path / "ca.pem")
    configuration.cert_file = configuration.key_file = str(tmp_path / "client.pem")
    count = iter(range(9))
    return lambda: DynamicClient(ApiClient(configuration), cache_file=str(tmp_path / f"discovery{next(count)}"))


@pytest.fixture
def client(connect: Callable[[], DynamicClient]) -> DynamicClient:
    return connect()


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_it_finds_every_kind_of_a_stack(client: DynamicClient) -> None:
    kinds = {"v1": "Service", "apps/v1": "Deployment", "batch/v1": "CronJob", "autoscaling/v2": "HorizontalPodAutoscaler"}
    for version, kind in kinds.items():
        assert client.resources.get(api_version=version, kind=kind).namespaced


def test_an_apply_meets_another_manager(rig: Rig, client: DynamicClient) -> None:
    rig.make_namespace("dynamic-apply")
    maps = client.resources.get(api_version="v1", kind="ConfigMap")
    made = maps.server_side_apply(config_map("a", x="1"), namespace="dynamic-apply", field_manager="one")
    assert made.metadata.managedFields[0].manager == "one"
    with pytest.raises(ConflictError) as conflict:
        maps.server_side_apply(config_map("a", x="2"), namespace="dynamic-apply", field_manager="two")
    assert 'conflict with \\"one\\": .data.x' in conflict.value.body
    maps.server_side_apply(config_map("a", x="2"), namespace="dynamic-apply", field_manager="two", force_conflicts=True)
    assert maps.get(name="a", namespace="dynamic-apply").data.x == "2"
    maps.delete(name="a", namespace="dynamic-apply")
    with pytest.raises(NotFoundError):
        maps.get(name="a", namespace="dynamic-apply")


def test_a_watch_tells_a_change_when_it_happens(rig: Rig, connect: Callable[[], DynamicClient]) -> None:
    rig.make_namespace("dynamic-watch")
    maps = connect().resources.get(api_version="v1", kind="ConfigMap")
    start = maps.get(namespace="dynamic-watch").metadata.resourceVersion
    others = connect().resources.get(api_version="v1", kind="ConfigMap")
    others.create(config_map("b"), namespace="dynamic-watch")
    seen: list[tuple[str, str]] = []
    for event in maps.watch(namespace="dynamic-watch", resource_version=start, timeout=60):
        if not seen:  # the watch is open; what follows happens while it is
            Thread(target=lambda: others.delete(name="b", namespace="dynamic-watch")).start()
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            break
    assert seen == [("ADDED", "b"), ("DELETED", "b")]
