"""One call of OSS, as a handler sees it, and the table of handlers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from acsctl.emulator.accounts import AccessKey
from acsctl.emulator.message import Request
from acsctl.emulator.services.oss.address import Address
from acsctl.emulator.services.oss.answer import Answer
from acsctl.emulator.services.oss.refusals import OssError, invalid
from acsctl.emulator.world import World


@dataclass(frozen=True)
class OssCall:
    """api: `PutObject`. key: None for an anonymous call. region: that of the endpoint or of the signature, or empty. now: wall
    time, unix seconds: OSS's own clock."""

    world: World
    request: Request
    api: str
    address: Address
    key: AccessKey | None
    region: str
    now: float

    def field(self, name: str) -> str:
        """A parameter of the query."""
        return self.request.query_fields.get(name, "")

    def header(self, name: str) -> str:
        """By the lower-case name."""
        return self.request.header(name)

    def number(self, name: str, *, default: int, most: int) -> int:
        """A parameter that is a whole number from 0 to most. Raises InvalidArgument."""
        text = self.field(name) or str(default)
        found = whole(text)
        if found is None or found > most:
            raise invalid(name, text)
        return found

    def xml(self, root: str) -> ElementTree.Element:
        """The body. Raises MalformedXML unless it is a document of this root."""
        try:
            found = ElementTree.fromstring(self.request.body)
        except ElementTree.ParseError as error:
            raise malformed() from error
        for one in found.iter():
            one.tag = one.tag.rpartition("}")[2]  # some clients send a namespace
        if found.tag != root:
            raise malformed()
        return found


def whole(text: str) -> int | None:
    """The number that a text of up to 18 digits is, or None."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text, re.ASCII) else None


def malformed() -> OssError:
    return OssError("MalformedXML", message="The XML of the request is not well-formed or not of the published schema.")


Handler = Callable[[OssCall], Answer]
HANDLERS: dict[str, Handler] = {}
PARAMETERS: dict[str, frozenset[str]] = {}
"""What an API knows beside what signs a request and chooses its sub-resource."""


def oss_api(*names: str, parameters: str = "") -> Callable[[Handler], Handler]:
    """Binds a handler to APIs. parameters: names in the query, separated by spaces. Raises ValueError for one bound twice."""

    def bind(handler: Handler) -> Handler:
        for name in names:
            if name in HANDLERS:
                raise ValueError(f"oss.{name} is bound twice")
            HANDLERS[name] = handler
            PARAMETERS[name] = frozenset(parameters.split())
        return handler

    return bind
