"""Our own sentence for an error, whoever reads it, and the cloud's error behind it."""

from __future__ import annotations

from acsctl.errors import AcsctlError, CloudError, DeniedError, UnknownOutcomeError, UnreachableError

CLUSTER = "kubernetes."


def sentence(error: AcsctlError) -> str:
    """The error's own, or what the sort of the cloud's answer means."""
    if not isinstance(error, CloudError):
        return error.message
    call = error.action or "a call"
    if call.startswith(CLUSTER):
        return _of_cluster(error, call.removeprefix(CLUSTER))
    match error:
        case UnreachableError():
            return f"the cloud cannot be reached for {call}; nothing was done"
        case UnknownOutcomeError():
            return f"no usable answer to {call}; what it did is read before it is repeated"
        case DeniedError():
            return f"not allowed: {call}"
        case _:
            return f"the cloud refused {call}"


def _of_cluster(error: CloudError, request: str) -> str:
    """The same of a request to a cluster, which has its own API server: "try Deployment default/web"."""
    verb, _, what = request.partition(" ")
    if what and verb in ("try", "apply", "delete"):
        request = what
    match error:
        case UnreachableError():
            return f"the API server of the cluster cannot be reached for {request}; nothing was done"
        case UnknownOutcomeError():
            return f"no usable answer of the API server to {request}; what it did is read before it is repeated"
        case DeniedError() if error.code == "acsctl.Certificate":
            return f"the cluster and acsctl do not trust each other: {request}"
        case DeniedError():
            return f"the cluster does not allow this to us: {request}"
        case _:
            return f"the cluster refuses {request}"


def cause(error: BaseException) -> CloudError | None:
    """The cloud's own error: this one, or the one that it was raised from."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, CloudError):
            return seen
        seen = seen.__cause__
    return None
