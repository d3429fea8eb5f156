"""Faults at the door of an API server, as the official client sees them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from acsctl.emulator.faults import Faults
from acsctl.emulator.kubernetes import builtin, real
from acsctl.emulator.kubernetes.access import kubeconfig
from acsctl.emulator.kubernetes.plane import Plane
from acsctl.emulator.kubernetes.planes import Surroundings
from tests.emulator.kubernetes.builtin.conftest import Clock, Wire, face

BROKEN = (urllib3.exceptions.HTTPError, ConnectionError)
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}},
    },
}


class Bench:
    """A plane, the faults in front of it, and the client; it does not retry by itself."""

    def __init__(self, plane: Plane, faults: Faults, clock: Clock) -> None:
        self.plane, self.faults, self.clock = plane, faults, clock
        made = client.Configuration()
        config.load_kube_config_from_dict(json.loads(kubeconfig(plane)), client_configuration=made)
        made.retries = False
        self.api = client.ApiClient(made)
        self.core, self.apps = client.CoreV1Api(self.api), client.AppsV1Api(self.api)

    def put(self, *faults: dict[str, Any]) -> None:
        self.faults.put(list(faults))

    @property
    def counts(self) -> list[tuple[int, int]]:
        return [(one["seen"], one["struck"]) for one in self.faults.listed(every=True)]

    def map(self, name: str, **options: Any) -> Any:
        body = {"metadata": {"name": name}, "data": {"a": "b"}}
        return self.core.create_namespaced_config_map("default", body, **options)

    def maps(self) -> list[str]:
        """The truth, by the way of the local cloud itself."""
        items = self.plane.request("GET", "/api/v1/namespaces/default/configmaps").document["items"]
        return [one["metadata"]["name"] for one in items if one["metadata"]["name"] != "kube-root-ca.crt"]

    def apply(self, *, image: str = "web:1", **options: Any) -> Any:
        """A server-side apply of a deployment."""
        spec = json.loads(json.dumps(DEPLOYMENT))
        spec["spec"]["template"]["spec"]["containers"][0]["image"] = image
        return self.apps.patch_namespaced_deployment(
            "web", "default", spec, field_manager="acsctl", force=True, _content_type="application/apply-patch+yaml", **options
        )

    def image(self) -> str:
        reply = self.plane.request("GET", "/apis/apps/v1/namespaces/default/deployments/web")
        return reply.document["spec"]["template"]["spec"]["containers"][0]["image"] if reply.ok else ""


@pytest.fixture(scope="module")
def planes(request: pytest.FixtureRequest) -> Iterator[Callable[[str], tuple[Plane, Faults, Clock]]]:
    """One plane of each kind, started when it is asked for."""
    made: dict[str, tuple[Plane, Faults, Clock]] = {}

    def plane(rung: str) -> tuple[Plane, Faults, Clock]:
        if rung not in made:
            made[rung] = _started(rung, request)
        return made[rung]

    yield plane
    for one, _, _ in made.values():
        one.close()


def _started(rung: str, request: pytest.FixtureRequest) -> tuple[Plane, Faults, Clock]:
    clock = Clock()
    faults = Faults(clock)
    around = Surroundings(clock, dict, faults)
    if rung == "builtin":
        return builtin.start(face(), around), faults, clock
    request.getfixturevalue("assets")
    plane = real.start(replace(face(), rung="real"), around)
    deadline = time.monotonic() + 90
    while not plane.ready:
        assert time.monotonic() < deadline and not plane.failure
        time.sleep(0.05)
    return plane, faults, clock


@pytest.fixture(params=["builtin", "real"])
def bench(request: pytest.FixtureRequest, planes: Callable[[str], tuple[Plane, Faults, Clock]]) -> Iterator[Bench]:
    made = Bench(*planes(request.param))
    yield made
    made.faults.clear()
    for path in ("/api/v1/namespaces/default/configmaps", "/apis/apps/v1/namespaces/default/deployments"):
        made.plane.request("DELETE", path)


def refused(call: Callable[[], Any]) -> tuple[int, dict[str, Any], Any]:
    """Status, Status object and headers of a call that the server refuses."""
    with pytest.raises(ApiException) as failure:
        call()
    return failure.value.status, json.loads(failure.value.body), failure.value.headers


def test_too_many_requests(bench: Bench) -> None:
    bench.put({"action": "kube.POST-configmaps", "kind": "throttle", "retry_after": 2500})
    status, body, headers = refused(lambda: bench.map("a"))
    assert (status, body["reason"], body["details"], headers["Retry-After"]) == (
        429,
        "TooManyRequests",
        {"retryAfterSeconds": 3},
        "3",
    )
    assert bench.maps() == []
    bench.map("a")
    assert bench.counts == [(1, 1)]


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ({"status": 500, "code": "InternalError", "message": "etcdserver: request timed out"}, 500, "InternalError"),
        ({"kind": "error"}, 503, "ServiceUnavailable"),
        ({"kind": "expired"}, 401, "Unauthorized"),
        ({"kind": "denied"}, 403, "Forbidden"),
    ],
    ids=["etcd", "503", "401", "403"],
)
def test_refusals(bench: Bench, fault: dict[str, Any], status: int, reason: str) -> None:
    bench.put({"action": "kube.*", **fault, "times": 1})
    found, body, _ = refused(lambda: bench.map("a"))
    assert (found, body["kind"], body["reason"], body["code"]) == (status, "Status", reason, status)
    assert fault.get("message", "") in body["message"]
    assert bench.maps() == []


def test_an_error_after_the_effect(bench: Bench) -> None:
    bench.put({"action": "kube.POST-*", "status": 500, "code": "InternalError", "when": "after"})
    assert refused(lambda: bench.map("a"))[0] == 500
    assert bench.maps() == ["a"]


@pytest.mark.parametrize(("when", "made"), [("before", []), ("after", ["a"])])
@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_a_lost_answer_of_a_create(bench: Bench, kind: str, when: str, made: list[str]) -> None:
    bench.put({"action": "kube.POST-configmaps", "kind": kind, "when": when})
    with pytest.raises(BROKEN):
        bench.map("a", _request_timeout=0.3)
    assert bench.maps() == made
    if made:
        assert refused(lambda: bench.map("a"))[1]["reason"] == "AlreadyExists"
    else:
        bench.map("a")


def test_a_lost_answer_of_an_apply(bench: Bench) -> None:
    bench.apply()
    bench.put({"action": "kube.PATCH-deployments", "kind": "drop", "when": "after"})
    with pytest.raises(BROKEN):
        bench.apply(image="web:2")
    assert bench.image() == "web:2"
    assert bench.apply(image="web:2").metadata.generation == 2


@pytest.mark.parametrize("kind", ["cut", "garbled", "blank", "page"])
def test_answers_that_are_broken(bench: Bench, kind: str) -> None:
    bench.map("a")
    bench.put({"action": "kube.GET-configmaps", "kind": kind, "when": "after", "parameters": {"namespace": "default"}})
    with pytest.raises((*BROKEN, ApiException, ValueError, AttributeError)):
        str(bench.core.list_namespaced_config_map("default").items[0].metadata.name)
    assert bench.counts == [(1, 1)]
    assert "a" in [one.metadata.name for one in bench.core.list_namespaced_config_map("default").items]


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow(bench: Bench, when: str) -> None:
    bench.put({"action": "kube.*", "kind": "slow", "when": when, "seconds": 0.3})
    begin = time.monotonic()
    bench.map("a")
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        ({"action": "*"}, False),
        ({"action": "kube.GET-*"}, False),
        ({"action": "kube.POST-configmaps"}, True),
        ({"action": "kube.POST-*", "parameters": {"name": "a", "namespace": "def*", "cluster": "c1"}}, True),
        ({"action": "kube.POST-*", "parameters": {"name": "b"}}, False),
        ({"action": "kube.POST-*", "parameters": {"body.data.a": "b"}}, True),
        ({"action": "kube.POST-*", "parameters": {"dryRun": "All"}}, False),
        ({"action": "kube.POST-*", "parameters": {"cluster": "c2"}}, False),
        ({"action": "kube.*", "key": "local-admin"}, True),
        ({"action": "kube.*", "key": "ann"}, False),
    ],
)
def test_patterns(bench: Bench, fault: dict[str, Any], hit: bool) -> None:
    bench.put(fault)
    if hit:
        assert refused(lambda: bench.map("a"))[0] == 503
    else:
        bench.map("a")


def test_names_of_what_is_no_plain_object(bench: Bench) -> None:
    bench.put({"action": "kube.GET-/version/", "kind": "denied"}, {"action": "kube.GET-deployments/status"})
    assert refused(lambda: client.VersionApi(bench.api).get_code())[0] == 403
    bench.apply()
    assert refused(lambda: bench.apps.read_namespaced_deployment_status("web", "default"))[0] == 503


def test_the_local_cloud_itself_meets_none(bench: Bench) -> None:
    bench.put({"action": "kube.*", "kind": "drop", "times": "always"})
    assert bench.maps() == []
    assert bench.counts == [(0, 0)]


def test_a_connection_from_before_is_reached(bench: Bench) -> None:
    bench.map("a")
    bench.put({"action": "kube.POST-*", "kind": "expired"})
    for _ in range(2):
        assert refused(lambda: bench.map("b"))[0] == 401
    bench.faults.clear()
    bench.map("b")
    assert bench.counts == []


def test_users_stay_who_they_are(bench: Bench) -> None:
    """Also where the requests are handed on by something before the server."""
    bench.put({"action": "kube.GET-secrets"})
    someone = bench.plane.issue("someone", groups=["team"], seconds=600)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    status, body = Wire(bench.plane, pair=someone).json("POST", path, review)
    assert (status, body["status"]["userInfo"]["username"]) == (201, "someone")
    assert set(body["status"]["userInfo"]["groups"]) == {"team", "system:authenticated"}
    status, body = Wire(bench.plane, pair=someone).json("GET", "/api/v1/namespaces/default/configmaps")
    assert (status, body["message"].split(" cannot ")[0]) == (403, 'configmaps is forbidden: User "someone"')
    status, body = Wire(bench.plane, pair=None).json("GET", "/api/v1/nodes")
    assert (status, body["message"].split(" cannot ")[0]) == (403, 'nodes is forbidden: User "system:anonymous"')
    assert Wire(bench.plane, pair=None).json("GET", "/api/v1/nodes", Authorization="Bearer x")[0] == 401
    forged = {"X-Remote-User": "root", "X-Remote-Group": "system:masters"}
    assert Wire(bench.plane, pair=someone).json("GET", "/api/v1/nodes", **forged)[0] == 403


def test_a_watch_is_streamed(bench: Bench) -> None:
    bench.put({"action": "kube.GET-secrets"})
    events = bench.core.list_namespaced_config_map("default", watch=True, timeout_seconds=5, _preload_content=False)
    bench.map("fresh")
    names = (json.loads(line)["object"]["metadata"]["name"] for line in events)
    assert "fresh" in names
    events.close()


# An API server that goes away


@pytest.mark.parametrize(("when", "made"), [("before", []), ("after", ["b"])])
def test_away_for_a_time(bench: Bench, when: str, made: list[str]) -> None:
    other = client.CoreV1Api(Bench(bench.plane, bench.faults, bench.clock).api)
    assert other.list_namespace().items
    bench.put({"action": "kube.POST-configmaps", "kind": "away", "when": when, "skip": 1, "lasts": 60})
    bench.map("a")
    with pytest.raises(BROKEN):
        bench.map("b")
    assert sorted(bench.maps()) == ["a", *made]
    for one in (bench.core, other):
        with pytest.raises(urllib3.exceptions.HTTPError):
            one.list_namespace()
    bench.clock.now += 59
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        bench.core.list_namespace()
    bench.clock.now += 1
    _until(lambda: bench.core.list_namespace().items)
    assert bench.plane.server == f"https://{bench.plane.face.host}:{bench.plane.face.port}"


def test_away_and_closed() -> None:
    clock = Clock()
    faults = Faults(clock)
    plane = builtin.start(face(), Surroundings(clock, dict, faults))
    bench = Bench(plane, faults, clock)
    bench.put({"action": "kube.*", "kind": "away"})
    with pytest.raises(BROKEN):
        bench.map("a")
    plane.close()
    clock.now += 60
    with pytest.raises(urllib3.exceptions.HTTPError):
        bench.core.list_namespace()


def test_a_watch_ends_when_the_server_goes_away(bench: Bench) -> None:
    events = iter(bench.core.list_namespaced_config_map("default", watch=True, _preload_content=False).stream(65536))
    bench.put({"action": "kube.POST-*", "kind": "away", "when": "after", "lasts": 1})
    with pytest.raises(BROKEN):
        bench.map("a")
    with suppress(*BROKEN):
        assert [json.loads(one)["object"]["metadata"]["name"] for one in events][-1] == "a"
    bench.clock.now += 1
    _until(lambda: bench.core.list_namespace().items)


def _until(done: Callable[[], Any]) -> None:
    """The wall's time that the server takes to listen again."""
    deadline = time.monotonic() + 10
    while True:
        try:
            if done():
                return
        except BROKEN:
            assert time.monotonic() < deadline
