"""Watches: the changes of a kind as they happen, from a resourceVersion on (KEP-3157 for the initial events)."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.builtin import reads
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.selectors import Matcher
from acsctl.emulator.kubernetes.builtin.status import StatusError, expired, invalid_options, not_found
from acsctl.emulator.kubernetes.builtin.storage import Change, Object
from acsctl.emulator.kubernetes.objects.validate import Problem

Transform = Callable[[Object], Any]
DEFAULT_SECONDS = 1800.0
BOOKMARK_SECONDS = 60.0
_WAIT = 5.0  # how long a quiet watch sleeps before it looks whether its client is still there
_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True)
class Watch:
    """What one watch asked for. transform: an object to the form that was asked for. bookmarks: whether it takes them."""

    call: Call
    matches: Matcher
    transform: Transform
    bookmarks: bool
    seconds: float


def watch(call: Call, *, transform: Transform) -> Answer:
    """GET on a kind with watch=true. Times out in wall time, as its client counts. Raises StatusError 400."""
    query = call.request.query
    by_selector, name = reads.matcher(call), call.name
    if name and call.live is None:
        raise not_found(call.entry.resource, name=name)
    _check_options(query)
    wanted = Watch(
        call=call,
        matches=lambda obj: name in ("", obj["metadata"]["name"]) and by_selector(obj),
        transform=transform,
        bookmarks=call.request.flag("allowWatchBookmarks"),
        seconds=float(query.get("timeoutSeconds") or DEFAULT_SECONDS),
    )
    return Answer(200, None, stream=_events(wanted, start=query.get("resourceVersion", "")))


def _check_options(query: Mapping[str, str]) -> None:
    """Raises StatusError 422 or 500."""
    if "sendInitialEvents" in query and query.get("resourceVersionMatch") != "NotOlderThan":
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_options("ListOptions", problem=Problem("resourceVersionMatch", "FieldValueForbidden", message))
    version = query.get("resourceVersion", "")
    if version and not version.isdigit():
        why = f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        raise StatusError(500, reason="", message=f"resourceVersion: {why}")


def _events(watch: Watch, *, start: str) -> Iterator[Any]:
    try:
        seen, first = _begin(watch, start=start)
        yield from first
        yield from _follow(watch, seen=seen)
    except StatusError as error:
        yield {"type": "ERROR", "object": error.document}


def _begin(watch: Watch, *, start: str) -> tuple[int, list[Any]]:
    """The revision to go on from, and the events that come before it. Raises StatusError 410."""
    storage = watch.call.control.storage
    initial = watch.call.request.flag("sendInitialEvents")
    if start not in ("", "0") and not initial:
        if int(start) < storage.oldest:
            raise expired(f"too old resource version: {start} ({storage.oldest})")
        return int(start), []
    with storage.lock:
        revision = storage.revision
        stored = storage.all(watch.call.entry.stored_as, namespace=watch.call.namespace)
    found = [one for one in map(watch.call.entry.present, stored) if watch.matches(one)]
    events: list[Any] = []
    if initial or "sendInitialEvents" not in watch.call.request.query:
        events = [{"type": "ADDED", "object": watch.transform(one)} for one in found]
    if initial and watch.bookmarks:
        events.append(_bookmark(watch, revision=revision, annotations=_INITIAL_EVENTS_END))
    return revision, events


def _follow(watch: Watch, *, seen: int) -> Iterator[Any]:
    """Until the time is up or the control plane is closed. None now and then: see Answer.stream."""
    storage = watch.call.control.storage
    end, bookmark = time.monotonic() + watch.seconds, time.monotonic() + BOOKMARK_SECONDS
    while not storage.closed and (now := time.monotonic()) < end:
        if watch.bookmarks and now >= bookmark:
            bookmark = now + BOOKMARK_SECONDS
            yield _bookmark(watch, revision=seen)
        with storage.changed:
            if storage.revision <= seen and not storage.closed:
                storage.changed.wait(min(_WAIT, end - now))
        try:
            changes = storage.since(seen)
        except LookupError:
            raise expired(f"too old resource version: {seen} ({storage.oldest})") from None
        events = [one for one in (_event(watch, change=change) for change in changes) if one is not None]
        seen = changes[-1].revision if changes else seen
        yield from events or [None]


def _event(watch: Watch, *, change: Change) -> Any:
    """The change as this watch sees it: what comes to match is ADDED, what no longer does is DELETED."""
    entry, key = watch.call.entry, change.key
    if key.kind != entry.stored_as or (watch.call.namespace and key.namespace != watch.call.namespace):
        return None
    new = entry.present(change.new)
    was = change.old is not None and watch.matches(entry.present(change.old))
    now = change.type != "DELETED" and watch.matches(new)
    if not was and not now:
        return None
    kind = "MODIFIED" if was and now else "ADDED" if now else "DELETED"
    if kind == "DELETED" and change.type != "DELETED" and change.old is not None:
        # It left the selection: shown as it was when it still matched, with the revision of the change.
        old = entry.present(change.old)
        new = {**old, "metadata": {**old["metadata"], "resourceVersion": str(change.revision)}}
    return {"type": kind, "object": watch.transform(new)}


def _bookmark(watch: Watch, *, revision: int, annotations: dict[str, str] | None = None) -> Any:
    resource = watch.call.entry.resource
    metadata = {"resourceVersion": str(revision), **({"annotations": annotations} if annotations else {})}
    obj = {"kind": resource.kind, "apiVersion": watch.call.entry.api_version, "metadata": metadata}
    return {"type": "BOOKMARK", "object": watch.transform(obj)}
