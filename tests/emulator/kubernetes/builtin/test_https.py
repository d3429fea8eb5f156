"""The wire: who is let in, forms of bodies and answers, keep-alive, watches."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from acsctl.emulator.kubernetes.builtin import storage
from acsctl.emulator.kubernetes.builtin.plane import BuiltinPlane
from acsctl.emulator.kubernetes.pki import Authority
from acsctl.emulator.kubernetes.plane import Pair
from acsctl.emulator.kubernetes.planes import Surroundings
from tests.emulator.kubernetes.builtin.conftest import Clock, Wire, face

Connect = Callable[[Pair | None], Wire]
MAPS = "/api/v1/namespaces/default/configmaps"


def test_nobody_reads_the_version_and_nothing_else(wire: Connect) -> None:
    nobody = wire(None)
    assert nobody.json("GET", "/version")[1]["gitVersion"] == "v1.35.4-aliyun.1"
    assert nobody.send("GET", "/readyz").read() == b"ok"
    code, status = nobody.json("GET", "/api/v1/namespaces/a/secrets")
    assert (code, status["reason"]) == (403, "Forbidden")
    assert status["message"] == (
        'secrets is forbidden: User "system:anonymous" cannot list resource "secrets" in API group "" in the namespace "a"'
    )
    assert nobody.json("GET", "/apis")[0] == 403


def test_a_token_that_nobody_gave(wire: Connect) -> None:
    assert wire(None).json("GET", "/version", Authorization="Bearer x")[0] == 401


def test_a_certificate_of_another_authority_is_refused(wire: Connect) -> None:
    foreign = Authority(None).issue_client("admin", groups=["system:masters"], seconds=60)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        wire(foreign).send("GET", "/version")


def test_roles_give_rights(plane: BuiltinPlane, wire: Connect, admin: Wire) -> None:
    ann = wire(plane.issue("ann", groups=["team"], seconds=60))
    assert ann.json("GET", MAPS)[0] == 403
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    subject = {"kind": "Group", "name": "team", "apiGroup": "rbac.authorization.k8s.io"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    assert admin.json("POST", rbac, {"metadata": {"name": "team"}, "subjects": [subject], "roleRef": role})[0] == 201
    assert ann.json("GET", MAPS)[0] == 200
    assert ann.json("POST", MAPS, {"metadata": {"name": "a"}})[0] == 403
    assert ann.json("GET", "/api/v1/namespaces/kube-system/configmaps")[0] == 403
    review = {"spec": {"resourceAttributes": {"verb": "list", "resource": "configmaps", "namespace": "default"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert ann.json("POST", path, review)[1]["status"] == {"allowed": True}


def test_a_connection_serves_many_requests(admin: Wire) -> None:
    admin.json("GET", "/version")
    first = admin.connection.sock
    assert admin.json("GET", "/version")[0] == 200
    assert admin.send("GET", "/nowhere").read() == b"404 page not found\n"
    assert admin.connection.sock is first


def test_yaml_in_and_out(admin: Wire) -> None:
    made = admin.send("POST", MAPS, b"metadata: {name: a}\ndata: {at: 2020-01-01}\n", **{"Content-Type": "application/yaml"})
    assert json.loads(made.read())["data"] == {"at": "2020-01-01"}
    answer = admin.send("GET", f"{MAPS}/a", Accept="application/yaml")
    assert answer.headers["Content-Type"] == "application/yaml"
    assert b"kind: ConfigMap" in answer.read()


def test_unknown_fields_warn_or_are_refused(admin: Wire) -> None:
    answer = admin.send("POST", MAPS, {"metadata": {"name": "a"}, "unknown": 1})
    assert answer.headers["Warning"] == '299 - "unknown field \\"unknown\\""'
    assert "unknown" not in json.loads(answer.read())
    code, status = admin.json("POST", f"{MAPS}?fieldValidation=Strict", {"metadata": {"name": "b"}, "unknown": 1})
    assert (code, 'unknown field "unknown"' in status["message"]) == (400, True)


class Watching:
    """Events of a watch, one by one."""

    def __init__(self, wire: Wire, path: str) -> None:
        self.answer = wire.send("GET", path)
        assert self.answer.headers["Transfer-Encoding"] == "chunked"

    def next(self) -> dict[str, Any]:
        return json.loads(self.answer.readline())

    def summary(self) -> tuple[str, str]:
        event = self.next()
        return event["type"], event["object"]["metadata"]["name"]


def labelled(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}}


def test_a_watch_follows_what_is_selected(plane: BuiltinPlane, admin: Wire, wire: Connect) -> None:
    reader = wire(plane.issue("reader", groups=["system:masters"], seconds=60))
    admin.json("POST", MAPS, labelled("old", a="1"))
    watching = Watching(reader, f"{MAPS}?watch=true&labelSelector=a%3D1&timeoutSeconds=20")
    assert watching.summary() == ("ADDED", "old")
    admin.json("POST", MAPS, labelled("other", a="2"))
    admin.json("PUT", f"{MAPS}/other", labelled("other", a="1"))
    assert watching.summary() == ("ADDED", "other")
    admin.json("PUT", f"{MAPS}/other", {**labelled("other", a="1"), "data": {"x": "y"}})
    assert watching.summary() == ("MODIFIED", "other")
    admin.json("PUT", f"{MAPS}/other", labelled("other", a="3"))
    assert watching.summary() == ("DELETED", "other")
    admin.json("DELETE", f"{MAPS}/old")
    assert watching.summary() == ("DELETED", "old")


def test_a_watch_goes_on_from_a_version(plane: BuiltinPlane, admin: Wire, wire: Connect) -> None:
    version = admin.json("GET", MAPS)[1]["metadata"]["resourceVersion"]
    admin.json("POST", MAPS, labelled("a"))
    admin.json("DELETE", f"{MAPS}/a")
    watching = Watching(admin, f"{MAPS}?watch=1&resourceVersion={version}&timeoutSeconds=1")
    assert [watching.summary(), watching.summary()] == [("ADDED", "a"), ("DELETED", "a")]
    assert watching.answer.read() == b""  # its time is up


def test_initial_events_end_with_a_bookmark(admin: Wire) -> None:
    admin.json("POST", MAPS, labelled("a"))
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1"
    watching = Watching(admin, f"{MAPS}?{query}")
    assert watching.summary() == ("ADDED", "a")
    bookmark = watching.next()
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    watching.answer.read()


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[BuiltinPlane]:
    monkeypatch.setattr(storage, "HISTORY", 3)
    made = BuiltinPlane(face(), around=Surroundings(clock, dict))
    yield made
    made.close()


def test_a_version_that_is_forgotten(forgetful: BuiltinPlane) -> None:
    for number in range(5):
        forgetful.request("POST", MAPS, body=labelled(f"a{number}"))
    admin = Wire(forgetful, pair=forgetful.issue("admin", groups=["system:masters"], seconds=60))
    watching = Watching(admin, f"{MAPS}?watch=1&resourceVersion=1&timeoutSeconds=1")
    event = watching.next()
    watching.answer.read()
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    first = admin.json("GET", f"{MAPS}?limit=2")[1]["metadata"]
    for number in range(5, 10):
        forgetful.request("POST", MAPS, body=labelled(f"a{number}"))
    code, status = admin.json("GET", f"{MAPS}?limit=2&continue={first['continue']}")
    assert (code, status["reason"]) == (410, "Expired")
    admin.connection.close()


def test_closing_ends_watches(plane: BuiltinPlane, admin: Wire) -> None:
    watching = Watching(admin, f"{MAPS}?watch=1&timeoutSeconds=60")
    ended = threading.Event()

    def read() -> None:
        with suppress(OSError, http.client.HTTPException):
            watching.answer.read()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    plane.close()
    assert ended.wait(5)


def test_a_failure_of_its_own_is_told(plane: BuiltinPlane, admin: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: object) -> None:
        raise KeyError("x")

    told = threading.Event()
    monkeypatch.setattr(plane._listener, "respond", fail)
    monkeypatch.setattr(plane._listener, "handle_error", lambda request, address: told.set())
    code, status = admin.json("GET", "/version")
    assert (code, status["reason"], status["message"]) == (500, "InternalError", "Internal error occurred: KeyError('x')")
    assert told.wait(5)
