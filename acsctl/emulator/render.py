"""Answers and errors -> bytes, as JSON or as XML, in both spellings of the error body (sheet behaviour.md 3)."""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote
from xml.sax.saxutils import escape

from acsctl.emulator.api import Action

XML_TYPE = "text/xml;charset=utf-8"
JSON_TYPE = "application/json;charset=utf-8"
TEXT_TYPE = "text/plain;charset=utf-8"


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def as_body(document: Any, *, action: Action) -> tuple[bytes, str]:
    """The body of a successful answer and its type: JSON, or in the ROA style bare text or none."""
    if action.has_path and action.bodyless:
        return b"", JSON_TYPE
    if action.has_path and action.response == "string":
        return str(document).encode(), TEXT_TYPE
    return as_json(document), JSON_TYPE


def as_xml(document: Mapping[str, Any], *, root: str) -> bytes:
    """A list becomes its key repeated, as in the cloud: {"Vpcs": {"Vpc": [a, b]}} -> <Vpcs><Vpc/><Vpc/></Vpcs>."""
    body = "".join(_element(name, value=value) for name, value in document.items())
    return f'<?xml version="1.0" encoding="utf-8" ?>\n<{root}>{body}</{root}>'.encode()


def _element(name: str, *, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, value=one) for one in value)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return f"<{name}>{''.join(_element(key, value=one) for key, one in fields.items())}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    return f"<{name}>{'' if value is None else escape(str(value))}</{name}>"


def error_body(code: str, *, message: str, request_id: str, host: str, product: str) -> dict[str, Any]:
    """The error document of the RPC products."""
    recommend = f"https://api.aliyun.com/troubleshoot?q={quote(code)}&product={quote(product)}&requestId={request_id}"
    return {"RequestId": request_id, "HostId": host, "Code": code, "Message": message, "Recommend": recommend}


def roa_error_body(error: Mapping[str, Any], *, status: int) -> dict[str, Any]:
    """The same for the ROA products, which spell the names in lower case."""
    lower = {name[0].lower() + name[1:]: value for name, value in error.items()}
    return {**lower, "statusCode": status}
