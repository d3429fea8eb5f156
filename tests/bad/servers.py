"""Endpoints that answer anything but what a cloud would."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HTML = b"<!doctype html><title>Welcome to nginx!</title>"


def page(status: str, content: bytes, kind: str = "text/html") -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content


@contextmanager
def endpoint(answer: bytes | None) -> Iterator[str]:
    """Says `answer` to every request and hangs up; None says nothing for as long as it lives."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, answer, over), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(server: socket.socket, answer: bytes | None, over: threading.Event) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(1 << 16)
            if answer is None:
                over.wait()
            else:
                connection.sendall(answer)


class Impatient:
    """The machine's clock of a run, on which every wait is over at once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead = 0.0
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def now(self) -> float:
        return self._now() + self._ahead

    def sleep(self, seconds: float) -> bool:
        self._ahead += max(seconds, 0.0)
        return not self.stopped

    def stop(self) -> None:
        self._stop.set()
