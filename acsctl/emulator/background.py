"""What the cloud does by itself, with no call: state machines that look at a cluster, its nodes and load balancers.

A service declares its part with `@periodic`; each part is run every few hundredths of a wall second, under the lock of
the world like a call, between `store.begin()` and `store.commit()`, and is undone when it fails. It must be cheap when
there is nothing to do, and must not wait for anything.
"""

import threading
import traceback
from collections.abc import Callable

from acsctl.emulator.ledger import Finding
from acsctl.emulator.world import World

Part = Callable[[World], None]
PARTS: list[Part] = []
PAUSE = 0.05  # wall seconds


def periodic(part: Part) -> Part:
    """Declares a part."""
    PARTS.append(part)
    return part


def turn(world: World) -> None:
    """Runs every part once. A bug in one is a finding, as one in a call is."""
    for part in PARTS:
        with world.lock:
            if world.closed:
                return
            world.store.begin(world.clock.now())
            try:
                part(world)
            except Exception as error:
                world.store.rollback()
                world.ledger.find(Finding("crash", part.__name__, "".join(traceback.format_exception(error))))
            world.store.commit()


class Background(threading.Thread):
    """Takes turns until it is stopped."""

    def __init__(self, world: World) -> None:
        super().__init__(name="local cloud, background", daemon=True)
        self._world = world
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(PAUSE):
            turn(self._world)
            for plane in self._world.planes.all():
                plane.tick()

    def stop(self) -> None:
        """Returns when the turn in hand is done."""
        self._stopped.set()
        if self.is_alive():
            self.join()
