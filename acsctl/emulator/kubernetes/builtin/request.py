"""What comes in and what goes out, free of HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """Who asks. groups: with `system:authenticated` or `system:unauthenticated`, as the server adds them."""

    name: str
    groups: tuple[str, ...]


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
LOCAL = User("kubernetes-admin", (MASTERS, "system:authenticated"))


@dataclass(frozen=True)
class Request:
    """One request. headers: names in lower case. document: the body when it was never bytes, instead of body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    user: User
    body: bytes = b""
    document: Any = None

    def flag(self, name: str) -> bool:
        """A query value as Go reads booleans; a name without value counts as true."""
        return self.query.get(name, "false").lower() not in ("false", "0", "f")


@dataclass(frozen=True)
class Answer:
    """One answer. document: JSON, or text when content_type is text/plain. stream: of a watch, JSON documents; None is a
    moment in which nothing happened, for the writer to see whether its client is still there."""

    status: int
    document: Any
    content_type: str = "application/json"
    warnings: tuple[str, ...] = ()
    stream: Iterator[Any] | None = None
