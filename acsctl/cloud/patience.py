"""All waiting of the door: how long a thread may, for what, and the two ends of it, a stop and spent keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from acsctl.cloud.clock import Clock
from acsctl.cloud.retry import Retry, classify
from acsctl.cloud.tally import Tally
from acsctl.errors import AcsctlError

CAUSES = {Retry.THROTTLED: "throttling", Retry.SAME_TOKEN: "an earlier attempt of"}
ANSWER = "an answer of"


class Stopped(AcsctlError):
    """The run was asked to stop: the request was not sent, or not again after a failure that had no effect."""


class Expired(Stopped):
    """The credentials came to their end and there are no others: that stops a run, too. `refusal` is what told so."""

    exit_code = 4

    def __init__(self, refusal: AcsctlError) -> None:
        remedy = "Log in again, then run the same command again."
        super().__init__(f"the credentials have expired: {refusal.message}", remedy=remedy)
        self.refusal = refusal


class Patience:
    """Thread-safe. All seconds are the wall's. `expired` is what told that the keys are spent."""

    def __init__(self, clock: Clock, tally: Tally) -> None:
        self._clock = clock
        self._tally = tally
        self._moment = threading.local()
        self.expired: AcsctlError | None = None

    def check(self, said: str) -> None:
        """Raises Stopped with what is `said`, or Expired, where nothing may be sent any more."""
        if self._clock.stopped:
            raise Expired(self.expired) if self.expired else Stopped(said)

    def end(self, refusal: AcsctlError) -> Expired:
        """The keys are spent: stop everything. Returns what is to be raised."""
        self.expired = self.expired or refusal
        self._clock.stop()
        return Expired(self.expired)

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """This thread may wait until that second of the clock only."""
        self._moment.last = moment
        try:
            yield
        finally:
            del self._moment.last

    def allows(self, seconds: float) -> bool:
        """Whether this thread may wait so long from now."""
        last: float = vars(self._moment).get("last", float("inf"))
        return self._clock.now() + seconds <= last

    def pause(self, seconds: float, *, cause: str) -> None:
        """Sleep, for a `cause` in words if it shall be counted. Raises Stopped before the end."""
        with self._tally.waiting(cause):
            self._sleep(seconds, "the run was stopped")

    def delay(self, name: str, *, seconds: float, code: str) -> None:
        """Sleep before a call of the API `name`, for the sake of `code`. Raises Stopped before the end."""
        retry = classify(code)
        throttled = name if retry is Retry.THROTTLED else ""
        with self._tally.waiting(f"{CAUSES.get(retry, ANSWER)} {name}", name=throttled, code=code):
            self._sleep(seconds, f"{name} was not sent: the run was stopped")

    def _sleep(self, seconds: float, said: str) -> None:
        if not self._clock.sleep(seconds):
            self.check(said)
