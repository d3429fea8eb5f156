"""One bucket of OSS: whole small objects, written once and never over another. The SDK oss2 with signature V4 does the rest.

OSS has no ClientToken; `x-oss-forbid-overwrite` takes its place: a repeated write finds its own object there and is told so
(API PutObject, code FileAlreadyExists). That header is ignored in a bucket that was ever versioned. Reads and lists of OSS show
what was written before them. oss2 is imported by the first call.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from acsctl.cloud.credentials import RENEWALS
from acsctl.cloud.lazy import import_light
from acsctl.cloud.retry import Retry, class_of
from acsctl.errors import CloudError, UnknownOutcomeError, UnreachableError

if TYPE_CHECKING:
    from acsctl.cloud.call import Cloud
    from acsctl.cloud.credentials import Credentials

T = TypeVar("T")

PAUSES = (0.2, 1.0)  # wall seconds between tries
PAGE = 1000
CONNECTIONS = 16


@dataclass(frozen=True)
class Stored:
    """An object of a list: `modified` is the server's time in seconds since 1970, without fractions."""

    key: str
    modified: float


@dataclass(frozen=True)
class Listed:
    """Objects in the order of their keys, and the server's time at which they were listed, in seconds without fractions."""

    objects: tuple[Stored, ...]
    date: float


