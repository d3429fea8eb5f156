"""The image of the page, and clients who ask for it."""

from __future__ import annotations

import shutil
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.practice.shell import Failure, run

IMAGE = Path(__file__).with_name("image")
PER_SECOND = 10
TIMEOUT = 5.0


def build(folder: Path, *, version: str) -> str:
    """The name of the image in buildah's own store, which is in the folder too."""
    context = folder / f"image-{version}"
    shutil.copytree(IMAGE, context)
    shutil.copy2(shutil.which("busybox") or "busybox", context / "busybox")
    (context / "index.html").write_text(f"version {version}\n", encoding="utf-8")
    run(*_buildah(folder), "bud", "--isolation", "chroot", "--tag", f"web:{version}", str(context))
    return f"web:{version}"


def push(folder: Path, *, image: str, registry: str) -> None:
    """registry: where it answers, with the namespace, `127.0.0.1:5000/shop`."""
    run(*_buildah(folder), "push", "--tls-verify=false", image, f"docker://{registry}/{image}")


def _buildah(folder: Path) -> list[str]:
    return ["buildah", "--storage-driver", "vfs", "--root", str(folder / "buildah"), "--runroot", str(folder / "buildah-run")]


def fetch(address: str) -> str:
    """The page at `127.0.0.1:PORT`, over a connection of its own. Raises OSError and HTTPException."""
    connection = HTTPConnection(address, timeout=TIMEOUT)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise Failure(f"the page answers {answer.status}")
    return text.strip()


class Visitor:
    """Asks for the page ten times a second, each time anew, until it leaves. seen: how often each answer came."""

    def __init__(self, address: str) -> None:
        self.requests = 0
        self.failures: list[str] = []
        self.seen: dict[str, int] = {}
        self._address = address
        self._lock = threading.Lock()
        self._leaving = threading.Event()
        self._asking: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Returns when every answer is there."""
        self._leaving.set()
        self._thread.join()
        for one in self._asking:
            one.join()

    def _visit(self) -> None:
        due = time.monotonic()
        while not self._leaving.wait(max(0.0, due - time.monotonic())):
            due += 1 / PER_SECOND
            asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.append(asking)
            asking.start()

    def _ask(self) -> None:
        began = time.strftime("%H:%M:%S")
        try:
            page, failure = fetch(self._address), ""
        except (OSError, HTTPException, Failure) as error:
            page, failure = "", f"{began} {error!r}"
        with self._lock:
            self.requests += 1
            if failure:
                self.failures.append(failure)
            else:
                self.seen[page] = self.seen.get(page, 0) + 1
