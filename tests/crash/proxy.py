"""A forwarder between the command and the local cloud that counts calls as they are sent, and strikes at one of them."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from typing import Literal, cast

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}

When = Literal["before", "after"]


@dataclass(frozen=True)
class Strike:
    """At call number `at`, counted from 1: `act` happens before it is forwarded, or after the cloud has done it.

    With an `action` only calls of that action are counted.

    The client never gets the answer of that call where `silent`; else `act` only happens at that moment.
    """

    at: int
    when: When
    act: Callable[[], object]
    silent: bool = True
    action: str = ""


class Proxy(socketserver.ThreadingTCPServer):
    """One thread per connection. `calls` is the number of calls sent since the last `arm`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target.removeprefix("http://")
        self.calls = 0
        self._matching = 0
        self._strike: Strike | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where the command finds the cloud."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def arm(self, strike: Strike | None) -> None:
        """Count from zero, and strike so; None lets everything pass."""
        with self._lock:
            self.calls, self._matching, self._strike = 0, 0, strike

    def count(self, action: str) -> Strike | None:
        """Count a call; what is to happen at it."""
        with self._lock:
            self.calls += 1
            strike = self._strike
            if strike is None or strike.action not in ("", action):
                return None
            self._matching += 1
            return strike if strike.at == self._matching else None

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients here die in the middle: that is what they are for."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._cloud = HTTPConnection(cast("Proxy", self.server).target)

    def finish(self) -> None:
        super().finish()
        self._cloud.close()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        strike = cast("Proxy", self.server).count(self.headers["x-acs-action"])
        if strike and strike.when == "before":
            strike.act()
            if strike.silent:
                raise ConnectionAbortedError
        self._cloud.request(self.command, self.path, body, dict(self.headers))
        answer = self._cloud.getresponse()
        content = answer.read()
        if strike and strike.when == "after":
            strike.act()
            if strike.silent:
                raise ConnectionAbortedError
        self._answer(answer, content)

    do_GET = do_PUT = do_DELETE = do_POST

    def _answer(self, answer: HTTPResponse, content: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """A proxy in front of the cloud at `target` ("http://127.0.0.1:4000")."""
    with Proxy(target) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
