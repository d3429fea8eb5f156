"""What to do about a step that failed: go on later, look again, or report. Pure (docs/how-it-works.md, settling)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from acsctl.cloud import Retry, Stopped, class_of
from acsctl.errors import AcsctlError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.plan.steps import Verb

LATER = (Retry.WAIT_STATE, Retry.NEW_TOKEN, Retry.THROTTLED)
"""Nothing was done, and something will be, in a while: the door has tried for as long as a call may."""

TOKEN_TROUBLE = re.compile(r"Idempoten(t|ce)\w*(Failed|Mismatch|NotMatch)")


class Verdict(Enum):
    """RETRY: the same step again after a pause, with a new token. AGAIN: look at the cloud and plan this resource anew.

    SETTLE: the same, but only when lists can be trusted. FAIL: report it. STOPPED: the run is being stopped.
    """

    RETRY = auto()
    AGAIN = auto()
    SETTLE = auto()
    FAIL = auto()
    STOPPED = auto()


@dataclass(frozen=True)
class Situation:
    """`made`: the step's create has answered. `settled`: no earlier run can have left anything unseen.

    `fresh_parents`: something that the step refers to was made in this run. `late`: that had to show by now. `random`: the
    step's token was random.
    """

    verb: Verb
    made: bool
    settled: bool
    fresh_parents: bool
    late: bool
    random: bool


def is_passing(error: AcsctlError) -> bool:
    """Whether a read that failed so may go well a little later, though the door has tried for as long as a call may."""
    if isinstance(error, UnreachableError | UnknownOutcomeError):
        return True
    return isinstance(error, CloudError) and class_of(error) is Retry.THROTTLED


def judge(error: AcsctlError, at: Situation) -> Verdict:
    """The verdict on an error of a step."""
    if isinstance(error, Stopped):
        return Verdict.STOPPED
    if isinstance(error, (UnreachableError, DeniedError)) or not isinstance(error, CloudError):
        return Verdict.FAIL
    if isinstance(error, UnknownOutcomeError):
        return Verdict.SETTLE
    retry = class_of(error)
    if at.verb is Verb.CREATE and not at.made:
        return _before_made(error, retry, at)
    if at.verb is Verb.DELETE and (retry in LATER or (retry is Retry.DELETE_ONLY and at.settled)):
        return Verdict.RETRY
    if at.verb is not Verb.DELETE and retry in (*LATER, Retry.EXISTS):
        return Verdict.AGAIN
    # What an earlier run has sent may be there unseen: an entry that is refused as one too many, a child of what is deleted.
    return Verdict.FAIL if at.settled else Verdict.SETTLE


def _before_made(error: CloudError, retry: Retry, at: Situation) -> Verdict:
    """A create that made nothing, as far as it tells."""
    if TOKEN_TROUBLE.search(error.code):
        return Verdict.RETRY if at.settled and not at.random else Verdict.SETTLE if not at.settled else Verdict.FAIL
    if retry in LATER:
        # Unsettled, the same token is sent again: that a cloud is busy does not tell what an earlier run has made with it.
        return Verdict.RETRY if at.settled or not at.late or retry is Retry.THROTTLED else Verdict.SETTLE
    if retry is Retry.ABSENT and at.fresh_parents:
        # Late, it is another parent: one that an earlier run has deleted, or somebody since, stood in the lists that we read.
        return Verdict.RETRY if not at.late else Verdict.AGAIN if at.settled else Verdict.SETTLE
    if not at.settled:
        return Verdict.SETTLE
    return Verdict.FAIL
