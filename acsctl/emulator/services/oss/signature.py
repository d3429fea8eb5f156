"""Signatures of OSS: version 1 and version 4, each in the Authorization header or in the query (sheet wire.md 1.3).

V1 signs few headers and those parameters that choose a sub-resource, with HMAC-SHA1; V4 all parameters, with HMAC-SHA256 and a
key that belongs to one day, region and product.
"""

import base64
import hashlib
import hmac
import re
from calendar import timegm
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import strptime
from urllib.parse import quote

from acsctl.emulator import catalogue
from acsctl.emulator.message import Request
from acsctl.emulator.services.oss.address import Address
from acsctl.emulator.services.oss.answer import iso_date
from acsctl.emulator.services.oss.refusals import OssError, invalid
from acsctl.emulator.signature import SKEW

ALGORITHM = "OSS4-HMAC-SHA256"
LONGEST = 7 * 86400  # seconds that a V4 query signature may hold
# oss2 2.19.1, auth.py: the parameters that a V1 signature covers.
_SIGNED_V1_NAMES = """
    accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var cname
    comp continuation-token cors delete encryption endTime group httpsConfig inventory inventoryId lifecycle link live
    location logging metaQuery objectInfo objectMeta partNumber policy position publicAccessBlock qos qosInfo qosRequester
    redundancyTransition referer regionList replication replicationLocation replicationProgress requestPayment
    requesterQosInfo resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo response-cache-control
    response-content-disposition response-content-encoding response-content-language response-content-type
    response-expires restore security-token sequential startTime stat status style styleName symlink tagging
    transferAcceleration uploadId uploads versionId versioning versions vod website worm wormExtend wormId
    x-oss-ac-forward-allow x-oss-ac-source-ip x-oss-ac-subnet-mask x-oss-ac-vpc-id x-oss-access-point-name
    x-oss-async-process x-oss-process x-oss-redundancy-transition-taskid x-oss-request-payer x-oss-target-redundancy-type
    x-oss-traffic-limit x-oss-write-get-object-response"""
SIGNED_V1 = frozenset(_SIGNED_V1_NAMES.split())
_CREDENTIAL = re.compile(r"(?P<key>[^/]+)/(?P<day>[0-9]{8})/(?P<region>[^/]*)/(?P<product>[^/]*)/(?P<end>[^/]*)")


