"""The port of an API server, at which a fault can let nobody in for a while."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from acsctl.emulator.kubernetes.trouble import Trouble
from acsctl.emulator.listener import Listener

POLL_SECONDS = 0.2
PAUSE = 0.01  # wall seconds between two looks at the clock of the cloud


class Door(Listener):
    """trouble: what requests meet on their way. now: cloud time, unix seconds. Raises OSError when the port is taken."""

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        *,
        trouble: Trouble,
        now: Callable[[], float],
    ) -> None:
        self.trouble = trouble
        self._now = now
        self._turning = threading.Lock()
        self._away = self._closed = False
        super().__init__(address, handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self._serve, name=f"control plane at {self.port}", daemon=True).start()

    def go_away(self, seconds: float) -> None:
        """Hangs up on everybody and refuses connections for so many cloud seconds; returns when that has begun."""
        with self._turning:
            if self._away or self._closed:
                return
            self._away = True
            self.leave()
        threading.Thread(target=self._return, args=(self._now() + seconds,), daemon=True).start()

    def close(self) -> None:
        """Stops listening and ends the connections that are open."""
        with self._turning:
            self._closed = True
            self.shutdown()
            self.server_close()
        self.hang_up()

    def _serve(self) -> None:
        try:
            self.serve_forever(POLL_SECONDS)
        except (OSError, ValueError):
            if not self._closed:  # else it was closed before the loop began
                raise

    def _return(self, at: float) -> None:
        while self._now() < at and not self._closed:
            time.sleep(PAUSE)
        with self._turning:
            self._away = False
            if not self._closed:
                self.come_back()
                self.start()
