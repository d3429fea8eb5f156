"""What a handler of OSS gives back, and XML as OSS writes it: no namespace, lists as repeated elements."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from xml.etree import ElementTree

from acsctl.emulator.clock import iso_seconds

XML = "application/xml"
Fields = Mapping[str, Any]
"""Element name -> text, number, truth value, Fields, or a list of those for repeated elements; None is left out."""


@dataclass(frozen=True)
class Answer:
    """body: as it is. type: of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    type: str = XML


def document(root: str, fields: Fields | str, *, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in XML."""
    return Answer(body=as_xml(root, fields), headers=headers or {})


def as_xml(root: str, fields: Fields | str) -> bytes:
    return _HEAD + ElementTree.tostring(_element(root, fields), encoding="unicode").encode()


def http_date(moment: float) -> str:
    """`Fri, 24 Feb 2012 06:07:48 GMT`, in whole seconds, as Date and Last-Modified are."""
    return formatdate(int(moment), usegmt=True)


def iso_date(moment: float) -> str:
    """`2012-02-24T06:07:48.000Z`, as in lists: whole seconds too."""
    return iso_seconds(int(moment)).replace("Z", ".000Z")


_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot carry
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_children(value))
    else:
        element.text = str(value).lower() if isinstance(value, bool) else _NO_XML.sub("\ufffd", str(value))
    return element


def _children(fields: Fields) -> Iterator[ElementTree.Element]:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            yield _element(name, one)
