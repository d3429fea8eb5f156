"""All API servers of the local cloud, the container service's and those that machines made, and where they are reached."""

from typing import Any

from acsctl.emulator.services.cs import types
from acsctl.emulator.services.kubeadm import addresses
from acsctl.emulator.services.kubeadm.planes import server
from acsctl.emulator.services.kubeadm.records import CLUSTER
from acsctl.emulator.world import World


def listed(world: World) -> list[dict[str, Any]]:
    """{id, kind, server, ready, addresses}; server is on this machine, addresses are the cloud's. Under the lock."""
    made = [
        {"id": one.id, "kind": "kubeadm", "server": server(one), "addresses": addresses.listed(world, one)}
        for one in world.store.of(CLUSTER)
    ]
    managed = [
        {"id": one.id, "kind": "ack", "server": f"https://127.0.0.1:{one['Port']}" if one["Port"] else "", "addresses": []}
        for one in world.store.of(types.CLUSTER)
    ]
    return [{**one, "ready": _ready(world, id=str(one["id"]))} for one in (*managed, *made)]


def port_at(world: World, host: str, *, port: int) -> int | None:
    """The port on this machine where the API server at an address of the cloud listens; None when none does."""
    with world.lock:
        found = addresses.find(world, host, port=port)
        if found is None:
            return None
        return int(found["Port"]) if found["Port"] and found["Populated"] and _ready(world, id=found.id) else None


def _ready(world: World, *, id: str) -> bool:
    plane = world.planes.get(id)
    return plane is not None and plane.ready
