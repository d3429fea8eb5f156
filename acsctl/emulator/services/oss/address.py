"""What a request is about: bucket and key, from the path (path style) or from the Host header (virtual host style).

The same address serves both: oss2 and other clients use the path style on an IP address, ali-oss the virtual host style on
whatever address it is given (sheet wire.md 2).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from acsctl.emulator.message import Request

_ENDPOINT = re.compile(r"(?:(?P<bucket>[a-z0-9-]+)\.)?oss-(?P<region>[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com")
_SIGNED_QUERY = frozenset({"OSSAccessKeyId", "x-oss-signature-version", "x-oss-credential"})
_NUMBERS = re.compile(r"[0-9.]+|\[.*\]")


@dataclass(frozen=True)
class Address:
    """bucket and key: empty for the service, for a bucket. region: that in the host's name, or empty."""

    bucket: str
    key: str
    region: str = ""


def speaks_oss(request: Request, *, is_bucket: Callable[[str], bool]) -> bool:
    """Whether a request is one for OSS: by its signature, its headers, its host, or, unsigned, by the bucket that it names."""
    authorization = request.header("authorization")
    if authorization:
        return authorization.startswith("OSS")
    if _SIGNED_QUERY & request.query_fields.keys() or any(name.startswith("x-oss-") for name in request.headers):
        return True
    if _host(request) and _ENDPOINT.fullmatch(_host(request)):
        return True
    foreign = any(name.startswith("x-acs-") for name in request.headers) or "Action" in request.query_fields
    return not foreign and is_bucket(address_of(request, is_bucket=is_bucket).bucket)


def address_of(request: Request, *, is_bucket: Callable[[str], bool]) -> Address:
    """Bucket, key and region of a request."""
    host = _host(request)
    found = _ENDPOINT.fullmatch(host)
    first, _, rest = host.partition(".")
    path = request.path.removeprefix("/")
    if found is None and rest and not _NUMBERS.fullmatch(host) and (rest == "localhost" or is_bucket(first)):
        return Address(first, unquote(path))
    if found is None and _NUMBERS.fullmatch(rest) and not _NUMBERS.fullmatch(first):  # http://bucket.127.0.0.1, as opendal
        return Address(first, unquote(path))
    region = found["region"] if found else ""
    if found and found["bucket"]:
        return Address(found["bucket"], unquote(path), region)
    bucket, _, key = path.partition("/")
    return Address(unquote(bucket), unquote(key), region)


def _host(request: Request) -> str:
    return re.sub(r":[0-9]+$", "", request.header("host").lower())
