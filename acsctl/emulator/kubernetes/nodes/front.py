"""What stands before the registry of the cloud's own images: an image that is not there is made when it is asked for."""

import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

HOST = "127.0.0.1"
TIMEOUT = 30.0  # wall seconds for the registry to answer
NOT_FOUND, UNREACHABLE = 404, 502
PASSED_ON = ("Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Etag")


class Front(ThreadingHTTPServer):
    """registry: its port. missing: called when a manifest is not there, before it is asked for once more; may raise OSError."""

    daemon_threads = True

    def __init__(self, registry: int, *, missing: Callable[[], None]) -> None:
        super().__init__((HOST, 0), Asking)
        self.registry, self.missing = registry, missing
        threading.Thread(target=self.serve_forever, args=(0.1,), name="cloud images", daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Asking(BaseHTTPRequestHandler):
    """A container runtime that pulls."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        front = cast("Front", self.server)
        try:
            status, headers, body = self._asked(front.registry)
            if status == NOT_FOUND and "/manifests/" in self.path:
                front.missing()
                status, headers, body = self._asked(front.registry)
        except (OSError, HTTPException) as error:
            self.send_error(UNREACHABLE, str(error))
            return
        self.send_response(status)
        for name in PASSED_ON:
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", headers.get("Content-Length", str(len(body))))
        self.end_headers()
        self.wfile.write(body)

    def _asked(self, port: int) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
        try:
            accepted = ", ".join(self.headers.get_all("Accept") or ["*/*"])
            connection.request(self.command, self.path, headers={"Accept": accepted})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()
