"""Faults on request (PUT /_emulator/faults): what a cloud does to its clients on a bad day, at a chosen call."""

from dataclasses import asdict, dataclass
from typing import Any

from acsctl.emulator.errors import ApiError

KINDS = ("error", "drop", "page", "slow")
MOMENTS = ("before", "after")


@dataclass(frozen=True)
class Fault:
    """action: `vpc.CreateVpc`, or `*`. when: before or after the effect of the call. skip: so many calls pass first; times:
    then so many are hit.

    kind: `error` answers code with status (retry_after in milliseconds, if any); `drop` closes the connection without an
    answer; `page` answers 502 with an HTML page as proxies do; `slow` answers after so many wall seconds.
    """

    action: str
    kind: str = "error"
    when: str = "before"
    skip: int = 0
    times: int = 1
    code: str = "ServiceUnavailable"
    status: int = 503
    retry_after: int | None = None
    seconds: float = 0.0

    def error(self) -> ApiError:
        return ApiError(self.code, message="Injected fault.", status=self.status, retry_after=self.retry_after)


class Hit(Exception):
    """A fault that is not an error answer: the connection is dropped, or a page of a proxy is sent."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


class Faults:
    """The faults that are asked for, used up from the first to the last."""

    def __init__(self) -> None:
        self._rules: list[tuple[Fault, list[int]]] = []

    def put(self, raw: list[dict[str, Any]]) -> None:
        """Replaces all. Raises TypeError or ValueError for one that is malformed; then nothing has changed."""
        faults = [Fault(**one) for one in raw]
        for one in faults:
            if one.kind not in KINDS or one.when not in MOMENTS:
                raise ValueError(f"kind is one of {', '.join(KINDS)}; when is one of {', '.join(MOMENTS)}")
        self._rules = [(one, [one.skip, one.times]) for one in faults]

    def left(self) -> list[dict[str, Any]]:
        """What has not been used up."""
        return [{**asdict(one), "skip": skip, "times": times} for one, (skip, times) in self._rules if times > 0]

    def strike(self, action: str, *, when: str) -> float:
        """What a call meets at a moment: raises ApiError or Hit, or returns the wall seconds that its answer is late."""
        for fault, counts in self._rules:
            if fault.action in ("*", action) and fault.when == when and _counts(counts):
                if fault.kind == "error":
                    raise fault.error()
                if fault.kind != "slow":
                    raise Hit(fault)
                return fault.seconds
        return 0.0


def _counts(counts: list[int]) -> bool:
    """Counts a call; whether it is one of those to be hit."""
    if counts[0] > 0:
        counts[0] -= 1
        return False
    if counts[1] > 0:
        counts[1] -= 1
        return True
    return False
