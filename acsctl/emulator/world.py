"""The world of one server: clock, store, settings, tokens and ledger, under one lock."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.clock import Clock
from acsctl.emulator.contents import Contents
from acsctl.emulator.disk import Disk
from acsctl.emulator.faults import Faults
from acsctl.emulator.kubernetes.planes import Planes, Surroundings
from acsctl.emulator.ledger import Ledger
from acsctl.emulator.resource import TYPES
from acsctl.emulator.settings import Settings
from acsctl.emulator.signature import Nonces
from acsctl.emulator.store import Store
from acsctl.emulator.throttle import Throttle
from acsctl.emulator.tokens import Tokens


class World:
    """lock: held for the whole of a call. turning: for that of a turn in the background. folder: None keeps the world in memory
    only. real_nodes: whether the nodes of clusters with a real control plane are real. told_nodes: what GET /_emulator/nodes
    tells of them."""

    def __init__(self, settings: Settings, *, folder: Path | None, wall: Callable[[], float], real_nodes: bool = False) -> None:
        self.lock = threading.RLock()
        self.turning = threading.Lock()
        self.folder = folder
        self.disk = Disk(folder) if folder else None
        self.clock = self._clock(wall, speed=settings.speed)
        self.faults = Faults(self.clock.unheld)
        self.store = Store(self.disk)
        self.store.odd_lag = self.faults.lag
        self.contents = Contents(self.disk)
        self.tokens = Tokens(self.disk)
        self.ledger = Ledger()
        self.nonces = Nonces()
        self.throttle = Throttle()
        self.real_nodes = real_nodes
        self.told_nodes: Callable[[], dict[str, Any]] = dict
        self.planes = Planes(Surroundings(self.clock.now, lambda: self.settings.images, self.faults, real_nodes))
        self.temporary_keys: dict[str, AccessKey] = {}
        self.closed = False
        self.settings = settings
        self.change_settings({})

    def _clock(self, wall: Callable[[], float], *, speed: float) -> Clock:
        """From where the last run stopped."""
        stopped = self.disk.now() if self.disk else None
        if self.disk is None or stopped is None:
            return Clock(wall, speed=speed, start=time.time())
        return Clock(wall, speed=speed, start=stopped, ahead=self.disk.ahead())

    def begin(self) -> None:
        """Begins a turn of the store at the present."""
        self.store.begin(self.clock.now(), unheld=self.clock.unheld())

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Raises ValueError for an unknown setting or a wrong type; then nothing has changed."""
        self.settings = self.settings.changed(changes)
        self.store.list_lag, self.store.tag_lag = self.settings.list_lag, self.settings.tag_lag
        if self.settings.speed != self.clock.speed:
            self.clock.set_speed(self.settings.speed)

    def keys(self) -> dict[str, AccessKey]:
        """Access keys by id, with the temporary ones."""
        return {**{one.id: one for one in self.settings.keys}, **self.temporary_keys}

    def reset(self) -> None:
        """An empty world; settings and clock stay."""
        for plane in self.planes.all():
            self.planes.drop(plane.face.id)
        self.store.clear()
        self.contents.clear()
        self.tokens.clear()
        self.temporary_keys = {}
        self.ledger.forget_calls()
        self.ledger.findings = {}
        self.faults.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Resources only, sorted, so that two worlds can be compared."""
        self.begin()
        self.store.commit()
        shown = [one for one in self.store.everything() if TYPES[one.type].shown]
        rows = [{"type": one.type, "id": one.id, "tags": dict(one.tags), "attributes": dict(one.attributes)} for one in shown]
        return sorted(rows, key=lambda row: (str(row["type"]), str(row["id"])))

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.begin()
            self.store.commit()
            if self.disk is not None:
                self.disk.close()
        self.planes.close()
