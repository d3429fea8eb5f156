"""Faults at the door of an API server: what a request from outside meets, in the words of Kubernetes.

Requests of the local cloud's own parts meet none.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults import Effect, Faults, Moment, Occasion, Refusal
from acsctl.emulator.faults.oddities import Away
from acsctl.emulator.faults.pattern import KUBE
from acsctl.emulator.faults.refusals import Denied, Expired, Throttle
from acsctl.emulator.kubernetes import paths
from acsctl.emulator.message import Response

TOO_MANY = "the server has received too many requests and has asked us to try again later"


@dataclass(frozen=True)
class Asked:
    """A request, as far as faults look at it. user: the common name of its certificate."""

    method: str
    path: str
    query: Mapping[str, str]
    user: str
    body: bytes


class Gone(ConnectionAbortedError):
    """The API server is away from now on. lasts: cloud seconds."""

    def __init__(self, lasts: float) -> None:
        super().__init__("a fault lets the API server go away")
        self.lasts = lasts


class Trouble:
    """The faults that requests to one cluster meet."""

    def __init__(self, faults: Faults, *, cluster: str) -> None:
        self._faults = faults
        self._cluster = cluster

    def now(self) -> float:
        """The time by which faults begin and end."""
        return self._faults.now()

    @property
    def idle(self) -> bool:
        """Whether no request can meet any."""
        return not self._faults.concern(KUBE)

    def watch(self, changed: Callable[[], None]) -> None:
        """Calls it when other faults are asked for, from then on."""
        self._faults.watchers.append(changed)

    def unwatch(self, changed: Callable[[], None]) -> None:
        if changed in self._faults.watchers:
            self._faults.watchers.remove(changed)

    def met(self, asked: Asked, *, when: Moment) -> Effect | None:
        """What a request meets at a moment. Raises Gone."""
        if self.idle:
            return None
        effect = self._faults.met(self._occasion(asked), when=when)
        if isinstance(effect, Away):
            raise Gone(effect.lasts)
        return effect

    def _occasion(self, asked: Asked) -> Occasion:
        target = paths.parse(asked.path)
        body = _document(asked.body)
        name = body.get("metadata", {}).get("name", "") if isinstance(body, dict) else ""
        known = {"cluster": self._cluster, **asked.query, "body": body}
        if target is None or not target.plural:
            return Occasion(f"{KUBE}{asked.method}-{asked.path}", asked.user, known)
        what = "/".join(filter(None, (target.plural, target.subresource)))
        named = {"namespace": target.namespace, "name": target.name or name}
        return Occasion(f"{KUBE}{asked.method}-{what}", asked.user, {**known, **named})


def refusal(effect: Refusal) -> Response:
    """An error as the API server tells it: a Status."""
    error = effect.error(Occasion(""))
    if isinstance(effect, Throttle):  # API Priority and Fairness always tells when to come again
        seconds = max(1, math.ceil((error.retry_after or 0) / 1000))
        details = {"retryAfterSeconds": seconds}
        return _status(429, reason="TooManyRequests", message=TOO_MANY, details=details, after=seconds)
    if isinstance(effect, Expired):
        return _status(401, reason="Unauthorized", message="Unauthorized")
    if isinstance(effect, Denied):
        return _status(403, reason="Forbidden", message="forbidden: User cannot do this at the cluster scope", details={})
    return _status(error.status or 500, reason=error.code, message=error.message, details=_after(error), after=_seconds(error))


def _seconds(error: ApiError) -> int | None:
    return None if error.retry_after is None else max(1, math.ceil(error.retry_after / 1000))


def _after(error: ApiError) -> dict[str, Any] | None:
    seconds = _seconds(error)
    return None if seconds is None else {"retryAfterSeconds": seconds}


def _status(
    code: int, *, reason: str, message: str, details: Mapping[str, Any] | None = None, after: int | None = None
) -> Response:
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason}
    document = {**head, **({} if details is None else {"details": dict(details)}), "code": code}
    headers = {} if after is None else {"Retry-After": str(after)}
    return Response(code, json.dumps(document).encode(), "application/json", headers)


def _document(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
