"""The call: one way out for every request, shared by all workers of a run."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from acsctl.cloud.answer import read
from acsctl.cloud.clock import Clock, SystemClock
from acsctl.cloud.credentials import LOCAL, RENEWALS, Credentials, resolve_credentials
from acsctl.cloud.identity import account_id
from acsctl.cloud.limiter import Limiter
from acsctl.cloud.patience import Patience, Stopped
from acsctl.cloud.products import PRODUCTS, Product
from acsctl.cloud.retry import THROTTLE, Retry, backoff_after, class_of, tells_outcome
from acsctl.cloud.routes import Form
from acsctl.cloud.tally import CallDelayed, CallEnded, CallEvent, CallResumed, CallStarted, Observer, Tally
from acsctl.errors import AccessError, AcsctlError, CloudError, UnknownOutcomeError, UsageError

if TYPE_CHECKING:
    from acsctl.cloud.sdk import Sdk

T = TypeVar("T")

WITHDRAWN = ("InvalidAccessKeyId", "InvalidSecurityToken")  # codes of keys that are no good any more, if they ever were


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
        check_address(endpoint)
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
        self.tally = Tally(clock.now)
        self.observer: Observer | None = None
        self.guard: Callable[[], None] | None = None
        self._patience = Patience(clock, self.tally)
        self._answered = False
        self._watchers: tuple[Observer, ...] = ()
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
        other._patience, other._answered = self._patience, self._answered
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

    @property
    def expired(self) -> AcsctlError | None:
        """What told that the credentials have come to their end, which has stopped everything."""
        return self._patience.expired

    @contextmanager
    def watched(self, observer: Observer) -> Iterator[None]:
        """Tell one more observer, too."""
        with self._lock:
            self._watchers = (*self._watchers, observer)
        try:
            yield
        finally:
            with self._lock:
                self._watchers = tuple(watcher for watcher in self._watchers if watcher is not observer)

    def until(self, moment: float) -> AbstractContextManager[None]:
        """What this thread calls is not repeated after that second of the clock, whatever the budgets allow."""
        return self._patience.until(moment)

    def check(self, said: str) -> None:
        """Raises Stopped with what is `said`, or Expired, where nothing may be sent any more."""
        self._patience.check(said)

    def pause(self, seconds: float, *, cause: str = "") -> None:
        """Sleep so many cloud seconds, for a `cause` in words if it shall be counted. Raises Stopped before their end."""
        self._patience.pause(seconds / self.speed, cause=cause)

    def delay(self, product: str, action: str, *, seconds: float, code: str) -> None:
        """Wait so many cloud seconds before a call, for the sake of `code`; it is told and counted. Raises Stopped."""
        wall = seconds / self.speed
        self._tell(CallDelayed(product, action, wall, code))
        try:
            self._patience.delay(f"{product}.{action}", seconds=wall, code=code)
        finally:
            self._tell(CallResumed(product, action))

    def stop(self) -> None:
        """From now on no request is sent; calls in flight return, and every wait ends with Stopped."""
        self.clock.stop()

    def _repeat(self, request: _Request) -> dict[str, Any]:
        spent = 0.0
        attempt, renewals = 1, 0
        while True:
            self._pace(request)
            outcome = self._once(request, attempt=attempt)
            if outcome.error is None:
                return outcome.body
            attempt += 1
            if self._is_over(outcome.error):
                renewals += 1
                self._renew(outcome.error, tries=renewals)
                continue
            if isinstance(outcome.error, UnknownOutcomeError):
                request.doubt = outcome.error
            delay = self._delay(request, outcome=outcome, attempt=attempt - 1, spent=spent)
            if delay is None:
                raise outcome.error
            self.delay(request.product.code, request.action, seconds=delay, code=outcome.error.code)
            spent += outcome.took + delay

    def _is_over(self, error: CloudError) -> bool:
        """Whether keys that were good are so no more."""
        return class_of(error) is Retry.EXPIRED or (self._answered and error.code.startswith(WITHDRAWN))

    def _renew(self, refusal: CloudError, *, tries: int) -> None:
        """Get other keys, or stop everything."""
        try:
            if tries <= RENEWALS and self.credentials.renew():
                return
        except AccessError as error:
            raise self._patience.end(error) from error
        raise self._patience.end(refusal) from refusal

    def _once(self, request: _Request, *, attempt: int) -> _Outcome:
        self._patience.check(f"{request.name} was not sent: the run was stopped")
        guard = None if request.product.reads(request.action) else self.guard
        if guard is not None:
            guard()
        product, action = request.product.code, request.action
        self.tally.sent(request.name)
        self._tell(CallStarted(product, action, attempt, request.params))
        sent = self.clock.now()
        body: dict[str, Any] = {}
        error: AcsctlError | None = None
        retry_after = 0.0
        try:
            # Signing takes a while, in which this process may have been stopped for long.
            answer = self._sdk().exchange(request.product, action=action, form=request.form, ahead=guard)
            retry_after = answer.retry_after
            self.speed = answer.speed or self.speed
            body = read(answer, action=request.name, shape=request.form.answer)
            self._answered = True
        except AcsctlError as refusal:
            error = refusal
        took = self.clock.now() - sent
        self._tell(CallEnded(product, action, took, _code(error)))
        if isinstance(error, AccessError) and self._answered:
            raise self._patience.end(error) from error
        if not isinstance(error, CloudError | None):
            raise error
        return _Outcome(sent, took, body, error, retry_after)

    def _delay(self, request: _Request, *, outcome: _Outcome, attempt: int, spent: float) -> float | None:
        """Cloud seconds to wait before the call is repeated, or None when it is not."""
        assert outcome.error is not None
        backoff = backoff_after(outcome.error, repeatable=request.repeatable, known=self._answered)
        if backoff is None:
            return None
        if backoff is THROTTLE:
            limiter = self._limiter(request)
            limiter.throttled(outcome.sent, now=self.clock.now(), speed=self.speed, retry_after=outcome.retry_after)
        delay = max(outcome.retry_after, backoff.delay(attempt) * random.uniform(0.5, 1.0))
        in_time = self._patience.allows(delay / self.speed)
        return delay if in_time and spent + outcome.took + delay <= backoff.budget else None

    def _pace(self, request: _Request) -> None:
        """Wait for the call's turn. Raises CloudError where that would come too late for who calls."""
        seconds = self._limiter(request).reserve(self.clock.now(), speed=self.speed)
        if seconds > 0.0:
            if not self._patience.allows(seconds):
                raise CloudError("Throttling", action=request.name, said="its turn would come too late")
            self.delay(request.product.code, request.action, seconds=seconds * self.speed, code="Throttling")

    def _limiter(self, request: _Request) -> Limiter:
        with self._lock:
            if request.name not in self._limiters:
                reads = request.product.reads(request.action)
                self._limiters[request.name] = Limiter(0 if reads else request.product.per_minute)
            return self._limiters[request.name]

    def _sdk(self) -> Sdk:
        with self._lock:
            if self._loaded is None:
                # Here and not above: importing acsctl.cloud must stay cheap.
                from acsctl.cloud.sdk import Sdk, Site

                self._loaded = Sdk(Site(self.region, self.endpoint), credentials=self.credentials, clock=self.clock)
            return self._loaded

    def _tell(self, event: CallEvent) -> None:
        for observer in (self.observer, *self._watchers):
            if observer is not None:
                observer(event)


def _code(error: AcsctlError | None) -> str:
    if error is None:
        return ""
    return error.code if isinstance(error, CloudError) else type(error).__name__


def check_address(endpoint: str) -> None:
    """Raises UsageError for what is not the address of a cloud, such as `http://127.0.0.1:4000`."""
    try:
        parts = urlsplit(endpoint)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.path.strip("/") and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise UsageError(f"{endpoint!r} is not the address of a cloud", remedy="Write it like http://127.0.0.1:4000.")
