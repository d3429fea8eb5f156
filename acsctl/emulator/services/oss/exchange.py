"""The way of a request for OSS: the steps of application.py, with its own wire in front and behind.

enter    address, API, signature, digest of the body, throttle, faults before the effect
act      the handler, undone when it fails; faults after the effect
render   XML, the headers that every answer of OSS has, Date of the wall clock
"""

import base64
import hashlib
import secrets
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.errors import ApiError, NotImplementedHere
from acsctl.emulator.faults import Hit, Occasion
from acsctl.emulator.ledger import Finding, Logged
from acsctl.emulator.message import Request, Response
from acsctl.emulator.services.oss import address, names, signature
from acsctl.emulator.services.oss.address import Address
from acsctl.emulator.services.oss.answer import Answer, as_xml, http_date
from acsctl.emulator.services.oss.buckets import DEFAULT_REGION, check_name, find_bucket
from acsctl.emulator.services.oss.call import HANDLERS, PARAMETERS, OssCall
from acsctl.emulator.services.oss.keys import check_key
from acsctl.emulator.services.oss.refusals import IN_OSS_WORDS, OssError
from acsctl.emulator.world import World

# Parameters of signatures, and those that override headers of an answer, are known to every API.
_COMMON_NAMES = """OSSAccessKeyId Expires Signature security-token x-oss-signature-version x-oss-credential x-oss-date
    x-oss-expires x-oss-signature x-oss-additional-headers x-oss-security-token encoding-type"""
_COMMON = frozenset(_COMMON_NAMES.split())
_SUBRESOURCES = frozenset(name for table in (names.SERVICE, names.BUCKET, names.OBJECT) for name in table if name)


def is_for_oss(request: Request, *, world: World) -> bool:
    """Whether a request is in the wire form of OSS. Under the lock of the world."""
    return address.speaks_oss(request, is_bucket=lambda name: find_bucket(world, name=name) is not None)


