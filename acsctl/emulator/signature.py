"""The verifiers of the three signatures (sheets behaviour.md 2, wire.md 1.3), skew of dates and replayed nonces.

Who may sign is accounts.py's business; this file knows only bytes.
"""

import base64
import hashlib
import hmac
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import strptime
from urllib.parse import quote, unquote

from acsctl.emulator.errors import ApiError
from acsctl.emulator.message import Request
from acsctl.emulator.wire import Envelope, Form

SKEW = 15 * 60.0  # seconds, sheet behaviour.md 2
NONCES_KEPT = 20_000
_ACS3 = re.compile(r"^(ACS3-[A-Z0-9-]+)\s+Credential=([^,]+),SignedHeaders=([^,]*),Signature=([0-9a-fA-F]+)$")
_HMACS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}


@dataclass(frozen=True)
class Claim:
    """What a request says about who sent it."""

    key_id: str
    date: str
    nonce: str
    security_token: str = ""


def claim(envelope: Envelope) -> Claim:
    """Who claims to have signed. Raises ApiError when the request is not signed."""
    request = envelope.request
    if envelope.form is Form.RPC1:
        return _claim_rpc({**request.query_fields, **request.form_fields})
    header = request.header
    if envelope.form is Form.ACS3:
        key_id, date = _acs3_parts(request)[1], header("x-acs-date")
    else:
        key_id, date = header("authorization").removeprefix("acs ").partition(":")[0], header("date") or header("x-acs-date")
    nonce = header("x-acs-signature-nonce")
    _require({"Timestamp": date} if envelope.form is Form.ROA1 else {"Timestamp": date, "SignatureNonce": nonce})
    return Claim(key_id, date, nonce, header("x-acs-security-token"))


def check(envelope: Envelope, *, secret: str) -> None:
    """Raises SignatureDoesNotMatch unless the request was signed with this secret."""
    request = envelope.request
    verify = {Form.ACS3: _acs3_matches, Form.RPC1: _rpc_matches, Form.ROA1: _roa_matches}[envelope.form]
    if not verify(request, secret=secret):
        raise ApiError("SignatureDoesNotMatch", message="The local cloud computes another signature.", status=400)


def check_date(date: str, *, now: float) -> None:
    """Raises unless date lies within 15 minutes of now (unix seconds)."""
    try:
        moment = float(timegm(strptime(date, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        moment = _http_date(date)
    if abs(moment - now) > SKEW:
        raise ApiError("InvalidTimeStamp.Expired", message="The date of the request is more than 15 minutes off.", status=400)


def _http_date(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError as error:
        raise ApiError("InvalidTimeStamp.Format", message="The date of the request is not readable.", status=400) from error


class Nonces:
    """The nonces seen lately; the oldest are forgotten, since their dates have expired by then."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], None] = {}

    def use(self, nonce: str, *, key_id: str) -> None:
        """Raises SignatureNonceUsed at the second use of a nonce."""
        if (key_id, nonce) in self._seen:
            raise ApiError("SignatureNonceUsed", message="The signature nonce was used before.", status=400)
        self._seen[key_id, nonce] = None
        if len(self._seen) > NONCES_KEPT:
            del self._seen[next(iter(self._seen))]


def _claim_rpc(fields: Mapping[str, str]) -> Claim:
    _require({name: fields.get(name, "") for name in ("AccessKeyId", "Signature", "SignatureNonce", "Timestamp")})
    return Claim(fields["AccessKeyId"], fields["Timestamp"], fields["SignatureNonce"], fields.get("SecurityToken", ""))


def _require(parts: Mapping[str, str]) -> None:
    for name, value in parts.items():
        if not value:
            raise ApiError(f"Missing{name}", message=f"{name} is mandatory for this action.", status=400)


def _acs3_parts(request: Request) -> tuple[str, str, list[str], str]:
    found = _ACS3.match(request.header("authorization"))
    if found is None or found[1] != "ACS3-HMAC-SHA256":
        raise ApiError("IncompleteSignature", message="Authorization is not of the form ACS3-HMAC-SHA256.", status=400)
    return found[1], found[2], found[3].split(";"), found[4]


def _acs3_matches(request: Request, *, secret: str) -> bool:
    algorithm, _, signed, signature = _acs3_parts(request)
    content = request.header("x-acs-content-sha256")
    if content != hashlib.sha256(request.body).hexdigest():
        return False
    headers = "".join(f"{name}:{request.header(name).strip()}\n" for name in signed)
    path = quote(unquote(request.path), safe="/-_.~")
    canonical = "\n".join([request.method, path, _canonical(request.query_fields), headers, ";".join(signed), content])
    text = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature.lower())


def _rpc_matches(request: Request, *, secret: str) -> bool:
    fields = {**request.query_fields, **request.form_fields}
    signature = fields.pop("Signature", "")
    digest = _HMACS.get(fields.get("SignatureMethod", "HMAC-SHA1"))
    if digest is None:
        raise ApiError("InvalidSignatureMethod", message="SignatureMethod is neither HMAC-SHA1 nor HMAC-SHA256.", status=400)
    text = f"{request.method}&%2F&{_encode(_canonical(fields))}"
    return _same_base64(text, key=secret + "&", digest=digest, signature=signature)


def _roa_matches(request: Request, *, secret: str) -> bool:
    header = request.header
    lines = [request.method, header("accept"), header("content-md5"), header("content-type"), header("date")]
    lines += [f"{name}:{value}" for name, value in sorted(request.headers.items()) if name.startswith("x-acs-")]
    fields = "&".join(f"{name}={value}" if value else name for name, value in sorted(request.query_fields.items()))
    lines.append(request.path + ("?" + fields if fields else ""))
    digest = _HMACS.get(header("x-acs-signature-method") or "HMAC-SHA1", "sha1")
    signature = header("authorization").partition(":")[2]
    return _same_base64("\n".join(lines), key=secret, digest=digest, signature=signature)


def _same_base64(text: str, *, key: str, digest: str, signature: str) -> bool:
    expected = base64.b64encode(hmac.new(key.encode(), text.encode(), digest).digest())
    return hmac.compare_digest(expected, signature.encode())


def _canonical(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted((_encode(k), _encode(v)) for k, v in fields.items()))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
