"""Work that may fail: told once, and tried again after a while, so that one bad thing does not hold up the others."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

LOG = logging.getLogger(__name__)
AGAIN = 3.0  # wall seconds until what failed is tried again


class Tries:
    """By name of what is tried. now: wall seconds that never run backwards."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failed: dict[str, tuple[str, float]] = {}

    @property
    def failures(self) -> dict[str, str]:
        """What fails now, name -> why."""
        return {name: why for name, (why, _) in self._failed.copy().items()}

    def attempt(self, name: str, *, work: Callable[[], None]) -> None:
        """Does it, unless it has failed a moment ago. Raises nothing."""
        why, until = self._failed.get(name, ("", 0.0))
        if until > self._now():
            return
        try:
            work()
        except Exception as failure:  # whatever it is, it is told, and the others go on
            text = str(failure) or repr(failure)
            if text != why:
                LOG.warning("%s: %s", name, text, exc_info=not isinstance(failure, OSError))
            self._failed[name] = (text, self._now() + AGAIN)
        else:
            self._failed.pop(name, None)

    def forget(self, name: str) -> None:
        """What is tried under this name is no more."""
        with suppress(KeyError):
            del self._failed[name]
