"""Ports of this machine for API servers. A cluster keeps its port from one start of the local cloud to the next."""

import contextlib
import random
import socket

RANGE = range(20000, 30000)  # below those that systems give to outgoing connections: a kept port is free at the next start too


def free(host: str, *, but: int = 0) -> int:
    """One that nobody has. Raises OSError when none is."""
    for port in random.sample(RANGE, len(RANGE)):
        with contextlib.suppress(OSError):
            if port != but:
                check(host, port)
                return port
    raise OSError(f"no port of {RANGE.start} to {RANGE.stop - 1} is free on {host}")


def check(host: str, port: int) -> None:
    """Raises OSError when it is taken."""
    with socket.create_server((host, port)):
        pass
