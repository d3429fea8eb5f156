"""Bodies of requests: bytes to objects, with the field validation that was asked for."""

import json
from typing import Any

import yaml

from acsctl.emulator.kubernetes.builtin import protobuf
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Request
from acsctl.emulator.kubernetes.builtin.status import StatusError, bad_request, unsupported_media_type
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.schema import schema_of
from acsctl.emulator.kubernetes.objects.validate import decode_problem, prune, unknown_fields

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


class _Loader(yaml.CSafeLoader):
    """Keeps timestamps as text, as the server's reader does."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def content_type(request: Request) -> str:
    return request.headers.get("content-type", JSON).split(";")[0].strip() or JSON


def parse(request: Request) -> Any:
    """The body as plain data. Raises StatusError 400 or 415."""
    if request.document is not None:
        return json.loads(json.dumps(request.document))
    kind = content_type(request)
    if kind == PROTOBUF:
        return protobuf.decode(request.body)
    if kind not in (JSON, YAML) and not kind.endswith(("+json", "+yaml")):
        supported = f"{JSON}, {YAML}, {PROTOBUF}"
        raise unsupported_media_type(
            f"the body of the request was in an unknown format - accepted media types include: {supported}"
        )
    try:
        return yaml.load(request.body, _Loader) if kind.endswith("yaml") else json.loads(request.body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"error decoding: {error}") from error


def read(call: Call, *, body: Any) -> Object:
    """An object of the kind of the path: unknown fields reported and dropped. Raises StatusError 400."""
    obj = _identified(call, body=body)
    resource = call.entry.resource
    if call.entry.schema is None:
        return obj
    cannot = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
    if call.entry.custom is None and (problem := decode_problem(obj, call.entry.schema)):
        raise bad_request(cannot + problem)
    # Who manages what is in a form of its own, which no schema describes.
    managers = obj["metadata"].pop("managedFields", None)
    unknown = unknown_fields(obj, call.entry.schema) if call.validation != "Ignore" else []
    if unknown and call.validation == "Strict":
        raise bad_request(_strict(cannot if call.entry.custom is None else "", unknown=unknown))
    call.warnings.extend(f'unknown field "{one}"' for one in unknown)
    pruned = dict(prune(obj, call.entry.schema))
    return pruned if managers is None else {**pruned, "metadata": {**pruned["metadata"], "managedFields": managers}}


def read_as(body: Any, *, version: str, kind: str) -> Object:
    """A body of another kind than the path's: Scale, Eviction, DeleteOptions. Raises StatusError 400."""
    if not isinstance(body, dict):
        raise bad_request(f"the object provided is no {kind}")
    if body.get("kind", kind) != kind:
        raise StatusError(400, reason="BadRequest", message=f"the object provided is a {body['kind']}, not a {kind}")
    obj = {"apiVersion": version, "kind": kind, **body}
    schema = schema_of(version, kind=kind)
    return obj if schema is None else dict(prune(obj, schema))


def _strict(prefix: str, *, unknown: list[str]) -> str:
    listed = ", ".join(f'unknown field "{one}"' for one in unknown)
    return f"{prefix}strict decoding error: {listed}"


def _identified(call: Call, *, body: Any) -> Object:
    if not isinstance(body, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is no object")
    version, kind = call.entry.api_version, call.entry.resource.kind
    obj = dict(body)
    for name, expected, words in (("apiVersion", version, "API version"), ("kind", kind, "kind")):
        found = obj.get(name) or expected
        if found != expected:
            raise bad_request(f"the {words} in the data ({found}) does not match the expected {words} ({expected})")
        obj[name] = expected
    if not isinstance(obj.get("metadata") or {}, dict):
        raise bad_request("json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta")
    obj["metadata"] = dict(obj.get("metadata") or {})
    return obj