class Bucket:
    """The door to what is below a prefix in one bucket; keys are told and given without it. Thread-safe.

    `place` is bucket and prefix ("shop/acsctl/"), `timeout` the wall seconds after which a silent connection is given up.

    All but what is said of a method raises CloudError (NoSuchBucket), DeniedError, UnreachableError and UnknownOutcomeError.
    """

    def __init__(self, cloud: Cloud, place: str, *, timeout: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name, _, self._prefix = place.partition("/")
        self._cloud = cloud
        self._timeout = timeout
        self._sleep = sleep
        self._endpoint = cloud.endpoint or f"https://oss-{cloud.region}.aliyuncs.com"
        self._region = cloud.region
        self._asked = {cloud.region}
        self._lock = threading.Lock()
        self._client: Any = None

    def put(self, key: str, body: bytes, *, tries: int = 3) -> bool:
        """Write an object that is not there yet. False where there is one: perhaps this one, by a try that got no answer."""
        headers = {"x-oss-forbid-overwrite": "true", "Content-Type": "application/json"}
        try:
            self._call("PutObject", lambda client: client.put_object(self._prefix + key, body, headers=headers), tries=tries)
        except CloudError as error:
            if error.code != "FileAlreadyExists":
                raise
            return False
        return True

    def get(self, key: str) -> bytes | None:
        """The object, or None where there is none."""
        try:
            return self._call("GetObject", lambda client: _whole(client.get_object(self._prefix + key)))
        except CloudError as error:
            if error.code != "NoSuchKey":
                raise
            return None

    def list(self, prefix: str) -> Listed:
        """The objects whose keys begin with `prefix`. One call for each thousand of them."""
        found: list[Stored] = []
        whole = self._prefix + prefix
        token = ""
        while True:
            page, date, token = self._call("ListObjects", partial(_page, prefix=whole, token=token))
            found += [Stored(row.key.removeprefix(self._prefix), row.modified) for row in page]
            if not token:
                return Listed(tuple(found), date)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already are no error."""
        for start in range(0, len(keys), PAGE):
            self._call(
                "DeleteMultipleObjects", partial(_delete, keys=[self._prefix + key for key in keys[start : start + PAGE]])
            )

    def versioning(self) -> str:
        """ "Enabled" or "Suspended" where the bucket was ever versioned, else empty (API GetBucketVersioning)."""
        return str(self._call("GetBucketVersioning", lambda client: client.get_bucket_versioning()).status or "")

    def _call(self, action: str, send: Callable[[Any], T], *, tries: int = 3) -> T:
        """Every call of this door may be sent twice. A bucket of another region is asked there; expired keys are renewed."""
        for attempt in range(tries):
            try:
                return self._renewed(action, send)
            except (UnknownOutcomeError, UnreachableError):
                if attempt == tries - 1:
                    raise
                self._sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        raise AssertionError("a call is tried at least once")

    def _renewed(self, action: str, send: Callable[[Any], T]) -> T:
        """Sent with other keys where OSS says that these have expired and there are others."""
        for _ in range(RENEWALS):
            try:
                return self._once(action, send)
            except CloudError as error:
                if class_of(error) is not Retry.EXPIRED or not self._cloud.credentials.renew():
                    raise
        return self._once(action, send)

    def _once(self, action: str, send: Callable[[Any], T]) -> T:
        from acsctl.cloud import oss_errors

        oss2 = import_light("oss2")
        self._cloud.tally.sent(f"oss.{action}")
        try:
            return send(self._opened())
        except oss2.exceptions.ServerError as error:
            if not self._moved(oss_errors.endpoint_of(error)):
                raise oss_errors.refusal(error, action=f"oss.{action}", bucket=self.name, region=self._region) from error
            return self._once(action, send)
        except oss2.exceptions.OssError as error:
            raise oss_errors.silence(error, action=f"oss.{action}", host=self._host) from error
        except OSError as error:  # while the body was read: requests' own errors are of this kind
            raise UnknownOutcomeError("acsctl.Dropped", action=f"oss.{action}", said=f"{self._host} dropped it") from error
        except (SyntaxError, AttributeError, KeyError, TypeError, ValueError) as error:  # what oss2 makes of a strange body
            said = f"the answer of {self._host} cannot be read"
            raise UnknownOutcomeError("acsctl.UnusableAnswer", action=f"oss.{action}", said=said) from error

    def _moved(self, host: str) -> bool:
        """Go where the refusal says that the bucket is. False where it says nothing, or nothing new."""
        from acsctl.cloud import oss_errors

        with self._lock:
            region = oss_errors.region_of(host)
            if not region or region in self._asked:
                return False
            self._asked.add(region)
            self._region, self._client = region, None
            self._endpoint = self._cloud.endpoint or f"https://{host}"
            return True

    @property
    def _host(self) -> str:
        return urlsplit(self._endpoint).netloc

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._new()
            return self._client

    def _new(self) -> Any:
        from acsctl.cloud.transport import proxy_for

        oss2 = import_light("oss2")
        session = oss2.Session(pool_size=CONNECTIONS)
        # Else requests would put what ~/.netrc has for a host in the place of the signature.
        session.session.trust_env = False
        session.session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        parts = urlsplit(self._endpoint)
        proxy = proxy_for(parts.scheme, host=parts.hostname or "")
        return oss2.Bucket(
            oss2.ProviderAuthV4(_Provider(self._cloud.credentials)),
            self._endpoint,
            self.name,
            session=session,
            connect_timeout=self._timeout,
            app_name="acsctl",
            enable_crc=False,
            proxies={parts.scheme: proxy} if proxy else None,
            region=self._region,
        )


class _Provider:
    """The session's credentials as oss2 asks for them, before every request: temporary ones are renewed in time."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get_credentials(self) -> Any:
        keys = self._credentials.keys()
        return import_light("oss2").credentials.Credentials(keys.access_key_id, keys.secret, keys.token)


def _whole(answer: Any) -> bytes:
    """The body of an answer, which must be as long as its head says. Raises OSError."""
    body = answer.read()
    assert isinstance(body, bytes)
    if answer.content_length is not None and answer.content_length != len(body):
        raise ConnectionError("the body was cut short")
    return body


def _page(client: Any, *, prefix: str, token: str) -> tuple[list[Stored], float, str]:
    answer = client.list_objects_v2(prefix=prefix, continuation_token=token, max_keys=PAGE)
    rows = [Stored(row.key, float(row.last_modified)) for row in answer.object_list]
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    return rows, date, answer.next_continuation_token if answer.is_truncated else ""


def _delete(client: Any, *, keys: list[str]) -> None:
    client.batch_delete_objects(keys)
