"""One HTTP request and one HTTP answer as values; server.py makes the first and sends the second."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """path is decoded no further than HTTP does; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def query_fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form_fields(self) -> dict[str, str]:
        if not self.header("content-type").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def header(self, name: str) -> str:
        """The value of a header, by its lower-case name; empty when it is absent."""
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Response:
    """late: wall seconds that the server holds it back. lost: what of it the client never gets, since the connection ends: all,
    or half of the body."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    late: float = 0.0
    lost: Literal["", "all", "half"] = ""
