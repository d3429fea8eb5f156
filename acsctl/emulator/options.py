"""How to start a local cloud."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acsctl.emulator.server import Server
from acsctl.emulator.settings import Settings
from acsctl.emulator.world import World


@dataclass(frozen=True)
class Options:
    """port: 0 takes a free one. folder: where the world is kept; None keeps it in memory. speed: cloud seconds per wall
    second. list_lag, tag_lag, token_memory: cloud seconds. check_answers: compare each answer with the published response
    tree, see GET /_emulator/findings. clock: wall seconds that never run backwards.
    """

    port: int = 0
    host: str = "127.0.0.1"
    folder: Path | None = None
    speed: float = 100.0
    list_lag: float = 0.0
    tag_lag: float = 0.0
    token_memory: float = 86400.0
    check_answers: bool = False
    clock: Callable[[], float] = time.monotonic


@contextmanager
def run(options: Options) -> Generator[Server]:
    """A local cloud for the time of a with block. Raises OSError when the port is taken."""
    settings = Settings(
        speed=options.speed,
        list_lag=options.list_lag,
        tag_lag=options.tag_lag,
        token_memory=options.token_memory,
        check_answers=options.check_answers,
    )
    world = World(settings, folder=options.folder, wall=options.clock)
    server = Server(world, host=options.host, port=options.port)
    try:
        yield server
    finally:
        server.close()