class OssExchange:
    """One request on its way. held: wall seconds that a fault holds it between `enter` and `act`."""

    def __init__(self, request: Request, *, world: World) -> None:
        self._request = request
        self._world = world
        self._id = secrets.token_hex(12).upper()
        self._began = time.monotonic()
        self._now = world.clock.wall_time()
        self._api = "unreadable"
        self._call: OssCall | None = None
        self._ended: Answer | None = None
        self._code = ""
        self._hit: Hit | None = None
        self._late = 0.0
        self.held = 0.0

    def enter(self) -> None:
        """The steps before the effect."""
        self._guard(self._enter)

    def act(self) -> None:
        """The effect and what follows, unless the request has ended already; it is counted in any case."""
        if self._ended is None and self._hit is None:
            self._guard(self._act)
            self._guard(self._strike_after)
        self._count()

    def render(self) -> Response:
        """What is sent. A fault spoils the answer that there would have been."""
        if self._hit is not None:
            return self._hit.spoil(self._response(self._ended or Answer()))
        return self._response(self._ended or Answer(500))

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ApiError as error:
            self._ended = self._failed(error)
        except Hit as hit:
            self._hit, self._code = hit, f"Fault.{hit.harm.KIND}"
        except Exception as error:  # a bug of ours must look to clients as one of the cloud does, and be found
            self._undo()
            self._world.ledger.find(Finding("crash", f"oss.{self._api}", "".join(traceback.format_exception(error))))
            self._ended = self._failed(ApiError("InternalError", message="A bug in the local cloud.", status=500))

    def _enter(self) -> None:
        world, request = self._world, self._request
        place = address.address_of(request, is_bucket=lambda name: find_bucket(world, name=name) is not None)
        self._api = names.api_of(request, address=place)
        if place.bucket:
            check_name(place.bucket)
        if place.key:
            check_key(place.key)
        key, region = authenticate(request, place=place, world=world)
        _check_digest(request)
        self._call = OssCall(world, request, self._api, place, key, place.region or region, self._now)
        self._notice()
        limit = world.settings.throttle.get(f"oss.{self._api}") or world.settings.throttle.get("*")
        window = f"{key.account if key else ''}/oss/{self._api}"
        world.throttle.pass_one(window, limit=limit, now=world.clock.wall())
        self.held = world.faults.strike(self._occasion(), when="before")

    def _act(self) -> None:
        handler, call = HANDLERS.get(self._api), self._call
        if handler is None or call is None:
            raise NotImplementedHere(f"oss.{self._api}")
        self._now = self._world.clock.wall_time()  # a fault may have held it
        try:
            answer = handler(replace(call, now=self._now))
        except ApiError:
            self._undo()
            raise
        self._world.contents.commit()
        self._ended = answer

    def _strike_after(self) -> None:
        """Whatever the service has answered."""
        self._late = self._world.faults.strike(self._occasion(), when="after")

    def _undo(self) -> None:
        self._world.store.rollback()
        self._world.contents.rollback()

    def _notice(self) -> None:
        known = PARAMETERS.get(self._api, frozenset()) | _COMMON | _SUBRESOURCES
        for name in self._request.query_fields if self._api in PARAMETERS else ():
            if name not in known:
                self._world.ledger.find(Finding("unknown-parameter", f"oss.{self._api}", name))

    def _occasion(self) -> Occasion:
        call = self._call
        return Occasion(f"oss.{self._api}", call.key.id if call and call.key else "", self._parameters())

    def _parameters(self) -> Mapping[str, str]:
        if self._call is None:
            return {}
        place = self._call.address
        shown = {name: value for name, value in self._request.query_fields.items() if name not in _COMMON}
        return {**shown, **({"bucket": place.bucket} if place.bucket else {}), **({"object": place.key} if place.key else {})}

    def _failed(self, error: ApiError) -> Answer:
        self._code, status = IN_OSS_WORDS.get(error.code, (error.code, error.status or 400))
        details = error.details if isinstance(error, OssError) else {}
        extra = error.headers if isinstance(error, OssError) else {}
        fields = {
            "Code": self._code,
            "Message": error.message,
            "RequestId": self._id,
            "HostId": self._request.header("host"),
            **details,
        }
        body = as_xml("Error", fields)
        if self._request.method == "HEAD":  # there is no body to tell it
            extra = {**extra, "x-oss-err": base64.b64encode(body).decode()}
        return Answer(status, b"" if status == 304 else body, extra)

    def _count(self) -> None:
        status = self._ended.status if self._ended else 502
        region = self._call.region if self._call else ""
        row = (self._world.store.now, f"oss.{self._api}", region or DEFAULT_REGION, status, self._code, self._id)
        self._world.ledger.count(Logged(*row, dict(self._parameters())))

    def _response(self, answer: Answer) -> Response:
        taken = round((time.monotonic() - self._began) * 1000)
        headers = {
            "Date": http_date(self._now),
            "x-oss-request-id": self._id,
            "x-oss-server-time": str(taken),
            "x-acsctl-speed": str(self._world.clock.speed),
            **answer.headers,
        }
        return Response(answer.status, answer.body, answer.type, headers, self._late)


def authenticate(request: Request, *, place: Address, world: World) -> tuple[AccessKey | None, str]:
    """Whose key signed it, and the region of the signature; no key for an anonymous request. Raises OssError."""
    signed = signature.read(request, address=place, now=time.time())
    if signed is None:
        return None, ""
    key = world.keys().get(signed.key_id)
    if key is None or not key.active:
        details = {"OSSAccessKeyId": signed.key_id}
        raise OssError("InvalidAccessKeyId", message="The access key id is not known here, or disabled.", details=details)
    if key.security_token != signed.token:
        raise OssError("InvalidSecurityToken", message="The security token is not that of the access key.")
    if key.expires is not None and time.time() >= key.expires:
        raise OssError("SecurityTokenExpired", message="The security token has expired.")
    if not signed.matches(key.secret):
        details = {"OSSAccessKeyId": signed.key_id, "SignatureProvided": signed.signature, "StringToSign": signed.text}
        message = "The local cloud computes another signature: check the secret and the way of signing."
        raise OssError("SignatureDoesNotMatch", message=message, details=details)
    return key, signed.region


def _check_digest(request: Request) -> None:
    given = request.header("content-md5")
    if given and given != base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode():
        raise OssError("InvalidDigest", message="Content-MD5 is not that of the body.", details={"Content-MD5": given})
