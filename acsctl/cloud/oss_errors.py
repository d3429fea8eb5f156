"""What oss2 raises, as errors of acsctl: with OSS's code and request id, and what to do."""

from __future__ import annotations

import re
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, ReadTimeoutError, SSLError

from acsctl.errors import CloudError, DeniedError, UnknownOutcomeError, UnreachableError

_ENDPOINT = re.compile(r"oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com")
_PERMISSIONS = {
    "PutObject": "oss:PutObject",
    "GetObject": "oss:GetObject",
    "ListObjects": "oss:ListObjects",
    "DeleteMultipleObjects": "oss:DeleteObject",
    "GetBucketVersioning": "oss:GetBucketVersioning",
}
_BUSY = ("QpsLimitExceeded", "RequestTimeout", "InternalError", "ServiceUnavailable")


def endpoint_of(error: Any) -> str:
    """The host at which the bucket is, where the refusal says that it is in another region (AccessDenied with Endpoint)."""
    found = str(error.details.get("Endpoint") or "") if error.status in (301, 307, 403) else ""
    return found if _ENDPOINT.fullmatch(found) else ""


def region_of(host: str) -> str:
    """The region of an endpoint of OSS."""
    found = _ENDPOINT.fullmatch(host)
    return found.group(1) if found else ""


def refusal(error: Any, *, action: str, bucket: str, region: str) -> CloudError:
    """An HTTP error status."""
    code = str(error.code or f"HTTP {error.status}")
    sort: type[CloudError] = CloudError
    remedy = ""
    if error.status >= 500 or code in _BUSY or not error.code:
        sort = UnknownOutcomeError
    elif code == "NoSuchBucket":
        remedy = f"Make it with  aliyun oss mb oss://{bucket} --region {region} , or leave `record` out of the stack file."
    elif error.status == 403:
        sort, remedy = DeniedError, _permission(code, action=action, bucket=bucket)
    found = sort(code, action=action, status=error.status, request_id=error.request_id, said=str(error.message)[:300])
    found.remedy = remedy
    return found


def _permission(code: str, *, action: str, bucket: str) -> str:
    if code == "AccessDenied":
        wanted = _PERMISSIONS.get(action.removeprefix("oss."), "access")
        return f"Give the key {wanted} on the bucket {bucket}, or check that the bucket is yours: all accounts share its name."
    if code == "RequestTimeTooSkewed":
        return "Set this machine's clock: OSS accepts at most 15 minutes of difference."
    return "Check the access key, or get new temporary credentials."


def silence(error: Any, *, action: str, host: str) -> CloudError:
    """No answer at all, or one that oss2 cannot use."""
    cause = _cause(error)
    match cause:
        case NewConnectionError() | ConnectTimeoutError():
            return UnreachableError("acsctl.Unreachable", action=action, said=f"nothing answers at {host}")
        case ProxyError():
            return UnreachableError("acsctl.Proxy", action=action, said="the proxy did not let it through")
        case SSLError() if "CERTIFICATE" in str(cause).upper():
            return UnreachableError("acsctl.Certificate", action=action, said=f"no trusted TLS with {host}")
        case ReadTimeoutError():
            return UnknownOutcomeError("acsctl.Timeout", action=action, said=f"{host} was silent")
        case _:
            return UnknownOutcomeError("acsctl.Dropped", action=action, said=f"{host} dropped the connection")


def _cause(error: Any) -> object:
    """urllib3's error inside requests' inside oss2's."""
    inside = getattr(error, "exception", None)
    inner = inside.args[0] if isinstance(inside, Exception) and inside.args else inside
    return inner.reason if isinstance(inner, MaxRetryError) else inner
