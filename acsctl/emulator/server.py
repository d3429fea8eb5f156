"""HTTP: bytes to a Request, a Response to bytes.

One write per answer, since two cost a delayed ACK of 44 ms (sheet wire.md 1.6).
"""

import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from acsctl.emulator import control, tunnel
from acsctl.emulator.application import Application
from acsctl.emulator.background import Background
from acsctl.emulator.dns import DnsServer
from acsctl.emulator.kubernetes.access import write
from acsctl.emulator.listener import Listener, read_body, rest
from acsctl.emulator.message import Request, Response
from acsctl.emulator.world import World


class CloudListener(Listener):
    """The one port of all products, or its encrypted twin."""

    def __init__(self, address: tuple[str, int], *, world: World, tls: ssl.SSLContext | None, encrypted: bool) -> None:
        """tls: for CONNECT, and from the first byte when encrypted."""
        self.world = world
        self.tls = tls
        self.encrypted = encrypted
        self.application = Application(world)
        super().__init__(address, Connection)


class Connection(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    server_version = "acsctl-local-cloud"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        if cast("CloudListener", self.server).encrypted:
            self._encrypt()

    def finish(self) -> None:
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            cast("CloudListener", self.server).shutdown_request(self.request)

    def do_CONNECT(self) -> None:
        """A client of HTTPS_PROXY asks for a tunnel to the real name: it ends here, under that name. One to an address inside
        the cloud leads there."""
        if tunnel.leads_inside(cast("CloudListener", self.server).world, self.path):
            self._tunnel()
            return
        if cast("CloudListener", self.server).tls is None:
            self.send_error(501, "TLS is off")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self._encrypt()
        self.close_connection = False  # although a tunnel may be asked for in HTTP/1.0

    def _tunnel(self) -> None:
        self.close_connection = True
        inside = tunnel.opened(cast("CloudListener", self.server).world, self.path)
        if inside is None:
            self.send_error(502, "nothing answers there")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        tunnel.hand_on(self.connection, inside)

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

    def handle_expect_100(self) -> bool:
        """The buffered write would keep a client waiting for its 100 Continue."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the log is at /_emulator/log."""

    def _encrypt(self) -> None:
        listener = cast("CloudListener", self.server)
        if listener.tls is None:
            raise ValueError("an encrypted listener needs a TLS context")
        wrapped = listener.tls.wrap_socket(self.connection, server_side=True)
        listener.swap(self.connection, new=wrapped)
        self.request = self.connection = wrapped
        self.rfile, self.wfile = wrapped.makefile("rb"), wrapped.makefile("wb")

    def _answer(self) -> None:
        listener = cast("CloudListener", self.server)
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
        return Request(self.command, target.path or "/", target.query, headers, read_body(self.rfile, headers=self.headers))

    def _write(self, response: Response) -> None:
        rest(self.connection, seconds=response.late)
        body = b"" if self.command == "HEAD" else response.body
        if response.lost == "all" or (response.lost and not body):
            raise ConnectionAbortedError("a fault drops the connection")
        self.send_response_only(response.status)
        self.send_header("Server", self.version_string())
        if "Date" not in response.headers:
            self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if response.lost else body)
        self.wfile.flush()
        if response.lost:
            raise ConnectionAbortedError("a fault drops the connection")


@dataclass(frozen=True)
class Ports:
    """Where to listen; 0 takes a free port, None does not listen there. tls: for tls_port, and for CONNECT on port."""

    host: str = "127.0.0.1"
    port: int = 0
    tls_port: int | None = None
    dns_port: int | None = None
    tls: ssl.SSLContext | None = None


class Server:
    """A running local cloud. address: `http://127.0.0.1:PORT`; tls_address the same with https, or empty."""

    def __init__(self, world: World, *, ports: Ports) -> None:
        self.world = world
        self._closed = threading.Event()
        self._open: list[CloudListener] = []
        self._dns: DnsServer | None = None
        self._background = Background(world)
        try:
            self.address = self._listen(ports, port=ports.port, encrypted=False)
            self.tls_address = "" if ports.tls_port is None else self._listen(ports, port=ports.tls_port, encrypted=True)
            self._dns = None if ports.dns_port is None else DnsServer(ports.host, port=ports.dns_port)
        except OSError:
            self.close()
            raise
        self.dns_port = self._dns.port if self._dns else 0
        self._background.start()

    def _listen(self, ports: Ports, *, port: int, encrypted: bool) -> str:
        listener = CloudListener((ports.host, port), world=self.world, tls=ports.tls, encrypted=encrypted)
        self._open.append(listener)
        threading.Thread(target=listener.serve_forever, args=(0.05,), name="local cloud", daemon=True).start()
        host, bound = cast("tuple[str, int]", listener.server_address)
        return f"{'https' if encrypted else 'http'}://{host}:{bound}"

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the server is closed; returns when it is, or after so many wall seconds."""
        return self._closed.wait(seconds)

    def clusters(self) -> set[str]:
        """The ids of those whose control plane serves."""
        return {plane.face.id for plane in self.world.planes.all() if plane.ready}

    def kubeconfig(self, cluster: str) -> Path:
        """A file with access to a cluster that serves. Raises KeyError for any other."""
        plane = self.world.planes.get(cluster)
        if plane is None:
            raise KeyError(cluster)
        return write(plane)

    def close(self) -> None:
        """Finishes the call in hand, hangs up, and leaves the world on disk."""
        for one in self._open:
            one.shutdown()
        if self._dns is not None:
            self._dns.close()
        self._background.stop()
        with self.world.lock:
            for one in self._open:
                one.hang_up()
                one.server_close()
            self.world.close()
        self._closed.set()
