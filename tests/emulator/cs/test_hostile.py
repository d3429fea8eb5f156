"""Every action of CS that is played, with values that no honest client sends: an answer of the cloud, never a crash of ours."""

from collections.abc import Iterator
from typing import Any

import pytest

from acsctl.emulator import Options, api, background, run
from acsctl.emulator.api import Action, Parameter
from acsctl.emulator.kubernetes import planes
from acsctl.emulator.services import HANDLERS
from acsctl.emulator.services.cs.control_plane import tend_planes
from tests.emulator.conftest import HandClock, LocalCloud
from tests.emulator.cs.ack import Ack, StillPlane
from tests.emulator.cs.wire import roa
from tests.support.sample import sampled

TEXTS = ["", "0", "-1", "9" * 5000, "nan", "²", "\x00", "[]", "{}", "null", "[" * 1500, "é" * 300, "::/0", "customized,a,ip,b"]
BODIES: list[Any] = [None, [], {}, "x", 7, True, [[]], [None], [{}], {"": None}]


class Town(Ack):
    """A cluster and a pool, both as good as new for each action."""

    known: dict[str, str]

    def renew(self) -> None:
        self.cloud.control("POST", "reset")
        super().__init__(self.cloud)
        cluster_id = self.cluster()
        made = self.client.create_cluster_node_pool(cluster_id, self.pool_request(size=1)).body
        self.finish(made.task_id)
        self.known = {
            "clusterid": cluster_id,
            "nodepoolid": made.nodepool_id,
            "taskid": made.task_id,
            "addonname": "coredns",
            "instancename": "coredns",
            "componentid": "coredns",
        }

    def path(self, action: Action, *, rest: str) -> str:
        path = action.path
        for name, one in action.parameters.items():
            if one.place == "path":
                path = path.replace(f"{{{name}}}", self.known.get(name.lower().replace("_", ""), rest))
        return path


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    patch = pytest.MonkeyPatch()
    patch.setattr(planes, "_start", StillPlane)
    patch.setattr(background, "UNLOCKED", [tend_planes])
    clock = HandClock()
    with run(Options(speed=1.0, check_answers=True, clock=clock)) as server:
        yield Town(LocalCloud(server, clock=clock))
    patch.undo()


def played() -> list[Action]:
    found = [one for product in api.products() for one in product.actions.values() if one.key in HANDLERS]
    return [one for one in found if one.product == "cs"]


def grown(parameter: Parameter, *, text: str, honest: bool) -> Any:
    """A document of the published shape with a text wherever one goes; an honest one has the right types."""
    if parameter.type == "object":
        return {one.name: grown(one, text=text, honest=honest) for one in parameter.properties} or {text: text}
    if parameter.type == "array":
        item = parameter.items or Parameter("", "string")
        return [grown(item, text=text, honest=honest)]
    if not honest or parameter.type in ("string", "any"):
        return text
    return True if parameter.type == "boolean" else -1 if len(text) < 3 else 10**18


def requests(action: Action) -> Iterator[tuple[dict[str, str], Any]]:
    """Queries and bodies."""
    query = [one.name for one in action.parameters.values() if one.place == "query"]
    (body, *_) = [one for one in action.parameters.values() if one.place == "body"] or [None]
    for text in TEXTS:
        asked = dict.fromkeys((one for one in query if one not in ("region_id", "Region", "region")), text)
        if body is None:
            yield asked, None
            yield {}, None
            continue
        for honest in (False, True):
            document = grown(body, text=text, honest=honest)
            if isinstance(document, dict):
                document.pop("region_id", None)
            yield asked, document
    yield from (({}, one) for one in (BODIES if body is not None else ()))


@pytest.mark.parametrize("action", sampled(played(), every=3, name=lambda one: one.key))
def test_hostile_values_are_answered(town: Town, action: Action) -> None:
    town.renew()
    statuses = set()
    for query, body in requests(action):
        path = town.path(action, rest="x")
        statuses.add(roa(town.cloud, action.methods[0], path, query=query, body=body).status)
        town.pass_time(3)
    assert statuses <= {200, 202, 400, 403, 404, 410, 414}
    assert [one["text"] for one in town.cloud.findings("crash")] == []
    assert [one["text"] for one in town.cloud.findings("answer")] == []
