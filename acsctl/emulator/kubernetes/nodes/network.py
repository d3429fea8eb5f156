"""A VPC as a network namespace: a bridge that has the gateway of each vSwitch, the routes of the route table, and nodes on it.

The namespace is held by a process that does nothing else. Nothing leads out of it but the relays of the local cloud, so that
there is no way from one VPC into another, and their ranges may overlap.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from acsctl.emulator.kubernetes.nodes.configuration import IMAGES, SERVICES
from acsctl.emulator.kubernetes.nodes.namespaces import Namespace, opened
from acsctl.emulator.kubernetes.real.child import Child

BRIDGE = "vpc"
GATEWAY = -3  # the address of a vSwitch's gateway, from the end of its range: `.253` of a /24
PATIENCE = 3.0  # wall seconds for the holder to end


@dataclass(frozen=True)
class VpcWish:
    """A VPC as it is to be. subnets: ranges of its vSwitches. routes: destination -> address of the next hop. addresses: of
    its own services, that of a registry's link say."""

    subnets: tuple[str, ...] = ()
    routes: Mapping[str, str] = field(default_factory=dict[str, str])
    addresses: tuple[str, ...] = ()


def gateway(subnet: str) -> str:
    """The address of the gateway, with the length of the range: `10.0.1.253/24`."""
    network = ip_network(subnet)
    return f"{network[GATEWAY]}/{network.prefixlen}"


def bridge_addresses(wish: VpcWish) -> list[str]:
    """With the length of their range, each once."""
    own = (f"{one}/32" for one in (SERVICES, IMAGES, *wish.addresses))
    return list(dict.fromkeys([*(gateway(one) for one in wish.subnets), *own]))


def changes(old: VpcWish | None, new: VpcWish) -> list[str]:
    """Lines of `ip` that bring the namespace of a VPC from one state to the other; None is before the first."""
    before = [] if old is None else bridge_addresses(old)
    lines: list[str] = []
    if old is None:
        lines += ["link set lo up", f"link add {BRIDGE} type bridge", f"link set {BRIDGE} up"]
    after = bridge_addresses(new)
    lines += [f"address add {one} dev {BRIDGE}" for one in after if one not in before]
    routes = {} if old is None else old.routes
    lines += [f"route del {one}" for one in routes if one not in new.routes]
    lines += [f"route replace {one} via {hop}" for one, hop in new.routes.items() if routes.get(one) != hop]
    lines += [f"address del {one} dev {BRIDGE}" for one in before if one not in after]
    return lines


class Vpc:
    """folder: its own, made when absent. Raises OSError when the namespace cannot be made."""

    def __init__(self, folder: Path, *, unshare: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._holder = Child([unshare, "--net", "--", "/bin/sleep", "infinity"], folder=folder)
        self.namespace = opened(self._holder)
        self._state: VpcWish | None = None
        self.namespace.run(["sysctl", "-q", "-w", *_SYSTEM])

    def become(self, wish: VpcWish) -> None:
        """Raises NamespaceError."""
        if wish != self._state:
            self.namespace.ip(*changes(self._state, wish))
            self._state = wish

    def attach(self, node: Namespace, *, address: str, subnet: str) -> None:
        """Puts a machine on the bridge. Raises NamespaceError."""
        port = f"n{secrets.token_hex(4)}"
        self.namespace.ip(
            f"link add {port} type veth peer name eth0 netns {node.pid}",
            f"link set {port} master {BRIDGE} up",
        )
        node.ip(
            "link set lo up",
            f"address add {address}/{ip_network(subnet).prefixlen} dev eth0",
            "link set eth0 up",
            f"route add default via {gateway(subnet).partition('/')[0]}",
        )
        node.run(["sysctl", "-q", "-w", *_SYSTEM])

    def close(self) -> None:
        self._holder.end(PATIENCE)


_SYSTEM: Sequence[str] = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
)
