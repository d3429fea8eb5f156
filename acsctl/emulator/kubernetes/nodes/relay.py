"""TCP from one network into another: what connects to a socket here is handed on to what `dial` connects to."""

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Generator

LOG = logging.getLogger(__name__)
SIZE = 65536
BACKLOG = 128


class Relay:
    """listener: a listening socket, which may be of another network namespace. dial: a new connection; raises OSError, which
    ends the client's. It is called in a thread of its own, which it may move into a namespace."""

    def __init__(self, listener: socket.socket, *, dial: Callable[[], socket.socket]) -> None:
        self._listener, self._dial = listener, dial
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Hangs up on all."""
        with self._lock:
            self._closed = True
            open_ = list(self._open)
        for one in (self._listener, *open_):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="relay connection", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = self._dial()
            except OSError as failure:
                LOG.info("relay: %s", failure)
                return
            with contextlib.suppress(OSError), server, self._kept(client, server):
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pump(client, server)

    @contextlib.contextmanager
    def _kept(self, *sockets: socket.socket) -> Generator[None]:
        with self._lock:
            if self._closed:
                raise ConnectionAbortedError("the relay is closed")
            self._open.update(sockets)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(sockets)


def pump(one: socket.socket, other: socket.socket) -> None:
    """Hands on bytes both ways until both sides have said their last word. Raises OSError when one of them is lost."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while selector.get_map():
            for key, _ in selector.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                data = source.recv(SIZE)
                if data:
                    target.sendall(data)
                else:
                    selector.unregister(source)
                    target.shutdown(socket.SHUT_WR)


def listen(address: str, port: int) -> socket.socket:
    """A listening socket in the namespace of the calling thread. Raises OSError when the port is taken."""
    return socket.create_server((address, port), backlog=BACKLOG)
