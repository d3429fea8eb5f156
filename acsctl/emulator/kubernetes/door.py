"""The port of an API server: TLS with certificates of clients, and the trouble that requests meet there."""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from acsctl.emulator.faults import Harm, Refusal, Slow
from acsctl.emulator.kubernetes.trouble import Asked, Gone, Trouble, refusal
from acsctl.emulator.listener import Listener, rest
from acsctl.emulator.message import Response

POLL_SECONDS = 0.2
HANDSHAKE_SECONDS = 10.0
PAUSE = 0.01  # wall seconds between two looks at the clock of the cloud


@dataclass(frozen=True)
class Guard:
    """What stands at a door. tls: asks for certificates. trouble: what requests meet."""

    tls: ssl.SSLContext
    trouble: Trouble


class Door(Listener):
    """Can let nobody in for a while. Raises OSError when the port is taken."""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], *, guard: Guard) -> None:
        self.guard = guard
        self._turning = threading.Lock()
        self._away = self._closed = self._started = False
        super().__init__(address, handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._started = True
        threading.Thread(target=self._serve, name=f"control plane at {self.port}", daemon=True).start()

    def go_away(self, seconds: float) -> None:
        """Hangs up on everybody and refuses connections for so many cloud seconds; returns when that has begun."""
        with self._turning:
            if self._away or self._closed:
                return
            self._away, back = True, self.guard.trouble.now() + seconds
            self.leave()
        threading.Thread(target=self._return, args=(back,), daemon=True).start()

    def close(self) -> None:
        """Stops listening and ends the connections that are open."""
        with self._turning:
            self._closed = True
            if self._started:  # else there is no loop to wait for
                self.shutdown()
            self.server_close()
        self.hang_up()

    def _serve(self) -> None:
        try:
            self.serve_forever(POLL_SECONDS)
        except (OSError, ValueError):
            if not self._closed:  # else it was closed before the loop began
                raise

    def _return(self, at: float) -> None:
        while self.guard.trouble.now() < at and not self._closed:
            time.sleep(PAUSE)
        with self._turning:
            self._away = False
            if not self._closed:
                self.come_back()
                self.start()


@dataclass(frozen=True)
class Outgoing:
    """An answer on its way out. response: what can be spoiled of it. send: as it is."""

    response: Response
    send: Callable[[], None]


class DoorConnection(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests. certificate: of the client, as `ssl` tells it; empty without one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    certificate: Mapping[str, Any]

    @property
    def door(self) -> Door:
        return cast("Door", self.server)

    def setup(self) -> None:
        self.request.settimeout(HANDSHAKE_SECONDS)
        plain = self.request
        self.request = self.door.guard.tls.wrap_socket(plain, server_side=True)
        self.request.settimeout(None)
        self.door.swap(plain, new=self.request)
        super().setup()
        self.certificate = self.request.getpeercert() or {}

    def finish(self) -> None:
        super().finish()
        self.door.shutdown_request(self.request)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    @property
    def user(self) -> str:
        """The common name of the certificate."""
        return next((one for one in self.subject("commonName")), "system:anonymous")

    def subject(self, field: str) -> list[str]:
        """Values of a field of the certificate's subject."""
        return [value for part in self.certificate.get("subject", ()) for name, value in part if name == field]

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def do_PATCH(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def answer(self) -> None:
        """Answers the request whose head was read. Each kind of control plane does so in its own way."""
        raise NotImplementedError

    def pass_through(self, body: bytes, *, perform: Callable[[], Outgoing]) -> None:
        """Answers the request in hand, unless a fault does or ends the connection; then it raises OSError."""
        trouble = self.door.guard.trouble
        if trouble.idle:
            perform().send()
            return
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        asked = Asked(self.command, target.path or "/", query, self.user, body)
        try:
            self._meet(asked, perform=perform)
        except Gone as gone:
            self.door.go_away(gone.lasts)
            raise

    def _meet(self, asked: Asked, *, perform: Callable[[], Outgoing]) -> None:
        trouble = self.door.guard.trouble
        effect = trouble.met(asked, when="before")
        if isinstance(effect, Refusal | Harm):
            self._spoil(effect, response=Response(200, b""))
            return
        if isinstance(effect, Slow):
            time.sleep(effect.seconds)
        outgoing = perform()
        effect = trouble.met(asked, when="after")
        if isinstance(effect, Refusal | Harm):
            self._spoil(effect, response=outgoing.response)
            return
        if isinstance(effect, Slow):
            rest(self.connection, seconds=effect.seconds)
        outgoing.send()

    def _spoil(self, effect: Refusal | Harm, *, response: Response) -> None:
        """Raises ConnectionAbortedError where the answer is lost."""
        spoiled = refusal(effect) if isinstance(effect, Refusal) else effect.spoil(response)
        rest(self.connection, seconds=spoiled.late)
        if spoiled.lost != "all":
            body = spoiled.body[: len(spoiled.body) // 2] if spoiled.lost else spoiled.body
            self.connection.sendall(head(spoiled) + body)
        if spoiled.lost:
            raise ConnectionAbortedError("a fault drops the connection")


def head(response: Response) -> bytes:
    """The status line and the headers."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [
        f"HTTP/1.1 {response.status} {phrase}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
        *([f"Content-Type: {response.content_type}"] if response.content_type else []),
        f"Content-Length: {len(response.body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")
