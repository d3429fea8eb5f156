"""The call: one way out for every request, shared by all workers of a run."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from acsctl.cloud.answer import read
from acsctl.cloud.clock import Clock, SystemClock
from acsctl.cloud.credentials import LOCAL, Credentials, resolve_credentials
from acsctl.cloud.identity import account_id
from acsctl.cloud.limiter import Limiter
from acsctl.cloud.products import PRODUCTS, Product
from acsctl.cloud.retry import THROTTLE, backoff_after, tells_outcome
from acsctl.cloud.routes import Form
from acsctl.cloud.tally import CallDelayed, CallEnded, CallEvent, CallStarted, Observer, Tally
from acsctl.errors import AccessError, AcsctlError, CloudError, UnknownOutcomeError, UsageError

if TYPE_CHECKING:
    from acsctl.cloud.sdk import Sdk

T = TypeVar("T")


class Stopped(AcsctlError):
    """The run was asked to stop: the request was not sent, or not again after a failure that had no effect."""


def connect(
    region: str,
    *,
    endpoint: str | None = None,
    credentials: Credentials | None = None,
    clock: Clock | None = None,
    observer: Observer | None = None,
) -> Cloud:
    """The cloud of a region, or with an `endpoint` ("http://127.0.0.1:4000") whatever answers there for all products.

    Without credentials an endpoint gets the local key, never a real one. Sends nothing yet. Raises AccessError, UsageError.
    """
    if endpoint is not None:
        _check(endpoint)
    if credentials is None:
        credentials = LOCAL if endpoint else resolve_credentials()
    cloud = Cloud(region, endpoint=endpoint, credentials=credentials, clock=clock or SystemClock())
    cloud.observer = observer
    return cloud


@dataclass
class _Request:
    product: Product
    action: str
    params: Mapping[str, Any]
    form: Form
    doubt: UnknownOutcomeError | None = None

    @property
    def name(self) -> str:
        return f"{self.product.code}.{self.action}"

    @property
    def repeatable(self) -> bool:
        return "ClientToken" in self.form.query or self.product.may_repeat(self.action)


@dataclass(frozen=True)
class _Outcome:
    """How one attempt ended: `sent` is the wall second it was sent in, `took` wall seconds, `retry_after` cloud seconds."""

    sent: float
    took: float
    body: dict[str, Any]
    error: CloudError | None
    retry_after: float


class Cloud:
    """The only way out. Thread-safe.

    `speed` is cloud seconds per wall second, as the last answer told; 1 at the real cloud. `guard` is called before each write
    is signed, repetitions included; what it raises is raised instead of sending: a run that lost its lock writes no more.
    """

    def __init__(self, region: str, *, endpoint: str | None, credentials: Credentials, clock: Clock) -> None:
        self.region = region
        self.endpoint = endpoint.rstrip("/") if endpoint else None
        self.credentials = credentials
        self.clock = clock
        self.speed = 1.0
        self.tally = Tally()
        self.observer: Observer | None = None
        self.guard: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._limiters: dict[str, Limiter] = {}
        self._loaded: Sdk | None = None
        self._account = ""
        self._kept: dict[str, Any] = {}
        self._makers: dict[str, threading.RLock] = {}

    @property
    def account(self) -> str:
        """The id of the account that the credentials belong to; asked once. Raises what `call` raises."""
        if not self._account:
            self._account = account_id(self)
        return self._account

    def call(self, product: str, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Send one call, repeat it where that does no harm, and return the body of the answer.

        Names are the wire's, RegionId included where the API wants it; lists and dicts nest, None is left out.
        Raises CloudError and its kinds, AccessError, and Stopped.
        """
        request = _Request(PRODUCTS[product], action, params, PRODUCTS[product].form(action, params))
        try:
            return self._repeat(request)
        except (CloudError, AccessError, Stopped) as error:
            if request.doubt is None or error is request.doubt or tells_outcome(error):
                raise
            # An earlier attempt may have had an effect, and the last one does not tell whether it did.
            raise request.doubt from error

    def elsewhere(self, region: str) -> Cloud:
        """The same cloud in another region, with the same clock, credentials and tally."""
        other = Cloud(region, endpoint=self.endpoint, credentials=self.credentials, clock=self.clock)
        other.speed, other.tally, other.observer, other.guard = self.speed, self.tally, self.observer, self.guard
        return other

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """What `make` made for `key` the first time: a connection that lives as long as this door. Raises what `make` raises.

        Threads that ask for one key wait for the one that makes it; a `make` that raised is asked again. `elsewhere` shares
        nothing of it.
        """
        with self._lock:
            maker = self._makers.setdefault(key, threading.RLock())
        with maker:
            if key not in self._kept:
                self._kept[key] = make()
            found: T = self._kept[key]
            return found

    def pause(self, seconds: float) -> None:
        """Sleep so many cloud seconds. Raises Stopped when the run was asked to stop before their end."""
        if not self.clock.sleep(seconds / self.speed):
            raise Stopped("the run was stopped")

    def stop(self) -> None:
        """From now on no request is sent; calls in flight return, and every wait ends with Stopped."""
        self.clock.stop()

    def _repeat(self, request: _Request) -> dict[str, Any]:
        spent = 0.0
        attempt = 1
        while True:
            self._pace(request)
            outcome = self._once(request, attempt=attempt)
            if outcome.error is None:
                return outcome.body
            if isinstance(outcome.error, UnknownOutcomeError):
                request.doubt = outcome.error
            delay = self._delay(request, outcome=outcome, attempt=attempt, spent=spent)
            if delay is None:
                raise outcome.error
            self._wait(request, seconds=delay / self.speed, cause=outcome.error.code)
            spent += outcome.took + delay
            attempt += 1

    def _once(self, request: _Request, *, attempt: int) -> _Outcome:
        if self.clock.stopped:
            raise Stopped(f"{request.name} was not sent: the run was stopped")
        if self.guard is not None and not request.product.reads(request.action):
            self.guard()
        product, action = request.product.code, request.action
        self.tally.sent(request.name)
        self._tell(CallStarted(product, action, attempt, request.params))
        sent = self.clock.now()
        body: dict[str, Any] = {}
        error: AcsctlError | None = None
        retry_after = 0.0
        try:
            answer = self._sdk().exchange(request.product, action=action, form=request.form)
            retry_after = answer.retry_after
            self.speed = answer.speed or self.speed
            body = read(answer, action=request.name, shape=request.form.answer)
            self._limiter(request.name).succeeded()
        except AcsctlError as refusal:
            error = refusal
        took = self.clock.now() - sent
        self._tell(CallEnded(product, action, took, _code(error)))
        if not isinstance(error, CloudError | None):
            raise error
        return _Outcome(sent, took, body, error, retry_after)

    def _delay(self, request: _Request, *, outcome: _Outcome, attempt: int, spent: float) -> float | None:
        """Cloud seconds to wait before the call is repeated, or None when it is not."""
        assert outcome.error is not None
        backoff = backoff_after(outcome.error, repeatable=request.repeatable)
        if backoff is None:
            return None
        if backoff is THROTTLE:
            self._limiter(request.name).throttled(outcome.sent, now=self.clock.now(), speed=self.speed)
        delay = max(outcome.retry_after, backoff.delay(attempt) * random.uniform(0.5, 1.0))
        return delay if spent + outcome.took + delay <= backoff.budget else None

    def _pace(self, request: _Request) -> None:
        seconds = self._limiter(request.name).reserve(self.clock.now(), speed=self.speed)
        if seconds > 0.0:
            self._wait(request, seconds=seconds, cause="Throttling")

    def _wait(self, request: _Request, *, seconds: float, cause: str) -> None:
        self._tell(CallDelayed(request.product.code, request.action, seconds, cause))
        if "Throttling" in cause:
            self.tally.waited(request.name, seconds=seconds, code=cause)
        if not self.clock.sleep(seconds):
            raise Stopped(f"{request.name} was not sent: the run was stopped")

    def _limiter(self, name: str) -> Limiter:
        with self._lock:
            return self._limiters.setdefault(name, Limiter())

    def _sdk(self) -> Sdk:
        with self._lock:
            if self._loaded is None:
                # Here and not above: importing acsctl.cloud must stay cheap.
                from acsctl.cloud.sdk import Sdk, Site

                self._loaded = Sdk(Site(self.region, self.endpoint), credentials=self.credentials, clock=self.clock)
            return self._loaded

    def _tell(self, event: CallEvent) -> None:
        if self.observer is not None:
            self.observer(event)


def _code(error: AcsctlError | None) -> str:
    if error is None:
        return ""
    return error.code if isinstance(error, CloudError) else type(error).__name__


def _check(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.path.strip("/") and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise UsageError(f"{endpoint!r} is not the address of a cloud", remedy="Write it like http://127.0.0.1:4000.")
