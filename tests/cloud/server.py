"""A server that plays prepared answers to the real SDK and remembers what it was asked."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import ssl
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass
class Reply:
    """One answer. `cut` sends only so many bytes of the body; `drop` sends nothing; `hang` waits until the server is closed."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    hang: bool = False
    cut: int | None = None
    zipped: bool = False
    chunked: bool = False

    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps({"RequestId": "R-1"} if self.body is None else self.body).encode()


def refusal(code: str, status: int = 400, message: str = "no", **headers: str) -> Reply:
    """An error as the cloud words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"RequestId": "R-9", "HostId": "h", "Code": code, "Message": message, "Recommend": ""}, status, named)


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    action: str
    params: dict[str, str]
    headers: dict[str, str]
    path: str = "/"
    body: bytes = b""

    def is_signed_with(self, secret: str) -> bool:
        """ACS3-HMAC-SHA256 over method, path, query, signed headers and body digest."""
        authorization = self.headers["authorization"]
        names = authorization.split("SignedHeaders=")[1].split(",")[0]
        query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(self.params.items()))
        lines = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names.split(";"))
        canonical = f"{self.method}\n{self.path}\n{query}\n{lines}\n{names}\n{self.headers['x-acs-content-sha256']}"
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() == authorization.rpartition("=")[2]


class Server:
    """Answers per action, first come first served; the last one prepared stays."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(lambda: deque([Reply()]))
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port: int = self._http.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def on(self, action: str, *replies: Reply) -> None:
        """Prepare the answers to an action ("" for a plain GET)."""
        self._replies[action] = deque(replies)

    def asked(self, action: str) -> list[Seen]:
        """The requests for one action."""
        return [seen for seen in self.seen if seen.action == action]

    def take(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            replies = self._replies[seen.action]
            return replies.popleft() if len(replies) > 1 else replies[0]

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self):
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            seen = Seen(self.command, headers.get("x-acs-action", ""), params, headers, parts.path, body)
            self.play(server.take(seen))

        do_GET = do_PUT = do_DELETE = do_POST

        def play(self, reply: Reply):
            if reply.hang:
                server.closing.wait(30)
            if reply.hang or reply.drop:
                self.close_connection = True
                return
            body = gzip.compress(reply.raw()) if reply.zipped else reply.raw()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers.get("content-type", "application/json"))
            if reply.zipped:
                self.send_header("Content-Encoding", "gzip")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                half = len(body) // 2
                body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if reply.cut is None else body[: reply.cut])
            self.wfile.flush()
            self.close_connection = reply.cut is not None

        def log_message(self, *args):
            pass

    return Handler
