"""What all files of the CS product share: binding handlers, reading bodies, finding things, calling other products."""

import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

from acsctl.emulator import api
from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.actions import HANDLERS, Handler, action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, Scope
from acsctl.emulator.services.cs.types import CLUSTER, NODE, NODE_POOL
from acsctl.emulator.world import World

Part = Callable[[World], None]
SETTLERS: list[Part] = []
"""What brings clusters, pools and tasks to the present; see machine.py."""

CST = 8 * 3600  # the service tells times of UTC+8, sheet ack-facts.md 1


def serves(name: str) -> Callable[[Handler], Handler]:
    """Binds a handler of CS, which then sees clusters, pools and tasks as they are at the present."""

    def bind(handler: Handler) -> Handler:
        def settled(call: Call) -> Any:
            settle(call.world)
            return handler(call)

        action(f"cs.{name}")(settled)
        return handler

    return bind


def settle(world: World) -> None:
    for part in SETTLERS:
        part(world)


def attempt(world: World, work: Callable[[], None]) -> ApiError | None:
    """Does something of its own: when it raises ApiError, only that is undone, and the error is handed back."""
    _new_turn(world)
    try:
        work()
    except ApiError as error:
        world.store.rollback()
        return error
    finally:
        _new_turn(world)
    return None


def _new_turn(world: World) -> None:
    """What was done so far stays, whatever comes."""
    if world.store.changed:
        world.store.commit()
    world.begin()


def ask(world: World, key: str, *, scope: Scope, **parameters: Any) -> dict[str, Any]:
    """A call of the service's own to another product, on behalf of the account. Raises ApiError."""
    return cast("dict[str, Any]", HANDLERS[key](inner(world, key, scope=scope, **parameters)))


def inner(world: World, key: str, *, scope: Scope, **parameters: Any) -> Call:
    """Such a call, for helpers of other products that take one."""
    code, _, name = key.partition(".")
    published = next(one for one in api.products() if one.code == code).actions[name]
    return Call(world, published, AccessKey("", "", account=scope.account), scope, True, parameters, "")


def scope_of(resource: Resource) -> Scope:
    return Scope(resource.account, resource.region)


def body(call: Call) -> dict[str, Any]:
    """The body, an object; empty when there is none."""
    found = call.parameters.get("body")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def wrong(field: str, message: str) -> ApiError:
    """InvalidParameter.<Field>, the field of a body in camel case."""
    return ApiError(f"InvalidParameter.{field}", message=message, status=400)


def require_cluster(call: Call, *, listed: bool = False, id: str = "") -> Resource:
    """The cluster of the path. Raises ErrorClusterNotFound 404. listed: as reads see it."""
    wanted = id or next((call.text(name) for name in _CLUSTER_NAMES if call.text(name)), "")
    found = call.find(CLUSTER, id=wanted)
    if listed and found is not None and not found.visible:
        found = None
    if found is None:
        raise ApiError("ErrorClusterNotFound", message=f"The cluster {wanted} does not exist.", status=404)
    return found


def require_running(call: Call) -> Resource:
    """The cluster of the path, for a change. Raises ErrorClusterState 400 too."""
    cluster = require_cluster(call)
    if cluster["State"] != "running":
        raise ApiError("ErrorClusterState", message=f"The cluster is {cluster['State']}.", status=400)
    return cluster


def require_pool(call: Call, *, listed: bool = False, id: str = "") -> Resource:
    """The node pool of the path. Raises ErrorNodePoolNotFound 404."""
    cluster = require_cluster(call, listed=listed)
    wanted = id or next((call.text(name) for name in _POOL_NAMES if call.text(name)), "")
    found = call.find(NODE_POOL, id=wanted)
    if found is None or found["ClusterId"] != cluster.id or (listed and not found.visible):
        raise ApiError("ErrorNodePoolNotFound", message=f"The node pool {wanted} does not exist.", status=404)
    return found


def require_active(call: Call) -> Resource:
    """The node pool of the path, for a change. Raises InvalidNodePoolStatus.Forbidden while it is busy."""
    pool = require_pool(call)
    if pool["State"] != "active":
        message = f"The node pool is {pool['State']}."
        raise ApiError("InvalidNodePoolStatus.Forbidden", message=message, status=400)
    return pool


_CLUSTER_NAMES = ("ClusterId", "cluster_id", "clusterid", "clusterId", "ClusterID")
_POOL_NAMES = ("NodepoolId", "nodepool_id")


def pools_of(world: World, *, cluster_id: str) -> list[Resource]:
    return [one for one in world.store.of(NODE_POOL) if one["ClusterId"] == cluster_id]


def nodes_of(world: World, *, cluster_id: str = "", pool_id: str = "") -> list[Resource]:
    """The node records of a cluster, or of a pool."""
    return [
        one
        for one in world.store.of(NODE)
        if (not cluster_id or one["ClusterId"] == cluster_id) and (not pool_id or one["NodePoolId"] == pool_id)
    ]


@cache
def known() -> Mapping[str, Any]:
    """metadata/ack.json."""
    loaded: Mapping[str, Any] = json.loads((api.FOLDER / "ack.json").read_text(encoding="utf-8"))
    return loaded


def upgradable(version: str) -> list[str]:
    """The versions that one can be upgraded to, the next minor at most."""
    return next((list(one["upgradable_versions"]) for one in known()["versions"] if one["version"] == version), [])


def china_time(moment: float) -> str:
    """RFC 3339 at +08:00, as the service tells times."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(moment + CST))


def stage_time(moment: float) -> str:
    """`2026-01-01 10:00:00`, as the stages of tasks tell times."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment + CST))


def pairs(given: Any) -> dict[str, str]:
    """[{key, value}] -> a dict."""
    return {str(one.get("key", "")): str(one.get("value", "")) for one in given or ()}


def rows(values: Mapping[str, str]) -> list[dict[str, str]]:
    """A dict -> [{key, value}]."""
    return [{"key": key, "value": value} for key, value in values.items()]
