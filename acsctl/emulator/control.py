"""The local cloud's own API, /_emulator/: not signed, not counted.

GET calls            {"total", "actions": {"vpc.CreateVpc": n}, "errors": {code: n}}
DELETE calls         back to zero
GET log              the last calls, oldest first
GET findings[?kind=] what was noticed: `answer`, `unknown-parameter`, `crash`; DELETE findings forgets them
GET world            resources only, sorted: [{"type", "id", "tags", "attributes"}]
POST reset           an empty world
GET, PUT settings    see settings.py; PUT takes a part of them
GET faults[?all=1]   those that can still strike, or all, with what they have done
PUT, POST faults     see faults/; PUT replaces all, POST adds to them; DELETE clears them
GET nodes            real nodes, see kubernetes/nodes: {"nodes", "listeners", "registries", "failures"}; {} without
GET clusters         the API servers: [{"id", "kind": "ack" or "kubeadm", "server", "addresses", "ready"}]
GET health           {"status": "ok", "speed", "time"}
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.faults import MistakesError
from acsctl.emulator.message import Request, Response
from acsctl.emulator.render import as_json
from acsctl.emulator.services.kubeadm import clusters
from acsctl.emulator.world import World

PREFIX = "/_emulator/"


@dataclass(frozen=True)
class Visit:
    request: Request
    world: World


Route = Callable[[Visit], Any]


def respond(request: Request, *, world: World) -> Response:
    """The answer to a request whose path begins with PREFIX."""
    route = ROUTES.get((request.method, request.path.removeprefix(PREFIX).strip("/")))
    status, document = 404, {"error": f"no such path; there are {', '.join(' '.join(one) for one in ROUTES)}"}
    if route is not None:
        with world.lock:
            status, document = _run(route, visit=Visit(request, world))
    return Response(status, as_json(document), headers={"x-acsctl-speed": str(world.clock.speed)})


def _run(route: Route, *, visit: Visit) -> tuple[int, Any]:
    try:
        return 200, route(visit)
    except MistakesError as error:
        return 400, {"error": str(error), "problems": [asdict(one) for one in error.mistakes]}
    except (ValueError, TypeError, RecursionError) as error:
        return 400, {"error": str(error)}


def _forget_calls(visit: Visit) -> Any:
    visit.world.ledger.forget_calls()
    return {}


def _forget_findings(visit: Visit) -> Any:
    visit.world.ledger.findings = {}
    return {}


def _reset(visit: Visit) -> Any:
    visit.world.reset()
    return {}


def _put_settings(visit: Visit) -> Any:
    changes = json.loads(visit.request.body or b"{}")
    if not isinstance(changes, dict):
        raise ValueError("settings are an object")
    visit.world.change_settings(cast("dict[str, Any]", changes))
    return visit.world.settings.document()


def _get_faults(visit: Visit) -> Any:
    return visit.world.faults.listed(every="all" in visit.request.query_fields)


def _put_faults(visit: Visit) -> Any:
    visit.world.faults.put(json.loads(visit.request.body or b"[]"))
    return _get_faults(visit)


def _post_faults(visit: Visit) -> Any:
    visit.world.faults.add(json.loads(visit.request.body or b"[]"))
    return _get_faults(visit)


def _delete_faults(visit: Visit) -> Any:
    visit.world.faults.clear()
    return _get_faults(visit)


def _health(visit: Visit) -> Any:
    return {"status": "ok", "speed": visit.world.clock.speed, "time": iso_seconds(visit.world.clock.now())}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "calls"): lambda visit: visit.world.ledger.calls(),
    ("DELETE", "calls"): _forget_calls,
    ("GET", "log"): lambda visit: [asdict(one) for one in visit.world.ledger.log],
    ("GET", "findings"): lambda visit: visit.world.ledger.found(visit.request.query_fields.get("kind", "")),
    ("DELETE", "findings"): _forget_findings,
    ("GET", "world"): lambda visit: visit.world.listing(),
    ("POST", "reset"): _reset,
    ("GET", "settings"): lambda visit: visit.world.settings.document(),
    ("PUT", "settings"): _put_settings,
    ("GET", "faults"): _get_faults,
    ("PUT", "faults"): _put_faults,
    ("POST", "faults"): _post_faults,
    ("DELETE", "faults"): _delete_faults,
    ("GET", "nodes"): lambda visit: visit.world.told_nodes(),
    ("GET", "clusters"): lambda visit: clusters.listed(visit.world),
    ("GET", "health"): _health,
}
