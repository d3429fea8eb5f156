"""The VPCs that have nodes, and what answers in each of them by relays: API servers, the cloud's images, registries."""

import socket
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from acsctl.emulator.kubernetes.nodes.network import Vpc, VpcWish
from acsctl.emulator.kubernetes.nodes.parts import Parts
from acsctl.emulator.kubernetes.nodes.relay import Relay, listen
from acsctl.emulator.kubernetes.nodes.tries import Tries

Place = tuple[str, str, int]
"""The id of a VPC, an address in it, and a port of that."""
OWN = "127.0.0.1"


class Networks:
    """folder: of the local cloud's nodes."""

    def __init__(self, folder: Path, *, parts: Parts, tries: Tries) -> None:
        self._folder, self._parts, self._tries = folder, parts, tries
        self._vpcs: dict[str, Vpc] = {}
        self._relays: dict[Place, tuple[int, Relay]] = {}

    def get(self, id: str) -> Vpc | None:
        return self._vpcs.get(id)

    def tend(self, wishes: Mapping[str, VpcWish]) -> None:
        """Makes what is new and changes what is there; what is no more goes with `drop`, after its machines."""
        for id_, wish in wishes.items():
            self._tries.attempt(id_, work=partial(self._bring, id_, wish=wish))

    def relay(self, wanted: Mapping[Place, int]) -> None:
        """These places, and no others, lead to ports of 127.0.0.1."""
        for place in [one for one, (port, _) in self._relays.items() if wanted.get(one) != port]:
            self._relays.pop(place)[1].close()
        for place, port in wanted.items():
            if place not in self._relays and place[0] in self._vpcs:
                name = f"{place[0]} {place[1]}:{place[2]}"
                self._tries.attempt(name, work=partial(self._open, place, port=port))

    def keep(self, ids: Iterable[str]) -> None:
        """Drops all other VPCs."""
        for id_ in self._vpcs.keys() - set(ids):
            for place in [one for one in self._relays if one[0] == id_]:
                self._relays.pop(place)[1].close()
            self._vpcs.pop(id_).close()
            self._tries.forget(id_)

    def _bring(self, id: str, *, wish: VpcWish) -> None:
        if id not in self._vpcs:
            self._vpcs[id] = Vpc(self._folder / id, unshare=self._parts.program("unshare"))
        self._vpcs[id].become(wish)

    def _open(self, place: Place, *, port: int) -> None:
        id_, address, inside = place
        listener = self._vpcs[id_].namespace.call(lambda: listen(address, inside))
        self._relays[place] = (port, Relay(listener, dial=lambda: socket.create_connection((OWN, port))))
