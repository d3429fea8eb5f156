"""What the servers of the local cloud have in common: a thread per connection, and no waiting for idle ones at the end."""

import select
import socket
import socketserver
import sys
from contextlib import suppress
from email.message import Message
from io import BufferedIOBase
from typing import Any


class Listener(socketserver.ThreadingTCPServer):
    """Knows its open connections, so that closing does not wait for idle ones."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler]) -> None:
        """Raises OSError when the port is taken."""
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or brings a certificate of another authority, is no news; anything else is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def swap(self, old: socket.socket, *, new: socket.socket) -> None:
        """A connection goes on encrypted, by another socket."""
        self._open.discard(old)
        self._open.add(new)

    def leave(self) -> None:
        """Ends the connections that are open, and refuses new ones: the port is bound and nobody listens there, so that it is
        still ours for `come_back`. The loop of `serve_forever` has ended then."""
        self.shutdown()
        self.socket.close()
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.hang_up()

    def come_back(self) -> None:
        """Listens again; `serve_forever` is to be called again."""
        self.server_activate()

    def hang_up(self) -> None:
        """Ends the connections that are still open."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def rest(connection: socket.socket, *, seconds: float) -> None:
    """So many wall seconds, or until the client hangs up."""
    if seconds > 0:
        select.select([connection], [], [], seconds)


def read_body(file: BufferedIOBase, *, headers: Message) -> bytes:
    """The body of a request, sent whole or in chunks. Raises ValueError for a length that is none."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return file.read(int(headers.get("Content-Length") or 0))
    chunks: list[bytes] = []
    while size := int(file.readline().split(b";")[0], 16):
        chunks.append(file.read(size))
        file.readline()
    while file.readline().strip():
        pass
    return b"".join(chunks)
