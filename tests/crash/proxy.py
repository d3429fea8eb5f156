"""A forwarder between the command and the local cloud that counts calls as they are sent, and strikes at one of them.

Requests to a cluster's API go through a door of their own (doors.py), which counts in the same row.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from typing import Literal, cast
from urllib.parse import unquote

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}

When = Literal["before", "after"]
ROOMS = ("lock", "end", "journal")
"""What a record keeps in a bucket, by the last of these words in its key: `lock/7/end` gives the lock back."""


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
    """One thread per connection. `sent` are the actions of the calls since the last `arm`; `translate` changes kubeconfigs."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target.removeprefix("http://")
        self.sent: list[str] = []
        self.translate: Callable[[bytes], bytes] = lambda kubeconfig: kubeconfig
        self._matching = 0
        self._strike: Strike | None = None
        self._lock = threading.Lock()
        self._crossing = 0
        self._crossed = threading.Condition()

    @property
    def calls(self) -> int:
        """How many calls were sent since the last `arm`."""
        return len(self.sent)

    @property
    def address(self) -> str:
        """Where the command finds the cloud."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def arm(self, strike: Strike | None) -> None:
        """Count from zero, and strike so; None lets everything pass."""
        with self._lock:
            self.sent, self._matching, self._strike = [], 0, strike

    def count(self, action: str) -> Strike | None:
        """Count a call; what is to happen at it."""
        with self._lock:
            self.sent.append(action)
            strike = self._strike
            if strike is None or strike.action not in ("", action):
                return None
            self._matching += 1
            return strike if strike.at == self._matching else None

    @contextmanager
    def crossing(self) -> Iterator[None]:
        """While a call is at the cloud."""
        with self._crossed:
            self._crossing += 1
        try:
            yield
        finally:
            with self._crossed:
                self._crossing -= 1
                self._crossed.notify_all()

    def quiet(self, seconds: float) -> bool:
        """Wait until no call is at the cloud: what a dead client had sent is done then. False when there still is one."""
        with self._crossed:
            return self._crossed.wait_for(lambda: not self._crossing, seconds)

    def still(self, seconds: float, counts: Callable[[str], bool]) -> None:
        """Wait until for so many seconds no call has come whose action counts: its client waits for something then."""
        with self._crossed:
            while True:
                before = sum(map(counts, self.sent))
                if not self._crossed.wait_for(partial(self._more, counts, before), seconds):
                    return

    def _more(self, counts: Callable[[str], bool], before: int) -> bool:
        return sum(map(counts, self.sent)) != before

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients here die in the middle: that is what they are for."""


class Forwarding(BaseHTTPRequestHandler):
    """A connection whose requests go on to `upstream`, counted by `bridge`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    upstream: HTTPConnection
    bridge: Proxy

    def finish(self) -> None:
        super().finish()
        self.upstream.close()

    def forward(self, strike: Strike | None, *, translate: Callable[[bytes], bytes] | None = None) -> None:
        """Send the request on and its answer back, through `translate` where it is given, and strike."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError  # its client died in the middle of sending: the cloud would wait for the rest
        self._struck(strike, "before")
        with self.bridge.crossing():
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            answer = self.upstream.getresponse()
            content = answer.read()
        self._struck(strike, "after")
        self._answer(answer, translate(content) if translate else content)

    def _struck(self, strike: Strike | None, when: When) -> None:
        if strike and strike.when == when:
            strike.act()
            if strike.silent:
                raise ConnectionAbortedError

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


class _Connection(Forwarding):
    def setup(self) -> None:
        super().setup()
        self.bridge = cast("Proxy", self.server)
        self.upstream = HTTPConnection(self.bridge.target)

    def do_POST(self) -> None:
        action = self.headers["x-acs-action"] or stored(self.command, self.path)
        translate = self.bridge.translate if action == "DescribeClusterUserKubeconfig" else None
        self.forward(self.bridge.count(action), translate=translate)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST


def stored(method: str, path: str) -> str:
    """A request to a bucket by what it does: `PUT-lock`, `PUT-end`, `GET-journal`, `POST-bucket` (which deletes)."""
    words = re.split(r"[/?&=]", unquote(path))
    rooms = [word for word in words if word in ROOMS]
    return f"{method}-{rooms[-1] if rooms else 'bucket'}"


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
