"""What stands before a kube-apiserver, so that faults can strike there.

As long as none is asked for, it hands bytes on as they are: clients speak TLS with the kube-apiserver itself. While there is
one, new connections end here, and their requests are sent on with the user in headers, as an authenticating proxy does it
(kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy); watches are streamed.
"""

import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import cast

from acsctl.emulator.kubernetes.door import Door, DoorConnection, Guard, Outgoing, head
from acsctl.emulator.kubernetes.pki import LIFETIME, Authority, write_private
from acsctl.emulator.listener import read_body
from acsctl.emulator.message import Response

PROXY = "front-proxy"
"""The common name by which the kube-apiserver knows it."""
_SIZE = 65536
_LOOK = 0.05  # wall seconds after which an answer is taken to be whole
_PATIENCE = 2.0  # wall seconds for a connection to end that has nothing under way
_TIMEOUT = 3600.0  # wall seconds; longer than any watch
_OF_A_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"})


class Behind:
    """The kube-apiserver itself. user: whether a connection is to speak for one."""

    def __init__(self, host: str, port: int, *, authority: Authority, folder: Path) -> None:
        self.address = host, port
        self._nobody = ssl.create_default_context(cadata=authority.pem)
        self._proxy = ssl.create_default_context(cadata=authority.pem)
        pair = authority.issue_client(PROXY, seconds=LIFETIME.total_seconds())
        write_private(folder / "front-proxy.pem", text=pair.certificate + pair.key)
        self._proxy.load_cert_chain(folder / "front-proxy.pem")

    def connect(self, *, user: bool) -> HTTPSConnection:
        return HTTPSConnection(*self.address, timeout=_TIMEOUT, context=self._proxy if user else self._nobody)


class Front(Door):
    """Raises OSError when the port is taken."""

    def __init__(self, address: tuple[str, int], *, guard: Guard, behind: Behind) -> None:
        self.behind = behind
        self.passages: set[Passage] = set()
        super().__init__(address, FrontConnection, guard=guard)
        guard.trouble.watch(self._look)

    def close(self) -> None:
        self.guard.trouble.unwatch(self._look)
        super().close()

    def _look(self) -> None:
        """Faults have changed: connections that they cannot reach end, those at work as soon as they are done."""
        if not self.guard.trouble.idle:
            for one in list(self.passages):
                one.leave()


class Passage:
    """One connection whose bytes are handed on both ways."""

    def __init__(self, client: socket.socket, *, server: socket.socket) -> None:
        self._client, self._server = client, server
        self._answered = True  # the last word was the server's
        self._quiet = False  # and it was all that it had to say
        self._leaving = False
        self._over = threading.Event()

    def run(self) -> None:
        """Until either side ends it."""
        try:
            while self._hand_on():
                pass
        finally:
            self._hang_up()
            self._over.set()

    def _hand_on(self) -> bool:
        """What comes next; whether it goes on."""
        patience = None if self._quiet and not self._leaving else _LOOK
        ready, _, _ = select.select([self._client, self._server], [], [], patience)
        self._quiet = not ready
        if self._quiet and self._leaving and self._answered:
            return False
        for one in ready:
            data = one.recv(_SIZE)
            if not data:
                return False
            self._answered = one is self._server
            (self._client if self._answered else self._server).sendall(data)
        return True

    def leave(self) -> None:
        """Ends, or will when the request that is under way has its answer."""
        self._leaving = True
        if self._answered and self._quiet:
            self._hang_up()
        if self._answered:
            self._over.wait(_PATIENCE)

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)


class FrontConnection(DoorConnection):
    """A connection that is handed on, or whose requests are, as it was when it began."""

    def setup(self) -> None:
        self._handed_on = self.door.guard.trouble.idle
        self._upstream: HTTPSConnection | None = None
        if not self._handed_on:
            super().setup()

    def handle(self) -> None:
        if not self._handed_on:
            super().handle()
            return
        front = self._front
        with socket.create_connection(front.behind.address) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            passage = Passage(self.request, server=server)
            front.passages.add(passage)
            try:
                passage.run()
            finally:
                front.passages.discard(passage)

    def finish(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        if not self._handed_on:
            super().finish()

    @property
    def _front(self) -> Front:
        return cast("Front", self.server)

    def answer(self) -> None:
        try:
            body = read_body(self.rfile, headers=self.headers)
        except ValueError:
            self.send_error(400)
            return
        self.pass_through(body, perform=lambda: self._perform(body))

    def _perform(self, body: bytes) -> Outgoing:
        """Raises OSError when the kube-apiserver does not answer."""
        if self._upstream is None:
            self._upstream = self._front.behind.connect(user=bool(self.certificate))
        try:
            answer = self._asked(self._upstream, body=body)
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _OF_A_CONNECTION}
            if answer.chunked and "watch" in self.path:
                return Outgoing(Response(answer.status, b""), self._streamer(answer, headers=kept))
            response = Response(answer.status, answer.read(), "", kept)
        except HTTPException as error:
            raise ConnectionAbortedError(repr(error)) from error
        return Outgoing(response, lambda: self.connection.sendall(head(response) + response.body))

    def _asked(self, upstream: HTTPSConnection, *, body: bytes) -> HTTPResponse:
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _OF_A_CONNECTION and not name.lower().startswith("x-remote-"):
                upstream.putheader(name, value)
        if self.certificate:
            upstream.putheader("X-Remote-User", self.user)
            for group in self.subject("organizationName"):
                upstream.putheader("X-Remote-Group", group)
        upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body)
        return upstream.getresponse()

    def _streamer(self, answer: HTTPResponse, *, headers: dict[str, str]) -> Callable[[], None]:
        def stream() -> None:
            whole = head(Response(answer.status, b"", "", {**headers, "Transfer-Encoding": "chunked"}))
            self.connection.sendall(whole.replace(b"Content-Length: 0\r\n", b""))
            while data := answer.read1(_SIZE):
                self.connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.connection.sendall(b"0\r\n\r\n")

        return stream
