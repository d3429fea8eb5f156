"""Throttling per account, region and action, in wall seconds; off unless settings name a limit (sheet behaviour.md 7)."""

from collections import deque
from collections.abc import Mapping

from acsctl.emulator.errors import ApiError


class Throttle:
    """A sliding window per account, region and action."""

    def __init__(self) -> None:
        self._windows: dict[str, deque[float]] = {}

    def pass_one(self, name: str, *, limit: Mapping[str, float] | None, now: float) -> None:
        """Raises Throttling.User when the limit ({"calls": n, "seconds": s}) is reached. now: wall seconds."""
        if limit is None:
            return
        window = self._windows.setdefault(name, deque())
        while window and window[0] <= now - limit["seconds"]:
            window.popleft()
        if len(window) >= limit["calls"]:
            oldest = window[0] if window else now
            wait = max(1, round((oldest + limit["seconds"] - now) * 1000))
            raise ApiError("Throttling.User", message="Too many requests of this user.", status=400, retry_after=wait)
        window.append(now)