@dataclass(frozen=True)
class Signed:
    """What a request says of its signature. text: what it must have signed; until: when a signature in the query ends, unix
    seconds. region: of V4, else empty."""

    key_id: str
    signature: str
    token: str
    text: str
    day: str = ""
    region: str = ""

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(self._expected(secret).encode(), self.signature.encode())

    def _expected(self, secret: str) -> str:
        if not self.day:
            return base64.b64encode(hmac.new(secret.encode(), self.text.encode(), "sha1").digest()).decode()
        key = ("aliyun_v4" + secret).encode()
        for part in (self.day, self.region, "oss", "aliyun_v4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, self.text.encode(), "sha256").hexdigest()


def read(request: Request, *, address: Address, now: float) -> Signed | None:
    """The signature of a request, with its dates checked; None for an anonymous request. now: unix seconds of the wall.

    Raises OssError for one that cannot be read, is of another time, or has ended.
    """
    authorization, fields = request.header("authorization"), request.query_fields
    if authorization.startswith("OSS "):
        return _header_v1(request, address=address, now=now)
    if authorization.startswith(ALGORITHM):
        return _header_v4(request, address=address, now=now)
    if authorization:
        raise invalid("Authorization", authorization.partition(" ")[0])
    if "x-oss-credential" in fields:
        return _query_v4(request, address=address, now=now)
    if "OSSAccessKeyId" in fields:
        return _query_v1(request, address=address, now=now)
    return None


def _header_v1(request: Request, *, address: Address, now: float) -> Signed:
    key_id, _, signature = request.header("authorization").removeprefix("OSS ").partition(":")
    date = request.header("x-oss-date") or request.header("date")
    _check_skew(_moment(date), now=now)
    text = _text_v1(request, address=address, date=date)
    return Signed(key_id.strip(), signature.strip(), request.header("x-oss-security-token"), text)


def _query_v1(request: Request, *, address: Address, now: float) -> Signed:
    fields = request.query_fields
    until = fields.get("Expires", "")
    if not re.fullmatch("[0-9]{1,18}", until, re.ASCII) or "Signature" not in fields:
        message = "A signature in the query needs Signature, Expires and OSSAccessKeyId."
        raise OssError("AccessDenied", message=message)
    _check_expiry(float(until), now=now)
    text = _text_v1(request, address=address, date=until)
    return Signed(fields["OSSAccessKeyId"], fields["Signature"], fields.get("security-token", ""), text)


def _header_v4(request: Request, *, address: Address, now: float) -> Signed:
    parts = request.header("authorization").removeprefix(ALGORITHM).split(",")
    given = dict(one.strip().partition("=")[::2] for one in parts)
    date = request.header("x-oss-date")
    moment = _moment(date or request.header("date"))
    _check_skew(moment, now=now)
    claim = _Claim(given.get("Credential", ""), given.get("Signature", ""), given.get("AdditionalHeaders", ""), date)
    return _signed_v4(request, address=address, claim=claim, token=request.header("x-oss-security-token"))


def _query_v4(request: Request, *, address: Address, now: float) -> Signed:
    fields = request.query_fields
    date, lasts = fields.get("x-oss-date", ""), fields.get("x-oss-expires", "")
    if not re.fullmatch("[0-9]{1,18}", lasts, re.ASCII) or not 1 <= int(lasts) <= LONGEST:
        raise invalid("x-oss-expires", lasts)
    _check_expiry(_moment(date) + int(lasts), now=now)
    also = fields.get("x-oss-additional-headers", "")
    claim = _Claim(fields["x-oss-credential"], fields.get("x-oss-signature", ""), also, date)
    return _signed_v4(request, address=address, claim=claim, token=fields.get("x-oss-security-token", ""))


@dataclass(frozen=True)
class _Claim:
    credential: str
    signature: str
    additional: str
    date: str


def _signed_v4(request: Request, *, address: Address, claim: _Claim, token: str) -> Signed:
    found = _CREDENTIAL.fullmatch(claim.credential)
    if found is None or found["day"] != claim.date[:8] or found["end"] != "aliyun_v4_request":
        raise invalid("Credential", claim.credential)
    if found["product"] != "oss":
        raise invalid("Credential", claim.credential, message="The signing product in the Authorization header is not oss.")
    if not _is_of(found["region"], address=address):
        message = "The signing region in the Authorization header is not that of the endpoint."
        raise invalid("Credential", claim.credential, message=message)
    scope = claim.credential.partition("/")[2]
    digest = hashlib.sha256(_canonical_v4(request, address=address, claim=claim).encode()).hexdigest()
    text = f"{ALGORITHM}\n{claim.date}\n{scope}\n{digest}"
    return Signed(found["key"], claim.signature, token, text, found["day"], found["region"])


def _is_of(region: str, *, address: Address) -> bool:
    """Whether a signature of a region is for this endpoint; one without a region in its name serves all that there are."""
    return region == address.region if address.region else region in catalogue.regions()


def _canonical_v4(request: Request, *, address: Address, claim: _Claim) -> str:
    also = [one.strip().lower() for one in claim.additional.split(";") if one.strip()]
    signed = {"content-type", "content-md5", *also}
    pairs = sorted((_encode(name), _encode(value)) for name, value in request.query_fields.items() if name != "x-oss-signature")
    query = "&".join(f"{name}={value}" if value else name for name, value in pairs)
    headers = "".join(
        f"{name}:{value.strip()}\n"
        for name, value in sorted(request.headers.items())
        if name in signed or name.startswith("x-oss-")
    )
    payload = request.header("x-oss-content-sha256") or "UNSIGNED-PAYLOAD"
    path = quote(_resource(address), safe="/-_.~")
    return "\n".join([request.method, path, query, headers, ";".join(also), payload])


def _text_v1(request: Request, *, address: Address, date: str) -> str:
    header = request.header
    headers = "".join(f"{name}:{value}\n" for name, value in sorted(request.headers.items()) if name.startswith("x-oss-"))
    fields = sorted((name, value) for name, value in request.query_fields.items() if name in SIGNED_V1)
    query = "&".join(f"{name}={value}" if value else name for name, value in fields)
    resource = _resource(address) + ("?" + query if query else "")
    return "\n".join([request.method, header("content-md5"), header("content-type"), date, headers + resource])


def _resource(address: Address) -> str:
    return f"/{address.bucket}/{address.key}" if address.bucket else "/"


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _moment(date: str) -> float:
    """Unix seconds of an HTTP date, or of `20231203T121212Z`."""
    try:
        if re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", date):
            return float(timegm(strptime(date, "%Y%m%dT%H%M%SZ")))
        return parsedate_to_datetime(date).timestamp()
    except ValueError as error:
        raise OssError("AccessDenied", message="The request has no valid Date.") from error


def _check_skew(moment: float, *, now: float) -> None:
    if abs(moment - now) > SKEW:
        details = {"MaxAllowedSkewMilliseconds": str(int(SKEW * 1000)), "RequestTime": iso_date(moment)}
        raise OssError(
            "RequestTimeTooSkewed",
            message="The time of the request is more than 15 minutes off.",
            details={**details, "ServerTime": iso_date(now)},
        )


def _check_expiry(until: float, *, now: float) -> None:
    if until < now:
        details = {"Expires": iso_date(until), "ServerTime": iso_date(now)}
        raise OssError("AccessDenied", message="Request has expired.", details=details)
