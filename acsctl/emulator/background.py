"""What the cloud does by itself, with no call: state machines that look at clusters, their nodes and load balancers.

A service declares its parts; each is run every few hundredths of a wall second and must be cheap when there is nothing to do.

`@periodic` parts run under the lock of the world like a call, between `store.begin()` and `store.commit()`, and are undone
when they fail. They must not wait for anything.
`@unlocked` parts run without the lock, since they speak to control planes; what they read or change of the world they do in a
short `with held(world):`, which is a turn of its own. They may be in the middle of their work while calls come in between.
"""

import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from acsctl.emulator.ledger import Finding
from acsctl.emulator.world import World

Part = Callable[[World], None]
PARTS: list[Part] = []
UNLOCKED: list[Part] = []
PAUSE, SHORT_PAUSE = 0.05, 0.005  # wall seconds between two turns, and after one that changed something
LONGEST = 5.0  # cloud seconds that pass during a turn


class WorldClosed(Exception):
    """The world is closing: what is left to do is done at the next start."""


def periodic(part: Part) -> Part:
    """Declares a part that runs under the lock."""
    PARTS.append(part)
    return part


def unlocked(part: Part) -> Part:
    """Declares a part that takes the lock for itself."""
    UNLOCKED.append(part)
    return part


@contextmanager
def held(world: World) -> Generator[None]:
    """A turn: the lock, and what is changed is written at the end, or undone by an exception. Raises WorldClosed."""
    with world.lock:
        if world.closed:
            raise WorldClosed
        world.begin()
        try:
            yield
        except BaseException:
            world.store.rollback()
            raise
        finally:
            if world.store.changed:  # a turn that did nothing is not worth a write to disk
                world.store.commit()


def turn(world: World) -> None:
    """Runs every part once. A bug in one is a finding, as one in a call is. One turn at a time.

    Much work takes longer in wall time than it may in cloud time, so the clock waits for it.
    """
    with world.turning, world.clock.at_most(LONGEST):
        for part in PARTS:
            with _findings(world, name=part.__name__), held(world):
                part(world)
        for part in UNLOCKED:
            with _findings(world, name=part.__name__):
                part(world)
        for plane in world.planes.all():
            with _findings(world, name=f"plane {plane.face.id}"), suppress(OSError):
                plane.tick()


@contextmanager
def _findings(world: World, *, name: str) -> Generator[None]:
    try:
        yield
    except WorldClosed:
        return
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        with world.lock:
            world.ledger.find(Finding("crash", name, text))


def _state(world: World) -> list[int]:
    """What changes when anything does, as far as control planes tell."""
    return [world.store.revision, *(getattr(plane, "revision", 0) for plane in world.planes.all())]


class Background(threading.Thread):
    """Takes turns until it is stopped."""

    def __init__(self, world: World) -> None:
        super().__init__(name="local cloud, background", daemon=True)
        self._world = world
        self._stopped = threading.Event()

    def run(self) -> None:
        pause = PAUSE
        while not self._rest(pause):
            before = _state(self._world)
            turn(self._world)
            pause = PAUSE if _state(self._world) == before else SHORT_PAUSE

    def _rest(self, pause: float) -> bool:
        """Whether it was stopped meanwhile. A machine that wakes us late must not make the cloud late either."""
        clock = self._world.clock
        with clock.at_most(2 * PAUSE * clock.speed):
            return self._stopped.wait(pause)

    def stop(self) -> None:
        """Returns when the turn in hand is done."""
        self._stopped.set()
        if self.is_alive():
            self.join()
