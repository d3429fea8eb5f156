"""Requests of the local cloud itself to an API server, over HTTPS with keep-alive."""

import json
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPSConnection
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import urlencode

from acsctl.emulator.kubernetes.plane import Reply

TIMEOUT = 30.0
IDLE = 30.0  # well below the 90 s after which the server closes a connection nobody uses


class HttpsApi:
    """An `Api`. Safe to call from many threads. context: knows the authority and has the client's certificate."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext) -> None:
        self._host, self._port, self._context = host, port, context
        self._idle: LifoQueue[tuple[float, HTTPSConnection]] = LifoQueue()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Reply:
        """See `Api`. Raises OSError also for an answer that is no HTTP. A document that is no JSON is text."""
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Accept": "application/json", "User-Agent": "acsctl-local"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = content_type
        connection = self._connection()
        try:
            connection.request(method, target, body=data, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except (HTTPException, OSError) as failure:
            connection.close()
            raise failure if isinstance(failure, OSError) else ConnectionError(repr(failure)) from failure
        self._keep(connection)
        return Reply(answer.status, _document(content, content_type=answer.headers.get_content_type()))

    def close(self) -> None:
        """Closes the connections that are not in use."""
        while (connection := self._take()) is not None:
            connection.close()

    def _connection(self) -> HTTPSConnection:
        return self._take() or HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=self._context)

    def _take(self) -> HTTPSConnection | None:
        while True:
            try:
                since, connection = self._idle.get_nowait()
            except Empty:
                return None
            if time.monotonic() - since < IDLE:
                return connection
            connection.close()

    def _keep(self, connection: HTTPSConnection) -> None:
        if connection.sock is None:  # the server closed it
            return
        self._idle.put((time.monotonic(), connection))


def _document(content: bytes, *, content_type: str) -> Any:
    return json.loads(content) if content_type == "application/json" else content.decode(errors="replace")
