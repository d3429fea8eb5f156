"""HTTP: bytes to a Request, a Response to bytes.

One write per answer, since two cost a delayed ACK of 44 ms (sheet wire.md 1.6).
"""

import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import urlsplit

from acsctl.emulator import control
from acsctl.emulator.application import Application
from acsctl.emulator.message import Request, Response
from acsctl.emulator.world import World


class Listener(socketserver.ThreadingTCPServer):
    """One thread per connection. Knows its open connections, so that closing does not wait for idle ones."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], *, world: World) -> None:
        self.world = world
        self.application = Application(world)
        self._open: set[socket.socket] = set()
        super().__init__(address, Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news; anything else is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Ends the connections that are still open."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Connection(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    server_version = "acsctl-local-cloud"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the log is at /_emulator/log."""

    def _answer(self) -> None:
        listener = cast("Listener", self.server)
        try:
            request = self._read()
        except ValueError:
            self.send_error(400)
            return
        if request.path.startswith(control.PREFIX):
            response = control.respond(request, world=listener.world)
        else:
            response = listener.application.respond(request)
        self._write(response)

    def _read(self) -> Request:
        """A target in absolute form, as proxies get it, counts by its path; the Host header tells the rest."""
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, target.path or "/", target.query, headers, self._read_body())

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _write(self, response: Response) -> None:
        if response.late > 0:
            time.sleep(response.late)
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()


class Server:
    """A running local cloud. address: `http://127.0.0.1:PORT`."""

    def __init__(self, world: World, *, host: str, port: int) -> None:
        self.world = world
        self._listener = Listener((host, port), world=world)
        self._closed = threading.Event()
        bound = cast("tuple[str, int]", self._listener.server_address)
        self.address = f"http://{bound[0]}:{bound[1]}"
        serve = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="local cloud", daemon=True)
        serve.start()

    def wait(self) -> None:
        """Returns when the server is closed."""
        self._closed.wait()

    def close(self) -> None:
        """Finishes the call in hand, hangs up, and leaves the world on disk."""
        self._listener.shutdown()
        with self.world.lock:
            self._listener.hang_up()
            self._listener.server_close()
            self.world.close()
        self._closed.set()
