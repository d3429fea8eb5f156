"""Faults of the way between cloud and client: answers that are late, lost, broken, or not the cloud's."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from acsctl.emulator.faults.effects import Effect, Moment
from acsctl.emulator.message import Response

PROXY_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
AFTER: tuple[Moment, ...] = ("after",)


@dataclass(frozen=True)
class Harm(Effect):
    """Spoils an answer. Before the effect, the call is not done at all and the answer that is spoiled is an empty one."""

    @abstractmethod
    def spoil(self, response: Response) -> Response:
        """What is sent of an answer."""


class Hit(Exception):
    """A call that meets a harm."""

    def __init__(self, harm: Harm) -> None:
        super().__init__(harm.KIND)
        self.harm = harm

    def spoil(self, response: Response) -> Response:
        """See Harm."""
        return self.harm.spoil(response)


@dataclass(frozen=True)
class Slow(Effect):
    """seconds: of the wall. Before the effect, that comes late too, whether the client still waits or not."""

    KIND: ClassVar[str] = "slow"
    seconds: float = 1.0


@dataclass(frozen=True)
class Drop(Harm):
    """The connection ends without an answer."""

    KIND: ClassVar[str] = "drop"

    def spoil(self, response: Response) -> Response:
        return replace(response, lost="all")


@dataclass(frozen=True)
class Timeout(Harm):
    """The connection is held open for so many wall seconds, and then ends without an answer."""

    KIND: ClassVar[str] = "timeout"
    seconds: float = 30.0

    def spoil(self, response: Response) -> Response:
        return replace(response, late=self.seconds, lost="all")


@dataclass(frozen=True)
class Cut(Harm):
    """The connection ends in the middle of the body; where there is none, without an answer."""

    KIND: ClassVar[str] = "cut"
    MOMENTS: ClassVar[tuple[Moment, ...]] = AFTER

    def spoil(self, response: Response) -> Response:
        return replace(response, lost="half")


@dataclass(frozen=True)
class Page(Harm):
    """A proxy on the way answers for the cloud, in HTML."""

    KIND: ClassVar[str] = "page"

    def spoil(self, response: Response) -> Response:
        return Response(502, PROXY_PAGE, "text/html")


@dataclass(frozen=True)
class Garbled(Harm):
    """The body is whole by its length, and no JSON."""

    KIND: ClassVar[str] = "garbled"
    MOMENTS: ClassVar[tuple[Moment, ...]] = AFTER

    def spoil(self, response: Response) -> Response:
        return replace(response, body=b'{"RequestId":"' + response.body[: len(response.body) // 2].replace(b'"', b"'"))


@dataclass(frozen=True)
class Blank(Harm):
    """The status is right, and there is no body."""

    KIND: ClassVar[str] = "blank"
    MOMENTS: ClassVar[tuple[Moment, ...]] = AFTER

    def spoil(self, response: Response) -> Response:
        return replace(response, body=b"")
