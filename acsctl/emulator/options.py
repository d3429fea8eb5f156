"""How to start a local cloud."""

import ssl
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from acsctl.emulator.background import turn
from acsctl.emulator.kubernetes.plane import NodeRung, Rung
from acsctl.emulator.server import Ports, Server
from acsctl.emulator.settings import Settings
from acsctl.emulator.world import World

STARTING = 60.0  # wall seconds for the control planes of kept clusters


@dataclass(frozen=True)
class Options:
    """port: 0 takes a free one. folder: where the world is kept; None keeps it in memory. speed: cloud seconds per wall
    second. list_lag, tag_lag, token_memory: cloud seconds. check_answers: compare each answer with the published response
    tree, see GET /_emulator/findings. tls_port: TLS with a certificate per server name; ca_file: where to write the
    certificate to trust, which also switches on CONNECT; both need the extra acsctl[local]. dns_port: a DNS server that
    leads every name here. kubernetes: what plays the control planes of clusters, `builtin` or `real`. nodes: whether
    their machines are `played` or `real` (kubernetes/nodes); the latter with real control planes only. faults: documents, see
    faults/. clock: wall seconds that never run backwards.
    """

    port: int = 0
    host: str = "127.0.0.1"
    folder: Path | None = None
    speed: float = 100.0
    list_lag: float = 0.0
    tag_lag: float = 0.0
    token_memory: float = 86400.0
    check_answers: bool = False
    tls_port: int | None = None
    ca_file: Path | None = None
    dns_port: int | None = None
    kubernetes: Rung = "builtin"
    nodes: NodeRung = "played"
    faults: tuple[Any, ...] = ()
    clock: Callable[[], float] = time.monotonic


@contextmanager
def run(options: Options) -> Generator[Server]:
    """A local cloud for the time of a with block. Raises OSError when a port or the folder is taken, ValueError for a
    speed, a lag or faults that cannot be, ImportError when TLS is asked for without the extra, and MissingPartsError when real
    nodes are asked for and cannot be had."""
    furnish = _furnisher(options)
    ports = Ports(options.host, options.port, options.tls_port, options.dns_port, _tls(options))
    names = ("speed", "list_lag", "tag_lag", "token_memory", "check_answers", "kubernetes")
    settings = Settings().changed({name: vars(options)[name] for name in names})
    world = World(settings, folder=options.folder, wall=options.clock, real_nodes=options.nodes == "real")
    server = Server(world, ports=ports)
    try:
        world.faults.put([*options.faults])
        turn(world)  # opens the control planes of the clusters that are kept
        world.planes.wait(STARTING)
        with furnish(world):
            yield server
    finally:
        server.close()


def _furnisher(options: Options) -> Callable[[World], AbstractContextManager[None]]:
    """What gives a world real nodes, when they are asked for. Raises MissingPartsError, before anything else is begun."""
    if options.nodes == "played":
        return lambda _world: nullcontext()
    if options.kubernetes != "real":
        raise ValueError("real nodes need real control planes: --kubernetes real")
    from acsctl.emulator.kubernetes import nodes

    return partial(nodes.furnished, parts=nodes.find())


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.tls_port is None and options.ca_file is None:
        return None
    from acsctl.emulator.tls import Authority  # needs the extra, and a tenth of a second

    authority = Authority()
    if options.ca_file is not None:
        options.ca_file.write_bytes(authority.pem)
    return authority.server_context(options.host)
