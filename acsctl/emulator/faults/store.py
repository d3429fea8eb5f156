"""The faults that are in force."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from acsctl.emulator.faults.counting import Rule
from acsctl.emulator.faults.effects import Effect, Moment
from acsctl.emulator.faults.harms import Harm, Hit, Slow
from acsctl.emulator.faults.oddities import Lag, Oddity
from acsctl.emulator.faults.pattern import Occasion
from acsctl.emulator.faults.reading import read
from acsctl.emulator.faults.refusals import Refusal, Shortage

Odd = TypeVar("Odd", bound=Oddity)


class Faults:
    """Tried in the order in which they were asked for: at each moment a call meets the first that strikes. now: cloud time,
    unix seconds, as clients count it. Safe to use from many threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._lock = threading.RLock()
        self._rules: tuple[Rule, ...] = ()
        self.watchers: list[Callable[[], None]] = []  # called when others are asked for
        self._performed: Occasion | None = None
        self._lags: dict[Rule, bool] = {}

    # Asked for

    def put(self, raw: Any) -> None:
        """Replaces all. Raises MistakesError; then nothing has changed."""
        self._change(self._made(raw))

    def add(self, raw: Any) -> None:
        """Behind those that there are. Raises MistakesError; then nothing has changed."""
        made = self._made(raw)
        with self._lock:
            self._change((*self._rules, *made))

    def clear(self) -> None:
        self._change(())

    def listed(self, *, every: bool = False) -> list[dict[str, Any]]:
        """Those that can still strike, or every one, with what they have done: `seen` calls that fit, how many they `struck`,
        how many are `left`; None without end."""
        now = self.now()
        return [one.document(now) for one in self._rules if every or one.left(now) != 0]

    def _change(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        for watcher in list(self.watchers):
            watcher()

    def _made(self, raw: Any) -> tuple[Rule, ...]:
        return tuple(Rule(one, now=self.now()) for one in read(raw))

    # Met

    def concern(self, start: str) -> bool:
        """Whether any is for actions whose names begin so."""
        return any(glob.startswith(start) for one in self._rules for glob in one.fault.pattern.action)

    def met(self, occasion: Occasion, *, when: Moment) -> Effect | None:
        """What a call meets at a moment, on its way to the service or back."""
        return self._first(occasion, when=when, kind=lambda one: not isinstance(one, Shortage))

    def strike(self, occasion: Occasion, *, when: Moment) -> float:
        """What a call meets at a moment: raises ApiError or Hit, or returns the wall seconds that it takes longer."""
        effect = self.met(occasion, when=when)
        if isinstance(effect, Refusal):
            raise effect.error(occasion)
        if isinstance(effect, Harm):
            raise Hit(effect)
        return effect.seconds if isinstance(effect, Slow) else 0.0

    @contextmanager
    def performing(self, occasion: Occasion) -> Iterator[None]:
        """While the service performs a call, it can ask what is `odd` about it. Under the lock of the world."""
        self._performed, self._lags = occasion, {}
        try:
            yield
        finally:
            self._performed = None

    def odd(self, kind: type[Odd]) -> Odd | None:
        """The oddity of a kind that the call in hand meets. To be asked where it shows, for each asking counts."""
        if self._performed is None:
            return None
        met = self._first(self._performed, when="within", kind=lambda one: isinstance(one, kind))
        return met if isinstance(met, kind) else None

    def run_short(self) -> None:
        """Raises ApiError where the service has not enough for the call in hand."""
        if self._performed is None:
            return
        met = self._first(self._performed, when="before", kind=lambda one: isinstance(one, Shortage))
        if isinstance(met, Shortage):
            raise met.error(self._performed)

    def lag(self, type: str) -> Lag | None:
        """How late a resource type shows what the call in hand changes, or what the cloud changes by itself."""
        lags = [one for one in self._lagging() if not one.types or type in one.types]
        if not lags:
            return None
        return Lag(_given(one.creates for one in lags), _given(one.deletes for one in lags), _given(one.tags for one in lags))

    def _lagging(self) -> Iterator[Lag]:
        """Counted once for a call. What the cloud does by itself is late where a fault is for every call."""
        for rule in self._rules:
            lag, now = rule.fault.effect, self.now()
            if not isinstance(lag, Lag):
                continue
            if self._performed is None:
                hit = rule.fault.pattern.is_plain and rule.left(now) != 0 and rule.in_time(now)
            else:
                hit = self._lags[rule] = self._lags[rule] if rule in self._lags else self._strikes(rule, self._performed)
            if hit:
                yield lag

    def _first(self, occasion: Occasion, *, when: Moment, kind: Callable[[Effect], bool]) -> Effect | None:
        for rule in self._rules:
            if rule.fault.moment == when and kind(rule.fault.effect) and self._strikes(rule, occasion):
                return rule.fault.effect
        return None

    def _strikes(self, rule: Rule, occasion: Occasion) -> bool:
        with self._lock:
            return rule.strikes(occasion, now=self.now())


def _given(values: Iterable[float | None]) -> float | None:
    return next((one for one in values if one is not None), None)
