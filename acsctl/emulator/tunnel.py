"""CONNECT to an address of the cloud's networks: bytes handed on to the API server that answers there (services/kubeadm)."""

import select
import socket
from contextlib import suppress
from ipaddress import IPv4Address

from acsctl.emulator.services.kubeadm import clusters
from acsctl.emulator.world import World

_SIZE = 65536


def leads_inside(world: World, target: str) -> bool:
    """Whether `host:port` is an address, or a name that a self-managed cluster goes by; other names are the products'."""
    host, _, port = target.rpartition(":")
    try:
        return not IPv4Address(host).is_loopback
    except ValueError:
        return port.isdigit() and clusters.port_at(world, host, port=int(port)) is not None


def opened(world: World, target: str) -> socket.socket | None:
    """A connection to what answers at `host:port`; None when nothing does."""
    host, _, port = target.rpartition(":")
    found = clusters.port_at(world, host, port=int(port)) if port.isdigit() else None
    if found is None:
        return None
    try:
        return socket.create_connection(("127.0.0.1", found))
    except OSError:
        return None


def hand_on(client: socket.socket, server: socket.socket) -> None:
    """Until either side ends it."""
    for one in (client, server):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with server, suppress(OSError):
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for one in ready:
                data = one.recv(_SIZE)
                if not data:
                    return
                (server if one is client else client).sendall(data)
