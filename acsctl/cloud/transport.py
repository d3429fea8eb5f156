"""One HTTP exchange: bytes out, bytes back, and of each way it can fail the one thing that matters: can it have had an effect?

Imported by the first call only, since urllib3 and ssl take a while to load.
"""

from __future__ import annotations

import ipaddress
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, ReadTimeoutError, SSLError

from acsctl.cloud.answer import Answer
from acsctl.cloud.clock import CONNECT_TIMEOUT, READ_TIMEOUT
from acsctl.errors import UnknownOutcomeError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acsctl.cloud.clock import Clock

TOTAL_TIMEOUT = 90.0  # for a body that trickles
LARGEST = 64 * 1024 * 1024
CONNECTIONS = 32

# Words of OpenSSL that can only be said before the request is sent.
_HANDSHAKE = (
    "CERTIFICATE",
    "WRONG_VERSION",
    "HTTP_REQUEST",
    "UNSUPPORTED_PROTOCOL",
    "HANDSHAKE",
    "PROTOCOL_VERSION",
    "RECORD_LAYER",
)


@dataclass(frozen=True)
class Outgoing:
    """A signed request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


class Transport:
    """Sends requests over kept connections. All threads share one."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], urllib3.PoolManager] = {}

    def send(self, outgoing: Outgoing, *, action: str) -> Answer:
        """Send once. Raises UnreachableError or UnknownOutcomeError; an HTTP status, whatever it is, is an answer."""
        started = self._clock.now()
        try:
            response = self._pool(outgoing.url).urlopen(
                outgoing.method,
                outgoing.url,
                body=outgoing.body,
                headers={**outgoing.headers, "accept-encoding": "gzip"},
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = self._body(response, started=started, action=action)
        except (HTTPError, OSError) as error:
            _fail(error, host=urlsplit(outgoing.url).netloc, action=action)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, body)

    def _body(self, response: urllib3.BaseHTTPResponse, *, started: float, action: str) -> bytes:
        # One packet at a time: the read timeout alone would let an endless trickle go on for ever.
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(1 << 16, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                response.close()
                raise UnknownOutcomeError("acsctl.AnswerTooLarge", action=action, said=f"more than {LARGEST >> 20} MiB")
            if self._clock.now() - started > TOTAL_TIMEOUT:
                response.close()
                raise UnknownOutcomeError("acsctl.Timeout", action=action, said=f"no whole answer in {TOTAL_TIMEOUT:.0f} s")
        response.release_conn()
        return b"".join(chunks)

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxy = proxy_for(parts.scheme, host=parts.hostname or "")
        key = parts.scheme, proxy
        with self._lock:
            if key not in self._pools:
                self._pools[key] = _new_pool(parts.scheme, proxy=proxy)
            return self._pools[key]


def _new_pool(scheme: str, *, proxy: str) -> urllib3.PoolManager:
    context = _trust() if scheme == "https" else None
    if not proxy:
        return urllib3.PoolManager(maxsize=CONNECTIONS, ssl_context=context)
    user = urlsplit(proxy)
    secret = f"{unquote(user.username)}:{unquote(user.password or '')}" if user.username else None
    headers = urllib3.make_headers(proxy_basic_auth=secret)
    return urllib3.ProxyManager(proxy, proxy_headers=headers, maxsize=CONNECTIONS, ssl_context=context)


def _trust() -> ssl.SSLContext:
    # SSL_CERT_FILE and SSL_CERT_DIR count, as they do for the SDKs themselves.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def proxy_for(scheme: str, *, host: str) -> str:
    """The proxy that the environment names for a host, or empty; what is on this machine needs none."""
    if host == "localhost" or _is_loopback(host) or proxy_bypass(host):
        return ""
    return getproxies().get(scheme, "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _fail(error: HTTPError | OSError, *, host: str, action: str) -> NoReturn:
    match error:
        case ProxyError():
            raise UnreachableError("acsctl.Proxy", action=action, said="the proxy did not let it through") from error
        case NewConnectionError():
            raise UnreachableError("acsctl.Unreachable", action=action, said=f"nothing answers at {host}") from error
        case ConnectTimeoutError():
            said = f"no connection to {host} within {CONNECT_TIMEOUT:.0f} s"
            raise UnreachableError("acsctl.Unreachable", action=action, said=said) from error
        case SSLError() if any(word in str(error).upper() for word in _HANDSHAKE):
            raise UnreachableError("acsctl.Certificate", action=action, said=f"no trusted TLS with {host}") from error
        case ReadTimeoutError():
            said = f"{host} was silent for {READ_TIMEOUT:.0f} s"
            raise UnknownOutcomeError("acsctl.Timeout", action=action, said=said) from error
        case _:
            raise UnknownOutcomeError("acsctl.Dropped", action=action, said=f"{host} dropped the connection") from error
