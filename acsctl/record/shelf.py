"""What the record asks of a bucket: `cloud.oss.Bucket`, or in tests something in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from acsctl.cloud.oss import Listed


class Shelf(Protocol):
    """Objects that are written once. What is written is seen by every read and list that begins later."""

    def put(self, key: str, body: bytes, *, tries: int = 3) -> bool:
        """Write an object that is not there yet. False where there is one, be it by a try of this call that got no answer."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object, or None."""
        ...

    def list(self, prefix: str) -> Listed:
        """Objects in the order of their keys, each with the server's time of its writing, and the server's time now."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, gone or not."""
        ...

    def versioning(self) -> str:
        """Empty where no object ever had versions."""
        ...
