"""HTTPS: bytes to a Request, an Answer to bytes. One thread per connection, one write per answer."""

import json
import select
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import yaml

from acsctl.emulator.kubernetes.builtin import negotiation
from acsctl.emulator.kubernetes.builtin.request import ANONYMOUS, Answer, Request, User
from acsctl.emulator.kubernetes.builtin.status import internal_error, unauthorized
from acsctl.emulator.kubernetes.door import Door, DoorConnection, Guard, Outgoing
from acsctl.emulator.listener import read_body
from acsctl.emulator.message import Response


class PlaneListener(Door):
    """respond: answers one request, from any thread. Raises OSError when the port is taken."""

    def __init__(self, address: tuple[str, int], *, guard: Guard, respond: Callable[[Request], Answer]) -> None:
        self.respond = respond
        super().__init__(address, Connection, guard=guard)


class Connection(DoorConnection):
    """One connection, kept alive over many requests."""

    def setup(self) -> None:
        super().setup()
        groups = (*self.subject("organizationName"), "system:authenticated")
        self.known = User(self.user, groups) if self.certificate else ANONYMOUS

    def answer(self) -> None:
        try:
            request = self._read()
        except ValueError:
            self.send_error(400)
            return
        self.pass_through(request.body, perform=lambda: self._performed(request))

    def _performed(self, request: Request) -> Outgoing:
        if "authorization" in request.headers and self.known is ANONYMOUS:
            error = unauthorized()  # no token is known here
            answer = Answer(error.code, error.document)
        else:
            answer = self._respond(request)
        if answer.stream is not None:
            return Outgoing(Response(answer.status, b""), lambda: self._write_stream(answer))
        content_type, content = _encoded(answer, request=request)
        response = Response(answer.status, content, content_type)
        return Outgoing(response, lambda: self._write(answer, response=response))

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
        body = read_body(self.rfile, headers=self.headers)
        return Request(self.command, target.path or "/", query, headers, self.known, body)

    def _head(self, answer: Answer, *, framing: str, content_type: str) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
            "Cache-Control: no-cache, private",
            *([f"Content-Type: {content_type}"] if content_type else []),
            f"Date: {self.date_time_string()}",
            *(f"Warning: 299 - {json.dumps(one)}" for one in answer.warnings),
            framing,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")

    def _write(self, answer: Answer, *, response: Response) -> None:
        framing = f"Content-Length: {len(response.body)}"
        head = self._head(answer, framing=framing, content_type=response.content_type)
        self.connection.sendall(head + response.body)

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
