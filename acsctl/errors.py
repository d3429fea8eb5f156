"""Every error that acsctl raises on purpose, sorted by what the user can do about it.

AcsctlError                   1   something else
├── UsageError                3   a flag or an argument is wrong
├── StackError                3   the stack file is wrong: carries every problem with its place
├── AccessError               4   credentials are missing, wrong or without permission
├── RefusedError              5   a guard or a preflight check says no; nothing was changed
├── PartialError              6   an apply or destroy ended part-way; run it again
│   └── ExpiredError          6   the credentials expired in the middle of it
├── StaleError                7   a saved plan no longer fits the cloud
├── LockedError               8   another run holds the lock
├── LockLostError             8   this run no longer holds the lock: it writes nothing more
├── WaitedError               9   waited too long, or the cloud does not show yet what was done; run it again
├── ApprovalError            10   approval is needed and there is no terminal to ask on
└── CloudError                1   the cloud refused a call; carries code, status, action and request id
    ├── UnreachableError      1   no answer, and the call cannot have had an effect (refused, no such host)
    ├── UnknownOutcomeError   1   no usable answer, and the call may have had an effect (timeout, dropped, HTML)
    └── DeniedError           4   authentication or authorisation failed

Exit code 2 means "changes present" and only with --detailed-exitcode; 130 and 143 are signals.
May be imported from anywhere; imports nothing of acsctl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """Where in a file something stands; line and column count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Place("")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a stack file.

    `excerpt` is the offending line, `width` the number of columns to underline, `hint` what is allowed or near.
    """

    place: Place
    message: str
    hint: str = ""
    excerpt: str = ""
    width: int = 1


class AcsctlError(Exception):
    """The root. `remedy` is one sentence that tells what to do next, or empty."""

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(AcsctlError):
    """A flag or an argument is wrong."""

    exit_code = 3


class StackError(AcsctlError):
    """The stack file is wrong. `problems` holds all of them in the order of the file; `late`: the cloud was read before."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem], *, late: bool = False) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the stack")
        self.problems = tuple(problems)
        self.late = late


class AccessError(AcsctlError):
    """Credentials are missing, wrong or without permission."""

    exit_code = 4


class RefusedError(AcsctlError):
    """A guard or a preflight check says no; nothing was changed. `reasons` are whole sentences."""

    exit_code = 5

    def __init__(self, reasons: Sequence[str], *, remedy: str = "") -> None:
        super().__init__("; ".join(reasons), remedy=remedy)
        self.reasons = tuple(reasons)


class PartialError(AcsctlError):
    """An apply or destroy ended part-way."""

    exit_code = 6


class ExpiredError(PartialError):
    """The credentials expired in the middle of an apply or destroy."""


class StaleError(AcsctlError):
    """A saved plan no longer fits the cloud."""

    exit_code = 7


class LockedError(AcsctlError):
    """Another run holds the lock of the stack."""

    exit_code = 8


class LockLostError(AcsctlError):
    """This run no longer holds the lock of the stack, so that it writes nothing more."""

    exit_code = 8


class WaitedError(AcsctlError):
    """Waited too long, or the cloud does not show yet what was done."""

    exit_code = 9


class ApprovalError(AcsctlError):
    """Approval is needed and there is no terminal to ask on."""

    exit_code = 10


class CloudError(AcsctlError):
    """The cloud refused a call.

    `code` is the cloud's literal code ("InvalidVpcId.NotFound"), `status` the HTTP status (0 where there was none),
    `action` is "product.Action", `request_id` what support asks for, `said` the cloud's own sentence.
    """

    def __init__(self, code: str, *, action: str, status: int = 0, request_id: str = "", said: str = "") -> None:
        super().__init__(f"{action}: {code}{f' ({said})' if said else ''}")
        self.code = code
        self.action = action
        self.status = status
        self.request_id = request_id
        self.said = said


class UnreachableError(CloudError):
    """No answer, and the call cannot have had an effect."""


class UnknownOutcomeError(CloudError):
    """No usable answer, and the call may have had an effect: read before anything is repeated."""


class DeniedError(CloudError):
    """Authentication or authorisation failed."""

    exit_code = 4
