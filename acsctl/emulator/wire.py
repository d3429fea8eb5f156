"""The wire forms of requests: telling them apart, and bringing each to one Envelope.

Sheet wire.md 1.2: ACS3 (RPC and ROA), RPC signature 1.0 with its parameters in the query or a form body, ROA signature 1.0.
"""

import enum
import json
from dataclasses import dataclass, field
from typing import Any

from acsctl.emulator.errors import ApiError
from acsctl.emulator.message import Request

# Names that the RPC 1.0 gateway consumes itself (metadata wire.json, rpc_v1_query).
GATEWAY_NAMES = frozenset(
    {
        "Action", "Version", "Format", "Timestamp", "SignatureNonce", "SignatureMethod", "SignatureVersion",
        "SignatureType", "AccessKeyId", "SecurityToken", "BearerToken", "Signature",
    }
)  # fmt: skip


class Form(enum.Enum):
    """How a request is signed and where its action is named."""

    ACS3 = "ACS3"
    RPC1 = "RPC signature 1.0"
    ROA1 = "ROA signature 1.0"


@dataclass(frozen=True)
class Envelope:
    """A request with its wire form taken off.

    fields: query and form parameters, still flat text. body: the JSON document of a ROA request, else None.
    action: empty for a ROA request that names none, which is then found by its path.
    """

    form: Form
    version: str
    action: str
    request: Request
    fields: dict[str, str] = field(default_factory=dict[str, str])
    body: Any = None


def form_of(request: Request) -> Form:
    """aliyun-python-sdk-core names the action in a header too, so the signature decides, and only then the header."""
    authorization = request.header("authorization")
    if authorization.startswith("acs "):
        return Form.ROA1
    signed_fields = "Signature" in request.query_fields or "Signature" in request.form_fields
    if authorization.startswith("ACS3-") or (request.header("x-acs-action") and not signed_fields):
        return Form.ACS3
    return Form.RPC1


def wants_xml(request: Request) -> bool:
    """XML is what RPC 1.0 answers when Format is absent (sheet behaviour.md 1)."""
    asked = request.query_fields.get("Format") or request.form_fields.get("Format")
    if asked:
        return asked.upper() == "XML"
    return form_of(request) is Form.RPC1 or "xml" in request.header("accept")


def unwrap(request: Request) -> Envelope:
    """The envelope of a request. Raises ApiError when it names no version, or an unreadable body."""
    form = form_of(request)
    if form is Form.RPC1:
        return _unwrap_rpc(request)
    version = request.header("x-acs-version")
    if not version:
        raise ApiError("MissingVersion", message="The header x-acs-version is mandatory.", status=400)
    fields = {**request.query_fields, **request.form_fields}
    return Envelope(form, version, request.header("x-acs-action"), request, fields, _json_body(request))


def _unwrap_rpc(request: Request) -> Envelope:
    fields = {**request.query_fields, **request.form_fields}
    for name in ("Action", "Version"):
        if not fields.get(name):
            raise ApiError(f"Missing{name}", message=f"{name} is mandatory for this action.", status=400)
    business = {name: value for name, value in fields.items() if name not in GATEWAY_NAMES}
    return Envelope(Form.RPC1, fields["Version"], fields["Action"], request, business)


def _json_body(request: Request) -> Any:
    if not request.body or "json" not in request.header("content-type"):
        return None
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ApiError("InvalidJSON", message=f"The request body is not JSON: {error}.", status=400) from error
