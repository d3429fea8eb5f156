"""What an answer of a cluster asks for: one table, and what the door itself does about it.

All that the door sends may be sent twice: an apply says the whole intent, a deletion names the uid. So it repeats whatever may
go well a little later, and asks for new access once where that has come to its end. Sources: Kubernetes' API conventions
(reasons of a Status), sheet containers.md 4.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from acsctl.errors import CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.kube.failures import Refusal
from acsctl.model.backoff import Backoff


class Retry(Enum):
    """What may be done after an answer."""

    THROTTLED = auto()  # not executed; slower
    SERVER = auto()  # the server's own failure, or that of what it asks
    CHANGED = auto()  # somebody else wrote the object meanwhile: the same intent may be said again, a condition may not
    EXPIRED = auto()  # the access has come to its end
    FOREIGN = auto()  # fields that another manager owns
    HELD = auto()  # an eviction that a PodDisruptionBudget does not allow now
    NEVER = auto()  # wrong, not allowed, not there


ANY = ".*"
# HTTP status, reason, and what is said. The first row that matches decides.
_TABLE = (
    (Retry.HELD, 429, ANY, r".*disruption budget.*"),
    (Retry.THROTTLED, 429, ANY, ANY),
    (Retry.SERVER, 500, r"InternalError|ServerTimeout|HTTP500", ANY),
    (Retry.SERVER, 502, ANY, ANY),
    (Retry.SERVER, 503, ANY, ANY),
    (Retry.SERVER, 504, ANY, ANY),
    (Retry.EXPIRED, 401, ANY, ANY),
    (Retry.CHANGED, 409, "Conflict", r".*(has been modified|precondition).*"),
    (Retry.CHANGED, 409, "AlreadyExists", ANY),  # two made it at the same moment
    (Retry.FOREIGN, 409, "Conflict", ANY),
)
_ROWS = tuple(
    (retry, status, re.compile(reason), re.compile(said, re.IGNORECASE | re.DOTALL)) for retry, status, reason, said in _TABLE
)


def class_of(error: CloudError) -> Retry:
    """The class of an answer that was none of success."""
    for retry, status, reason, said in _ROWS:
        if error.status == status and reason.fullmatch(error.code) and said.fullmatch(error.said):
            return retry
    return Retry.NEVER


THROTTLE = Backoff(first=1.0, longest=30.0, budget=300.0)
OUTAGE = Backoff(first=0.5, longest=8.0, budget=120.0)
FIRST = Backoff(first=0.5, longest=2.0, budget=6.0)
CHANGE = Backoff(first=0.5, longest=4.0, budget=30.0)


def backoff_after(error: CloudError, *, conditional: bool, known: bool) -> Backoff | None:
    """How the door repeats the request that ended so, or None when it is the caller's turn.

    `conditional`: the request holds only for the object as it was seen. `known`: the server has answered before, so that it
    will be there again: one that never did is likelier out of reach.
    """
    if isinstance(error, UnreachableError | UnknownOutcomeError):
        return OUTAGE if known else FIRST
    if isinstance(error, DeniedError) or not isinstance(error, Refusal):
        return None
    match class_of(error):
        case Retry.THROTTLED:
            return THROTTLE
        case Retry.SERVER:
            return OUTAGE
        case Retry.CHANGED:
            return None if conditional else CHANGE
        case _:
            return None
