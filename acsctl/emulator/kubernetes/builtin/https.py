"""HTTPS: bytes to a Request, an Answer to bytes. One thread per connection, one write per answer."""

import json
import select
import ssl
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import yaml

from acsctl.emulator.faults import Harm, Refusal, Slow
from acsctl.emulator.kubernetes.builtin import negotiation
from acsctl.emulator.kubernetes.builtin.request import ANONYMOUS, Answer, Request, User
from acsctl.emulator.kubernetes.builtin.status import internal_error, unauthorized
from acsctl.emulator.kubernetes.door import Door
from acsctl.emulator.kubernetes.trouble import Asked, Gone, Trouble, refusal
from acsctl.emulator.listener import read_body, rest
from acsctl.emulator.message import Response

HANDSHAKE_SECONDS = 10.0


class PlaneListener(Door):
    """respond: answers one request, from any thread. around: of the plane. Raises OSError when the port is taken."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        tls: ssl.SSLContext,
        respond: Callable[[Request], Answer],
        trouble: Trouble,
        now: Callable[[], float],
    ) -> None:
        self.tls = tls
        self.respond = respond
        super().__init__(address, Connection, trouble=trouble, now=now)


class Connection(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        listener = cast("PlaneListener", self.server)
        self.request.settimeout(HANDSHAKE_SECONDS)
        plain = self.request
        self.request = listener.tls.wrap_socket(plain, server_side=True)
        self.request.settimeout(None)
        listener.swap(plain, new=self.request)
        super().setup()
        self.user = _user(self.request.getpeercert())

    def finish(self) -> None:
        super().finish()
        cast("PlaneListener", self.server).shutdown_request(self.request)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        try:
            request = self._read()
        except ValueError:
            self.send_error(400)
            return
        listener = cast("PlaneListener", self.server)
        if listener.trouble.idle:
            self._send(self._performed(request), request=request)
            return
        try:
            self._answer_in_trouble(request, trouble=listener.trouble)
        except Gone as gone:
            listener.go_away(gone.lasts)
            raise

    def _answer_in_trouble(self, request: Request, *, trouble: Trouble) -> None:
        """Raises OSError where a fault ends the connection."""
        asked = Asked(request.method, request.path, request.query, self.user.name, request.body)
        effect = trouble.met(asked, when="before")
        if isinstance(effect, Refusal | Harm):
            self._write_spoiled(effect, response=Response(200, b""))
            return
        if isinstance(effect, Slow):
            time.sleep(effect.seconds)
        answer = self._performed(request)
        effect = trouble.met(asked, when="after")
        if isinstance(effect, Slow):
            rest(self.connection, seconds=effect.seconds)
        if isinstance(effect, Refusal | Harm):
            content_type, content = ("", b"") if answer.stream else _encoded(answer, request=request)
            self._write_spoiled(effect, response=Response(answer.status, content, content_type))
            return
        self._send(answer, request=request)

    def _performed(self, request: Request) -> Answer:
        if "authorization" in request.headers and self.user is ANONYMOUS:
            error = unauthorized()  # no token is known here
            return Answer(error.code, error.document)
        return self._respond(request)

    def _send(self, answer: Answer, *, request: Request) -> None:
        if answer.stream is None:
            self._write(answer, body=_encoded(answer, request=request))
        else:
            self._write_stream(answer)

    def _respond(self, request: Request) -> Answer:
        listener = cast("PlaneListener", self.server)
        try:
            return listener.respond(request)
        except OSError:  # closed in the meantime
            raise
        except Exception as error:
            # Told to the client as the server does, and to whoever watches this process.
            listener.handle_error(self.request, self.client_address)
            failure = internal_error(repr(error))
            return Answer(failure.code, failure.document)

    def _read(self) -> Request:
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        return Request(self.command, target.path or "/", query, headers, self.user, read_body(self.rfile, headers=self.headers))

    def _head(self, answer: Answer, *, framing: str, content_type: str, more: Mapping[str, str] | None = None) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
            *(f"{name}: {value}" for name, value in (more or {}).items()),
            "Cache-Control: no-cache, private",
            *([f"Content-Type: {content_type}"] if content_type else []),
            f"Date: {self.date_time_string()}",
            *(f"Warning: 299 - {json.dumps(one)}" for one in answer.warnings),
            framing,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")

    def _write(self, answer: Answer, *, body: tuple[str, bytes]) -> None:
        content_type, content = body
        head = self._head(answer, framing=f"Content-Length: {len(content)}", content_type=content_type)
        self.connection.sendall(head + content)

    def _write_spoiled(self, effect: Refusal | Harm, *, response: Response) -> None:
        """Raises ConnectionAbortedError where the answer is lost."""
        spoiled = refusal(effect) if isinstance(effect, Refusal) else effect.spoil(response)
        rest(self.connection, seconds=spoiled.late)
        if spoiled.lost != "all":
            framing = f"Content-Length: {len(spoiled.body)}"
            answer = Answer(spoiled.status, None)
            head = self._head(answer, framing=framing, content_type=spoiled.content_type, more=spoiled.headers)
            self.connection.sendall(head + (spoiled.body[: len(spoiled.body) // 2] if spoiled.lost else spoiled.body))
        if spoiled.lost:
            raise ConnectionAbortedError("a fault drops the connection")

    def _write_stream(self, answer: Answer) -> None:
        """Chunk by chunk, until the stream or its reader ends."""
        head = self._head(answer, framing="Transfer-Encoding: chunked", content_type=answer.content_type)
        self.connection.sendall(head)
        for document in answer.stream or ():
            if document is not None:
                line = _json(document)
                self.connection.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            elif select.select([self.connection], [], [], 0)[0]:
                self.close_connection = True  # a reader of a stream has nothing to say but good-bye
                return
        self.connection.sendall(b"0\r\n\r\n")


def _user(certificate: Any) -> User:
    """Of a client certificate: the common name, and an organization per group."""
    if not certificate:
        return ANONYMOUS
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    name = next((value for key, value in pairs if key == "commonName"), "")
    groups = [value for key, value in pairs if key == "organizationName"]
    return User(name, (*groups, "system:authenticated"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _encoded(answer: Answer, *, request: Request) -> tuple[str, bytes]:
    """Content type and body."""
    if isinstance(answer.document, str):
        return answer.content_type, str(answer.document).encode()
    if answer.content_type == "application/json" and negotiation.wants_yaml(request):
        return "application/yaml", yaml.safe_dump(answer.document, allow_unicode=True).encode()
    return answer.content_type, _json(answer.document)
