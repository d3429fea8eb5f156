import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from acsctl.emulator.kubernetes.nodes.front import Front

THERE: set[str] = set()


class Registry(BaseHTTPRequestHandler):
    """Has the paths in THERE."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in THERE else 404)
        self.send_header("Docker-Content-Digest", "sha256:0")
        self.end_headers()
        self.wfile.write(b"content" if self.path in THERE else b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def registry() -> Iterator[int]:
    THERE.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def asked(front: Front, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", front.server_port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_an_image_is_made_when_it_is_asked_for_and_only_then(registry: int) -> None:
    path, made = "/v2/acs/flannel/manifests/v1", list[str]()

    def make() -> None:
        made.append(path)
        THERE.add(path)

    front = Front(registry, missing=make)
    assert asked(front, "/v2/acs/flannel/blobs/sha256:1") == (404, b"")
    assert made == []
    assert asked(front, path) == (200, b"content")
    assert asked(front, path) == (200, b"content")
    assert made == [path]
    front.close()


def test_a_cluster_that_does_not_answer_is_told_to_who_pulls(registry: int) -> None:
    def fail() -> None:
        raise ConnectionRefusedError("no API server")

    front = Front(registry, missing=fail)
    assert asked(front, "/v2/acs/flannel/manifests/v1")[0] == 502
    front.close()
