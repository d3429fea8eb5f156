"""The data plane of a registry: a real OCI registry (distribution), one process for each, on a port of 127.0.0.1."""

import json
import socket
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

from acsctl.emulator.kubernetes.real.child import Child

HOST = "127.0.0.1"
START, PAUSE, PATIENCE = 15.0, 0.05, 3.0  # wall seconds to serve, between two looks, and to end


class Registry:
    """folder: where its images are; they stay from run to run when it does. Serves when this returns; raises OSError when it
    does not come to that."""

    def __init__(self, folder: Path, *, program: str, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or _free_port()
        config = folder / "config.json"
        config.write_text(configuration(folder / "images", port=self.port), encoding="utf-8")
        self._child = Child([program, "serve", str(config)], folder=folder)
        self._wait()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def close(self) -> None:
        self._child.end(PATIENCE)

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while not _serves(self.port):
            if self._child.code is not None or time.monotonic() > deadline:
                words = self._child.last_words()
                self.close()
                raise OSError(f"the registry does not serve: {words}")
            Event().wait(PAUSE)


def configuration(folder: Path, *, port: int) -> str:
    """Of distribution's registry; JSON, which it reads as YAML."""
    return json.dumps(
        {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder)}, "delete": {"enabled": True}},
            "http": {"addr": f"{HOST}:{port}"},
        },
        indent=1,
    )


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _serves(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=1.0)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 401)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
