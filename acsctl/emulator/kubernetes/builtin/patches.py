"""PATCH: the three patches that know no owner, and server-side apply."""

import json
from copy import deepcopy
from typing import Any

from acsctl.emulator.kubernetes.builtin import body, strategy, writes
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.builtin.status import (
    StatusError,
    apply_conflict,
    bad_request,
    conflict,
    invalid_options,
    invalid_patch,
    not_found,
    unsupported_media_type,
)
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects import managed
from acsctl.emulator.kubernetes.objects.patch import PatchError, json_patch, merge_patch, strategic_merge
from acsctl.emulator.kubernetes.objects.schema import Schema
from acsctl.emulator.kubernetes.objects.typed import SchemaMismatch
from acsctl.emulator.kubernetes.objects.validate import Problem

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


def patch(call: Call) -> Answer:
    """PATCH on an object or its status. Raises StatusError."""
    kind = body.content_type(call.request)
    given = body.parse(call)
    if kind == APPLY_PATCH:
        return _apply(call, config=given)
    if call.request.flag("force"):
        message = "Forbidden: may not be specified for non-apply patch"
        raise invalid_options("PatchOptions", problem=Problem("force", "FieldValueForbidden", message))
    with call.control.storage.lock:
        live = writes.require(call)
        patched = patched_document(call, live=live, patch=given)
        obj = _read_patched(call, patched=patched, patch=given)
        writes.check_place(call, obj=obj)
        stored = writes.change(call, live=live, wish=writes.defaulted(call, obj=obj))
    return Answer(200, stored, warnings=tuple(call.warnings))


def _read_patched(call: Call, *, patched: Any, patch: Any) -> Object:
    """Raises StatusError 422 when the patch led to no object of the kind."""
    try:
        obj, problem = body.checked(call, obj=body.identified(call, body=patched))
    except StatusError as error:
        obj, problem = {}, error.message
    if not problem:
        return obj
    strategic = body.content_type(call.request) == STRATEGIC_PATCH
    raise invalid_patch(_go(patch) if strategic else _text(patched), why=problem)


def _text(patched: Any) -> str:
    """As the server shows what came out of a patch: sorted at the top, below in the order of the type."""
    if isinstance(patched, dict):
        patched = {name: patched[name] for name in sorted(patched)}
    return json.dumps(patched, separators=(",", ":"), ensure_ascii=False)


def _go(value: Any) -> str:
    """A value as Go's fmt shows it: `map[a:1 b:[x y]]`."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{_go(value[name])}' for name in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def patched_document(call: Call, *, live: Object, patch: Any) -> Any:
    """A document with the patch of the request's content type in it. Raises StatusError 400, 415 or 422."""
    kind = body.content_type(call.request)
    schema = call.entry.schema if call.entry.custom is None else None
    try:
        return _patched(kind, live=live, patch=patch, schema=schema)
    except PatchError as error:
        if error.code == 422:
            message = "the server rejected our request due to an error in our request"
            raise StatusError(422, reason="Invalid", message=message, details={}) from error
        if kind == STRATEGIC_PATCH and isinstance(patch, dict):
            raise StatusError(500, reason="", message=str(error)) from error
        raise bad_request(str(error)) from error


def _patched(kind: str, *, live: Object, patch: Any, schema: Schema | None) -> Any:
    if kind == JSON_PATCH:
        if not isinstance(patch, list):
            raise PatchError("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
        return json_patch(live, patch)
    if not isinstance(patch, dict):
        raise PatchError("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}")
    if kind == MERGE_PATCH:
        return merge_patch(live, patch)
    if kind == STRATEGIC_PATCH and schema is not None:
        return strategic_merge(live, patch, schema=schema)
    if kind != STRATEGIC_PATCH:
        raise unsupported_media_type()
    raise unsupported_media_type((JSON_PATCH, MERGE_PATCH, APPLY_PATCH))


def _apply(call: Call, *, config: Any) -> Answer:
    if not call.request.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        raise invalid_options("PatchOptions", problem=Problem("fieldManager", "FieldValueRequired", message))
    obj = _applied(call, config=config)
    writes.check_place(call, obj=deepcopy(obj))
    if obj["metadata"].get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    with call.control.storage.lock:
        live = call.live
        if live is None and call.subresource:
            raise not_found(call.entry.resource, name=call.name)
        if live is None and obj["metadata"].get("uid"):
            wanted = f"the provided object specified uid {obj['metadata']['uid']}"
            why = f"uid mismatch: {wanted}, and no existing object was found"
            raise conflict(call.entry.resource, name=call.name, why=why)
        merged = deepcopy(writes.defaulted(call, obj=body.without_nulls(_merged(call, live=live, config=obj))))
        writes.check_place(call, obj=merged)
        if live is None:
            merged["metadata"].pop("resourceVersion", None)
        stored = writes.insert(call, obj=merged) if live is None else writes.change(call, live=live, wish=merged, applied=True)
    return Answer(201 if live is None else 200, stored, warnings=tuple(call.warnings))


def _merged(call: Call, *, live: Object | None, config: Object) -> Object:
    """A field that the path does not write is none of the configuration (`GetResetFields` of the strategies)."""
    if call.subresource == "status":
        config = {name: value for name, value in config.items() if name in ("apiVersion", "kind", "metadata", "status")}
    elif call.entry.has_status:
        config = strategy.without_status(call, obj=config, live=None)
    how = managed.Applying(
        manager=call.manager,
        force=call.request.flag("force"),
        now=call.control.now(),
        schema=call.entry.schema,
        subresource=call.subresource,
        status_apart=call.entry.has_status,
    )
    try:
        return managed.apply(live, config, how=how)
    except managed.Conflicts as conflicts:
        raise apply_conflict(conflicts) from conflicts
    except SchemaMismatch as mismatch:
        raise StatusError(500, reason="", message=str(mismatch)) from mismatch


def _applied(call: Call, *, config: Any) -> Object:
    """The configuration as it came: an apply checks its fields itself. Raises StatusError 400."""
    if not isinstance(config, dict):
        raise bad_request("error decoding YAML: the body is no object")
    if (config.get("apiVersion"), config.get("kind")) != (call.entry.api_version, call.entry.resource.kind):
        raise bad_request(f"invalid object type: {_kind_text(config)}")
    return body.identified(call, body=config)


def _kind_text(obj: Object) -> str:
    """`apps/v1, Kind=Deployment`; `/v1, Kind=Secret` for core."""
    version = str(obj.get("apiVersion", ""))
    return f"{version if '/' in version else '/' + version}, Kind={obj.get('kind', '')}"
