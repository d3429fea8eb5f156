"""Listeners of load balancers: each answers on a port of 127.0.0.1 and hands connections on to the machines behind it."""

import itertools
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from acsctl.emulator.kubernetes.nodes.namespaces import Namespace
from acsctl.emulator.kubernetes.nodes.relay import Relay, listen
from acsctl.emulator.kubernetes.nodes.tries import Tries
from acsctl.emulator.kubernetes.nodes.wishes import Backend, ListenerWish

HOST = "127.0.0.1"
CONNECT = 1.0  # wall seconds for a machine to take a connection
SICK = 2.0  # wall seconds for which one that did not is asked last


class Balancer:
    """One listener. find: the namespace of a VPC, or None. Raises OSError when no port is free."""

    def __init__(self, wish: ListenerWish, *, find: Callable[[str], Namespace | None]) -> None:
        self.wish = wish
        self._find = find
        self._turns = itertools.count()
        self._sick: dict[Backend, float] = {}
        self._relay = Relay(listen(HOST, 0), dial=self._dial)

    def document(self) -> dict[str, Any]:
        """Its address and port in the cloud, and where that answers here."""
        return {"address": self.wish.address, "port": self.wish.port, "at": f"{HOST}:{self._relay.port}"}

    def close(self) -> None:
        self._relay.close()

    def _dial(self) -> socket.socket:
        """A connection to the next machine that takes one; in a thread of its own. Raises OSError when none does."""
        backends = self.wish.backends
        failure = OSError(f"no machine is behind {self.wish.address}:{self.wish.port}")
        for backend in ordered(backends, turn=next(self._turns), sick=self._sick, now=time.monotonic()):
            namespace = self._find(backend.vpc)
            if namespace is None:
                continue
            try:
                namespace.enter()
                connection = socket.create_connection((backend.address, backend.port), timeout=CONNECT)
            except OSError as error:
                self._sick[backend] = time.monotonic() + SICK
                failure = error
                continue
            connection.settimeout(None)
            self._sick.pop(backend, None)
            return connection
        raise failure


def ordered(backends: tuple[Backend, ...], *, turn: int, sick: Mapping[Backend, float], now: float) -> list[Backend]:
    """Whom to ask, one after the other: each is the first in its turn, and those that failed a moment ago come last."""
    if not backends:
        return []
    start = turn % len(backends)
    turned = [*backends[start:], *backends[:start]]
    return sorted(turned, key=lambda one: sick.get(one, 0.0) > now)


class Balancers:
    """All listeners, by id of load balancer and port."""

    def __init__(self, tries: Tries, *, find: Callable[[str], Namespace | None]) -> None:
        self._tries, self._find = tries, find
        self._open: dict[str, Balancer] = {}

    def tend(self, wishes: Mapping[str, ListenerWish]) -> None:
        for id_ in self._open.keys() - wishes.keys():
            self._open.pop(id_).close()
            self._tries.forget(id_)
        for id_, wish in wishes.items():
            if id_ in self._open:
                self._open[id_].wish = wish
            else:
                self._tries.attempt(id_, work=partial(self._begin, id_, wish=wish))

    def document(self) -> list[dict[str, Any]]:
        return [one.document() for one in self._open.copy().values()]

    def _begin(self, id: str, *, wish: ListenerWish) -> None:
        self._open[id] = Balancer(wish, find=self._find)
