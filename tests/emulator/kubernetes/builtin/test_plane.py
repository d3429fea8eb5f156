"""A control plane from outside: starting, standing still, starting again."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin import start
from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from acsctl.emulator.kubernetes.plane import Reply
from acsctl.emulator.kubernetes.planes import Surroundings
from tests.emulator.kubernetes.builtin.conftest import Clock, face

MAPS = "/api/v1/namespaces/default/configmaps"


def test_a_new_one_has_what_every_cluster_has(plane: BuiltinPlane) -> None:
    names = [one["metadata"]["name"] for one in plane.request("GET", "/api/v1/namespaces").document["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
    service = plane.request("GET", "/api/v1/namespaces/default/services/kubernetes").document
    assert service["spec"]["clusterIP"] == "172.21.0.1"
    assert plane.ready


def test_it_goes_on_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    around = Surroundings(clock, dict)
    first = start(face(tmp_path), around)
    made = first.request("POST", MAPS, body={"metadata": {"name": "a"}, "data": {"x": "y"}}).document
    facts = (first.server, first.authority)
    first.close()
    assert not first.ready
    again = start(first.face, around)
    assert (again.server, again.authority) == facts
    assert again.request("GET", f"{MAPS}/a").document == made
    later = again.request("PATCH", f"{MAPS}/a", body={"data": {"x": "z"}}, content_type="application/merge-patch+json")
    assert int(later.document["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    again.close()


def test_a_port_that_is_taken_meanwhile_is_another_ones(tmp_path: Path, clock: Clock) -> None:
    around = Surroundings(clock, dict)
    first = start(face(tmp_path), around)
    first.close()
    with socket.create_server((first.face.host, first.face.port)):
        with pytest.raises(OSError, match="in use"):
            start(first.face, around)
        again = start(replace(first.face, port=0), around)
        assert (again.server != first.server, again.authority) == (True, first.authority)
        again.close()


def test_custom_kinds_are_there_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    first = start(face(tmp_path), Surroundings(clock, dict))
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "boxes", "kind": "Box"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    body = {"metadata": {"name": "boxes.example.com"}, "spec": spec}
    assert first.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=body).ok
    box = {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": "b"}, "size": 3}
    assert first.request("POST", "/apis/example.com/v1/boxes", body=box).ok
    first.close()
    again = start(face(tmp_path), Surroundings(clock, dict))
    assert again.request("GET", "/apis/example.com/v1/boxes/b").document["size"] == 3
    again.close()


def test_controllers_that_have_nothing_to_do_write_nothing(plane: BuiltinPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Service without pods, for one: the server tells an empty list of endpoints as null."""
    ports = [{"port": 80}]
    body = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": ports}}
    assert plane.request("POST", "/api/v1/namespaces/default/services", body=body).ok
    plane.tick()
    request, written = plane.request, []

    def watched(method: str, path: str, **options: Any) -> Reply:
        if method != "GET":
            written.append((method, path))
        return request(method, path, **options)

    monkeypatch.setattr(plane, "request", watched)
    assert request("POST", MAPS, body={"metadata": {"name": "a"}}).ok
    plane.tick()
    assert written == []


def test_what_is_not_ours_to_change_stays(plane: BuiltinPlane) -> None:
    body = {"metadata": {"name": "a"}, "data": {"x": "y"}}
    made = plane.request("POST", MAPS, body=body).document
    made["data"]["x"] = "changed by the caller"
    body["data"]["x"] = "changed by the caller"
    assert plane.request("GET", f"{MAPS}/a").document["data"] == {"x": "y"}


def test_standing_still_changes_nothing(plane: BuiltinPlane) -> None:
    for _ in range(5):
        plane.tick()
    before = plane.revision
    for _ in range(50):
        plane.tick()
    assert plane.revision == before


def test_watches_are_for_the_wire(plane: BuiltinPlane) -> None:
    with pytest.raises(ValueError, match="watch"):
        plane.request("GET", MAPS, query={"watch": "true"})


def test_a_closed_one_answers_nothing(clock: Clock) -> None:
    plane = start(face(), Surroundings(clock, dict))
    plane.close()
    with pytest.raises(OSError, match="closed"):
        plane.request("GET", "/version")


def test_starting_is_quick(clock: Clock) -> None:
    start(face(), Surroundings(clock, dict)).close()  # reads the metadata, once for all
    began = time.perf_counter()
    plane = start(face(), Surroundings(clock, dict))
    assert time.perf_counter() - began < 1.0
    plane.close()
