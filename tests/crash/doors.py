"""Doors to the clusters of a local cloud: each request to a cluster's API goes through one, is counted, and may be struck.

A door shows a certificate of the cluster's own authority, whose key lies in the world's folder, and goes on with a client
certificate of its own; so the kubeconfig that the cloud answers with need only say another address.
"""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import yaml

from acsctl.emulator.kubernetes.pki import Authority
from tests.crash.proxy import Forwarding, Proxy

HOUR = 3600.0


class Door(socketserver.ThreadingTCPServer):
    """In front of one cluster's API."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: Proxy, plane: Plane) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.proxy = proxy
        self.plane = plane
        self._context = plane.authority.server_context(["127.0.0.1"])

    @property
    def address(self) -> str:
        """What a kubeconfig names as its server."""
        return f"https://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[Any, Any]:
        """The handshake is the connection's own business: one that dies in it holds nobody up."""
        socket, address = super().get_request()
        return self._context.wrap_socket(socket, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients here die in the middle: that is what they are for."""


class Plane:
    """A cluster's own API, as one who has its authority's key reaches it."""

    def __init__(self, server: str, folder: Path) -> None:
        self.authority = Authority(folder)
        self._host = urlsplit(server).netloc
        pair = self.authority.issue_client("kubernetes-admin", groups=["system:masters"], seconds=HOUR)
        self._context = ssl.create_default_context(cadata=self.authority.pem)
        chain = folder.parent / f"{folder.name}.door.pem"
        chain.write_text(pair.key + pair.certificate, encoding="utf-8")
        self._context.load_cert_chain(chain)
        chain.unlink()

    def connection(self) -> HTTPSConnection:
        """A connection to it."""
        return HTTPSConnection(self._host, context=self._context)

    def get(self, path: str) -> Any:
        """What a GET answers."""
        connection = self.connection()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, body
        return json.loads(body)


class _Connection(Forwarding):
    def setup(self) -> None:
        super().setup()
        self._door = cast("Door", self.server)
        self.bridge = self._door.proxy
        self.upstream = self._door.plane.connection()

    def do_GET(self) -> None:
        self.forward(self._door.proxy.count(action(self.command, self.path)))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET


def action(method: str, path: str) -> str:
    """A request by what it does: `PATCH-services`, `GET-deployments`; a dry run is `TRY-services`."""
    split = urlsplit(path)
    words = split.path.strip("/").split("/")
    rest = words[2:] if words[0] == "api" else words[3:]
    within = len(rest) > 2 and rest[0] == "namespaces"
    plural = (rest[2] if within else rest[0]) if rest else "kinds"
    return f"{'TRY' if 'dryRun' in parse_qs(split.query) else method}-{plural}"


class Doors:
    """A door to each cluster that a kubeconfig was asked for. `world` is the folder of the local cloud."""

    def __init__(self, proxy: Proxy, world: Path) -> None:
        self._proxy = proxy
        self._world = world
        self._doors: dict[str, Door] = {}
        self._lock = threading.Lock()

    def translate(self, answer: bytes) -> bytes:
        """The answer of DescribeClusterUserKubeconfig with the door's address in it."""
        document = json.loads(answer)
        if "config" not in document:
            return answer
        config = yaml.safe_load(document["config"])
        for row in config["clusters"]:
            row["cluster"]["server"] = self._door(
                row["cluster"]["server"], row["cluster"]["certificate-authority-data"]
            ).address
        return json.dumps({**document, "config": yaml.safe_dump(config)}).encode()

    def _door(self, server: str, authority: str) -> Door:
        with self._lock:
            if authority not in self._doors:
                door = Door(self._proxy, Plane(server, self._folder(authority)))
                threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
                self._doors[authority] = door
            return self._doors[authority]

    def _folder(self, authority: str) -> Path:
        wanted = base64.b64decode(authority).decode()
        (found,) = (path.parent for path in self._world.glob("kubernetes/*/ca.pem") if path.read_text() == wanted)
        return found

    def close(self) -> None:
        """Shut them all."""
        for door in self._doors.values():
            door.shutdown()
            door.server_close()


@contextmanager
def doors(proxy: Proxy, world: Path) -> Iterator[Doors]:
    """Doors in front of all clusters of a cloud that a proxy stands before."""
    made = Doors(proxy, world)
    proxy.translate = made.translate
    try:
        yield made
    finally:
        made.close()
