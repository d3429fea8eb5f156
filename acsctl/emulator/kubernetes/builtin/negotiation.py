"""What form of an answer a client takes: the object itself, a Table of it, or its metadata alone (Accept header)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Request
from acsctl.emulator.kubernetes.builtin.status import not_acceptable
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.builtin.tables import table

META = "meta.k8s.io/v1"
_AVAILABLE = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")


def accepted(request: Request) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Media types and their parameters, in the order of the header."""
    for one in request.headers.get("accept", "application/json").split(","):
        media, *parameters = (part.strip() for part in one.split(";"))
        yield media, {name: value for name, _, value in (part.partition("=") for part in parameters)}


def check(request: Request) -> None:
    """Raises StatusError 406 when the client takes nothing that is here."""
    if not any(media in (*_AVAILABLE, "application/*", "*/*", "") for media, _ in accepted(request)):
        raise not_acceptable(f"406: Not Acceptable\n\nAvailable representations: {', '.join(_AVAILABLE)}", details={})
    if not any(_is_known(parameters) for _, parameters in accepted(request)):
        raise not_acceptable(f"only the following media types are accepted: {', '.join(_AVAILABLE)}")


def _is_known(parameters: Mapping[str, str]) -> bool:
    return parameters.get("as", "") in ("", "Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def transform(request: Request) -> str:
    """`Table`, `PartialObjectMetadata`, `PartialObjectMetadataList`, or nothing for the object itself."""
    for media, parameters in accepted(request):
        wish = parameters.get("as", "")
        if media not in ("application/json", "application/yaml", "application/*", "*/*"):
            continue
        if not wish:
            return ""
        if _is_known(parameters) and (parameters.get("g"), parameters.get("v")) == ("meta.k8s.io", "v1"):
            return wish
    return ""


def wants_yaml(request: Request) -> bool:
    media = next((one for one, _ in accepted(request) if one in ("application/json", "application/yaml", "*/*")), "")
    return media == "application/yaml"


def shaped(call: Call, *, document: Any) -> Any:
    """An answer's object or list in the form that was asked for; a Status as it is."""
    if not isinstance(document, dict) or document.get("kind") == "Status":
        return document
    return shaper(call)(document)


def shaper(call: Call) -> Callable[[Object], Any]:
    wish = transform(call.request)
    if wish == "Table":
        return lambda document: table(call, document=document)
    if wish in ("PartialObjectMetadata", "PartialObjectMetadataList"):
        return _metadata_only
    return lambda document: document


def watch_shaper(call: Call) -> Callable[[Object], Any]:
    """As shaper; of Tables only the first has column definitions."""
    shape, told = shaper(call), [False]

    def shaped(document: Object) -> Any:
        made = shape(document)
        if isinstance(made, dict) and made.get("kind") == "Table":
            made = {**made, "columnDefinitions": None} if told[0] else made
            told[0] = True
        return made

    return shaped


def partial(obj: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": obj["metadata"]}


def _metadata_only(document: Object) -> dict[str, Any]:
    if "items" not in document:
        return partial(document)
    items = [partial(one) for one in document["items"]]
    return {"kind": "PartialObjectMetadataList", "apiVersion": META, "metadata": document["metadata"], "items": items}
