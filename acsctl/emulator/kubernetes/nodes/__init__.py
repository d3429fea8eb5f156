"""Real nodes: machines of clusters as network namespaces of this machine, each with its own containerd and kubelet.

Linux and root only, for clusters with a real control plane. A VPC is a network namespace with a bridge, which has the gateway
of each vSwitch and the routes of the route table; nothing of the machine's own network is touched, and two VPCs have no way to
one another. A node is a process that has namespaces of its own (network, mounts, processes, host name) and is number one in
them: when it ends, all that runs on the node ends with it. Every process ends with the local cloud, however that ends.

Belongs here: what makes, wires and ends such machines, and the registry and load balancers that they meet. Does not belong
here: which machines there are, and what is an object of the cluster; that is services/cs.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from acsctl.emulator.kubernetes.nodes.parts import MissingPartsError, Parts, find

if TYPE_CHECKING:
    from acsctl.emulator.world import World

__all__ = ["MissingPartsError", "Parts", "find", "furnished", "lines"]


@contextmanager
def furnished(world: "World", *, parts: Parts) -> Generator[None]:
    """A world whose nodes are real for the time of a with block. Raises OSError when what an earlier local cloud left cannot be
    taken away."""
    from acsctl.emulator.kubernetes.nodes.fleet import Fleet  # knows the services, which know this package's like

    fleet = Fleet(world, parts=parts)
    world.told_nodes = fleet.document
    try:
        yield
    finally:
        world.told_nodes = dict
        fleet.close()


def lines(world: "World") -> set[str]:
    """One for each registry and each listener of a load balancer, with the port of this machine that it answers on."""
    told = world.told_nodes()
    registries = {f"registry {id_} answers at http://{at}" for id_, at in told.get("registries", {}).items()}
    return registries | {f"{one['address']}:{one['port']} answers at http://{one['at']}" for one in told.get("listeners", ())}
