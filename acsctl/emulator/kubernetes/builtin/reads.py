"""GET: one object, or a list by selectors, in pieces when asked."""

import base64
import json
from typing import Any

from acsctl.emulator.kubernetes.builtin import selectors
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.selectors import Matcher
from acsctl.emulator.kubernetes.builtin.status import bad_request, expired, invalid_options, not_found
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.validate import Problem

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter."
)


def get(call: Call) -> Answer:
    """GET on an object or its status. Raises StatusError 404."""
    live = call.live
    if live is None:
        raise not_found(call.entry.resource, name=call.name)
    return Answer(200, live)


def list_objects(call: Call) -> Answer:
    """GET on a kind. Raises StatusError 400, 410 or 422."""
    version, start = _wanted(call)
    storage = call.control.storage
    with storage.lock:
        revision = storage.revision if version is None else version
        try:
            stored = storage.at(revision, kind=call.entry.stored_as, namespace=call.namespace)
        except LookupError:
            raise expired(_TOO_OLD if start else "The resourceVersion for the provided list is too old.") from None
    items, rest = _page(call, items=_matching(call, stored=stored), start=start, revision=revision)
    document = as_list(call, items=items)
    # A list of custom resources names its continue even when it is empty.
    empty = {} if call.entry.custom is None else {"continue": ""}
    document["metadata"] = {**empty, "resourceVersion": str(revision), **rest}
    return Answer(200, document)


def _wanted(call: Call) -> tuple[int | None, list[str]]:
    """The revision to list, None for the present one, and the place to go on from. Raises StatusError."""
    query = call.request.query
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    if match and not version:
        message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise invalid_options("ListOptions", problem=Problem("resourceVersionMatch", "FieldValueForbidden", message))
    if version and not version.isdigit():
        why = f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        raise bad_request(f"invalid resource version: resourceVersion: {why}")
    if query.get("continue"):
        if version not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        return _start(query["continue"])
    return (int(version) if match == "Exact" else None), []


def matcher(call: Call) -> Matcher:
    """Of the request's selectors; on objects at the version of the path. Raises StatusError 400."""
    query = call.request.query
    by_label = selectors.labels(query.get("labelSelector", ""))
    known = [one["jsonPath"].lstrip(".") for one in (call.entry.custom or {}).get("selectableFields") or []]
    by_field = selectors.fields(query.get("fieldSelector", ""), kind=call.entry.stored_as, more=known)
    return lambda obj: by_label(obj) and by_field(obj)


def selected(call: Call) -> list[Object]:
    """All objects of the path that the selectors match, at the version of the path."""
    return _matching(call, stored=call.control.storage.all(call.entry.stored_as, namespace=call.namespace))


def _matching(call: Call, *, stored: list[Object]) -> list[Object]:
    matches = matcher(call)
    return [one for one in map(call.entry.present, stored) if matches(one)]


def as_list(call: Call, *, items: list[Object]) -> dict[str, Any]:
    """A list object. Items of built-in kinds carry no apiVersion and kind of their own."""
    if call.entry.custom is None:
        items = [{name: value for name, value in one.items() if name not in ("apiVersion", "kind")} for one in items]
    revision = str(call.control.storage.revision)
    kind = f"{call.entry.resource.kind}List"
    return {"kind": kind, "apiVersion": call.entry.api_version, "metadata": {"resourceVersion": revision}, "items": items}


def _page(call: Call, *, items: list[Object], start: list[str], revision: int) -> tuple[list[Object], dict[str, Any]]:
    """The piece from a place on, at most `limit` long, and what the list says of the rest."""
    query = call.request.query
    items = [one for one in items if _place(one) >= start]
    limit = selectors.whole_number(query.get("limit") or "0")
    if not limit or len(items) <= limit:
        return items, {}
    rest: dict[str, Any] = {"continue": _token(items[limit], revision=revision)}
    if not query.get("labelSelector") and not query.get("fieldSelector"):
        rest["remainingItemCount"] = len(items) - limit
    return items[:limit], rest


def _place(obj: Object) -> list[str]:
    return [obj["metadata"].get("namespace", ""), obj["metadata"]["name"]]


def _token(obj: Object, *, revision: int) -> str:
    read = {"v": "meta.k8s.io/v1", "rv": revision, "start": _place(obj)}
    return base64.urlsafe_b64encode(json.dumps(read).encode()).decode().rstrip("=")


def _start(token: str) -> tuple[int, list[str]]:
    data = b""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        read = json.loads(data)
        return int(read["rv"]), [str(one) for one in read["start"]]
    except (ValueError, KeyError, TypeError) as error:
        first = f"invalid character '\\u{data[0]:04x}' looking for beginning of value" if data else "illegal base64 data"
        raise bad_request(f"invalid continue token: continue key is not valid: {first}") from error
