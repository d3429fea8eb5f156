"""Of each way a request to a cluster can fail the error of acsctl that says what may be done about it."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.errors import CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.model.unknown import hidden

SAID_AT_MOST = 400
NOT_FOUND = "NotFound"
CONFLICT = "Conflict"
INVALID = "Invalid"


@dataclass(frozen=True)
class Cause:
    """One of the reasons that a Status gives: `field` such as `.spec.replicas`."""

    reason: str
    field: str
    message: str


class Refusal(CloudError):
    """The server's Status: `code` is its reason ("Invalid", "NotFound", "Conflict"), `kind` and `name` what it is about.

    `retry_after` is how many seconds it asks to wait, in the Status or in a header.
    """

    def __init__(self, status: Mapping[str, Any], *, action: str, http: int, retry_after: float = 0.0) -> None:
        said = hidden(str(status.get("message") or ""))
        super().__init__(_reason(status, http, said), action=action, status=http, said=said[:SAID_AT_MOST])
        details: Mapping[str, Any] = status.get("details") or {}
        self.kind = str(details.get("kind") or "")
        self.name = str(details.get("name") or "")
        self.causes = tuple(
            Cause(str(row.get("reason") or ""), str(row.get("field") or ""), hidden(str(row.get("message") or "")))
            for row in details.get("causes") or ()
        )
        self.retry_after = max(retry_after, float(details.get("retryAfterSeconds") or 0))

    @property
    def absent(self) -> bool:
        """Whether there is no such object, namespace or kind."""
        return self.code == NOT_FOUND


_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: NOT_FOUND,
    409: CONFLICT,
    422: INVALID,
    429: "TooManyRequests",
}


def _reason(status: Mapping[str, Any], http: int, said: str) -> str:
    # A field that the schema does not have is the manifest's fault, though some servers call it theirs.
    if http in (400, 500) and "failed to create typed patch object" in said:
        return INVALID
    return str(status.get("reason") or _REASONS.get(http, f"HTTP{http}"))


_ADMISSION = re.compile(r'is forbidden: (?!User ")|^admission webhook ')
"""What is said with 403 of an object, not of who asks: a quota, a namespace that goes, a pod that wants too much."""


def refusal(http: int, body: Any, *, action: str, retry_after: float = 0.0) -> CloudError:
    """The error of an answer that is none of success: DeniedError for who asks (401, 403), else a Refusal."""
    try:
        status = json.loads(body or "{}")
    except ValueError:
        status = {"message": hidden(str(body))[:SAID_AT_MOST]}
    found = Refusal(status if isinstance(status, Mapping) else {}, action=action, http=http, retry_after=retry_after)
    if http == 401 or (http == 403 and not _ADMISSION.search(found.said)):
        return DeniedError(found.code, action=action, status=http, said=found.said)
    return found


_UNTRUSTED = ("CERTIFICATE", "UNKNOWN_CA", "WRONG_VERSION", "HANDSHAKE")
"""Words of OpenSSL that can only be said before a request is sent."""


def without_status(reason: str, *, host: str, action: str) -> CloudError:
    """The error of an exchange that ended in TLS, of which the library keeps the words only."""
    if any(word in reason.upper().replace(" ", "_") for word in _UNTRUSTED):
        return untrusted(host=host, action=action)
    return UnknownOutcomeError("acsctl.Dropped", action=action, said=f"{host} dropped the connection")


def broken(error: BaseException, *, host: str, action: str) -> CloudError:
    """The error of an exchange that brought no answer."""
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, ReadTimeoutError

    if isinstance(error, NewConnectionError):
        return _unreachable(f"nothing answers at {host}", action=action)
    if isinstance(error, ConnectTimeoutError):
        return _unreachable(f"no connection to {host} in time", action=action)
    if isinstance(error, ProxyError):
        return UnreachableError("acsctl.Proxy", action=action, said="the proxy did not let it through")
    if isinstance(error, ReadTimeoutError):
        return UnknownOutcomeError("acsctl.Timeout", action=action, said=f"{host} was silent")
    if isinstance(error, (HTTPError, ssl.SSLError)) and "CERTIFICATE" in str(error).upper():
        return untrusted(host=host, action=action)
    return UnknownOutcomeError("acsctl.Dropped", action=action, said=f"{host} dropped the connection")


def _unreachable(said: str, *, action: str) -> CloudError:
    found = UnreachableError("acsctl.Unreachable", action=action, said=said)
    found.remedy = "Run acsctl where that address can be reached: one inside of a VPC is reached from there only."
    return found


def untrusted(*, host: str, action: str) -> CloudError:
    """One of the two does not trust the other's certificate: this is another server, or the access was taken away."""
    said = f"{host} and acsctl do not trust each other's certificates"
    return DeniedError("acsctl.Certificate", action=action, said=said)
