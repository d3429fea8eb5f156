"""GET: one object, or a list by selectors, in pieces when asked."""

import base64
import json
from typing import Any

from acsctl.emulator.kubernetes.builtin import selectors
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.selectors import Matcher
from acsctl.emulator.kubernetes.builtin.status import bad_request, not_found
from acsctl.emulator.kubernetes.builtin.storage import Object


def get(call: Call) -> Answer:
    """GET on an object or its status. Raises StatusError 404."""
    live = call.live
    if live is None:
        raise not_found(call.entry.resource, name=call.name)
    return Answer(200, live)


def list_objects(call: Call) -> Answer:
    """GET on a kind. Raises StatusError 400 or 410."""
    with call.control.storage.lock:
        items, revision = selected(call), call.control.storage.revision
    items, metadata = _page(call, items=items)
    document = as_list(call, items=items)
    document["metadata"] = {"resourceVersion": str(revision), **metadata}
    return Answer(200, document)


def matcher(call: Call) -> Matcher:
    """Of the request's selectors; on objects at the version of the path. Raises StatusError 400."""
    query = call.request.query
    by_label = selectors.labels(query.get("labelSelector", ""))
    known = [one["jsonPath"].lstrip(".") for one in (call.entry.custom or {}).get("selectableFields") or []]
    by_field = selectors.fields(query.get("fieldSelector", ""), kind=call.entry.stored_as, more=known)
    return lambda obj: by_label(obj) and by_field(obj)


def selected(call: Call) -> list[Object]:
    """All objects of the path that the selectors match, at the version of the path."""
    matches = matcher(call)
    found = (call.entry.present(one) for one in call.control.storage.all(call.entry.stored_as, namespace=call.namespace))
    return [one for one in found if matches(one)]


def as_list(call: Call, *, items: list[Object]) -> dict[str, Any]:
    """A list object. Items of built-in kinds carry no apiVersion and kind of their own."""
    if call.entry.custom is None:
        items = [{name: value for name, value in one.items() if name not in ("apiVersion", "kind")} for one in items]
    revision = str(call.control.storage.revision)
    kind = f"{call.entry.resource.kind}List"
    return {"kind": kind, "apiVersion": call.entry.api_version, "metadata": {"resourceVersion": revision}, "items": items}


def _page(call: Call, *, items: list[Object]) -> tuple[list[Object], dict[str, Any]]:
    """The piece after `continue`, at most `limit` long, and what the list says of the rest."""
    query = call.request.query
    if query.get("continue"):
        start = _start(query["continue"])
        items = [one for one in items if _place(one) >= start]
    limit = int(query.get("limit") or 0)
    if not limit or len(items) <= limit:
        return items, {}
    rest: dict[str, Any] = {"continue": _token(items[limit])}
    if not query.get("labelSelector") and not query.get("fieldSelector"):
        rest["remainingItemCount"] = len(items) - limit
    return items[:limit], rest


def _place(obj: Object) -> list[str]:
    return [obj["metadata"].get("namespace", ""), obj["metadata"]["name"]]


def _token(obj: Object) -> str:
    return base64.urlsafe_b64encode(json.dumps({"v": "meta.k8s.io/v1", "start": _place(obj)}).encode()).decode().rstrip("=")


def _start(token: str) -> list[str]:
    try:
        read = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return [str(one) for one in read["start"]]
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request(f"continue key is not valid: {error}") from error
