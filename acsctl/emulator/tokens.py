"""ClientToken: the same token with the same parameters answers the same again (sheet behaviour.md 4)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from acsctl.emulator.disk import Disk
from acsctl.emulator.errors import ApiError

LONGEST = 64  # characters, sheet behaviour.md 4
_PREFIX = "token/"
# Neither makes the request another one: DryRun makes nothing, and the rest is the envelope.
_NOT_COMPARED = frozenset({"ClientToken", "DryRun", "RegionId", "SecurityToken"})


@dataclass(frozen=True)
class Outcome:
    """How the first call with a token ended: with an answer, or with an error (code, message, status). at: a time that is never
    held (`Clock.unheld`)."""

    digest: str
    at: float
    answer: dict[str, Any] | None = None
    error: tuple[str, str, int] | None = None


class Tokens:
    """The remembered tokens, on disk too when there is one. Under the lock of the world."""

    def __init__(self, disk: Disk | None) -> None:
        self._disk = disk
        self._outcomes: dict[str, Outcome] = {}
        self._held: set[str] = set()
        for name, raw in disk.remembered(_PREFIX) if disk else ():
            error = tuple(raw.pop("error") or ()) or None
            self._outcomes[name] = Outcome(**raw, error=error)

    def recall(self, name: str, *, parameters: Mapping[str, Any], now: float, memory: float) -> Outcome | None:
        """The outcome of an earlier call with this token. Raises IdempotentParameterMismatch when that one was another."""
        outcome = self._outcomes.get(name)
        if outcome is None:
            return None
        if now - outcome.at >= memory:
            self._keep(name, outcome=None)
            return None
        if outcome.digest != digest(parameters):
            raise ApiError("IdempotentParameterMismatch", message="The client token was used before with other parameters.")
        return outcome

    def hold(self, name: str) -> str:
        """Marks a token as that of a call that runs for a while, until it is released: its name, empty where another call with
        it runs already."""
        if name in self._held:
            return ""
        self._held.add(name)
        return name

    def release(self, name: str) -> None:
        self._held.discard(name)

    def is_held(self, name: str) -> bool:
        return name in self._held

    def remember(self, name: str, *, outcome: Outcome) -> None:
        self._keep(name, outcome=outcome)

    def clear(self) -> None:
        self._outcomes = {}

    def _keep(self, name: str, *, outcome: Outcome | None) -> None:
        if outcome is None:
            del self._outcomes[name]
        else:
            self._outcomes[name] = outcome
        if self._disk is not None:
            self._disk.remember(name, value=asdict(outcome) if outcome else None)


def token_name(token: str, *, account: str, region: str, action: str) -> str:
    """The key of a token: it counts per account, region and action. Raises ValueError for a malformed one."""
    if len(token) > LONGEST or not token.isascii():
        raise ValueError(token)
    return f"{_PREFIX}{account}/{region}/{action}/{token}"


def digest(parameters: Mapping[str, Any]) -> str:
    """Of the business parameters: nonce, time and signature are not part of the comparison."""
    compared = {name: value for name, value in parameters.items() if name not in _NOT_COMPARED}
    return hashlib.sha256(json.dumps(compared, sort_keys=True).encode()).hexdigest()
