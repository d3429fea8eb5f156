"""Our own sentence for an error, whoever reads it, and the cloud's error behind it."""

from __future__ import annotations

from acsctl.errors import AcsctlError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError


def sentence(error: AcsctlError) -> str:
    """The error's own, or what the sort of the cloud's answer means."""
    if not isinstance(error, CloudError):
        return error.message
    call = error.action or "a call"
    match error:
        case UnreachableError():
            return f"the cloud cannot be reached for {call}; nothing was done"
        case UnknownOutcomeError():
            return f"no usable answer to {call}; what it did is read before it is repeated"
        case DeniedError():
            return f"not allowed: {call}"
        case _:
            return f"the cloud refused {call}"


def cause(error: BaseException) -> CloudError | None:
    """The cloud's own error: this one, or the one that it was raised from."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, CloudError):
            return seen
        seen = seen.__cause__
    return None
