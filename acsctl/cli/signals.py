"""Ctrl-C and SIGTERM: the first stops the command in order, the second leaves at once. Both are safe."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Stop:
    """The signal that came, if one did. `stop` has to be safe in a handler: it may interrupt anything."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._asking = False
        self.number = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The handler of both signals."""
        if self.number:
            os._exit(CODES[signal.Signals(number)])
        self.number = number
        self._stop()
        if self._asking:
            from acsctl.cloud import Stopped

            raise Stopped("the question was not answered")

    @property
    def code(self) -> int:
        """The exit code of the signal."""
        return CODES[signal.Signals(self.number)]

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While somebody is asked nothing is under way: the signal is the answer. Raises Stopped."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[Stop]:
    """Signals call `stop` instead of killing the command. What is stopped ends with SystemExit and the signal's code, and a
    second signal still has its meaning while calls that are under way hold the end up."""
    from acsctl.cloud import Expired, Stopped

    handler = Stop(stop)
    # Python lets the main thread alone have handlers.
    numbers = CODES if threading.current_thread() is threading.main_thread() else {}
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield handler
    except Stopped as error:
        if isinstance(error, Expired) or not handler.number:
            raise
    finally:
        for number, former in before.items() if not handler.number else ():
            signal.signal(number, former)
    if handler.number:
        raise SystemExit(handler.code)
