"""Bodies of requests: bytes to objects, with the field validation that was asked for."""

import json
import re
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

import yaml

from acsctl.emulator.kubernetes.builtin import protobuf
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.request import Request
from acsctl.emulator.kubernetes.builtin.status import bad_request, invalid, unsupported_media_type
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.schema import schema_of
from acsctl.emulator.kubernetes.objects.validate import Problem, decode_problem, prune, unknown_fields

_SCHEME = "pkg/runtime/scheme.go:111"
_SHOWN_BYTES = 30
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


class _Loader(yaml.CSafeLoader):
    """Keeps timestamps as text, as the server's reader does, and notes keys that come twice."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.twice: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                self.twice.append(f'  line {key.start_mark.line + 1}: key "{name}" already set in map')
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
# YAML 1.1 to the letter, which the server follows and PyYAML does not: y and n are booleans.
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))
_Loader.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: str(node.value).lower() in ("y", "yes", "true", "on"))


class _Twice(dict[str, Any]):
    """An object whose text has a field more than once."""

    fields: tuple[str, ...] = ()


def content_type(request: Request) -> str:
    return request.headers.get("content-type", JSON).split(";")[0].strip() or JSON


def parse(call: Call) -> Any:
    """The body as plain data. Raises StatusError 400 or 415."""
    request = call.request
    if request.document is not None:
        return json.loads(json.dumps(request.document))
    kind = content_type(request)
    if kind == PROTOBUF:
        return protobuf.decode(request.body)
    if kind not in (JSON, YAML) and not kind.endswith(("+json", "+yaml")):
        raise unsupported_media_type(() if request.method == "PATCH" else (JSON, YAML, PROTOBUF))
    if kind.endswith("yaml"):
        return _parse_yaml(call)
    try:
        parsed = json.loads(request.body, object_pairs_hook=_object)
    except ValueError as error:
        raise bad_request(_unreadable(call, why="unexpected end of JSON input")) from error
    call.twice.extend(f'duplicate field "{one}"' for one in _given_twice(parsed, path=""))
    return parsed


def _parse_yaml(call: Call) -> Any:
    try:
        loader = _Loader(call.request.body)
        parsed = loader.get_single_data()
    except yaml.YAMLError as error:
        words = str(getattr(error, "problem", None) or error).replace("not allowed here", "not allowed in this context")
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: yaml: {words}") from error
    if loader.twice:
        call.twice.append("\n".join(["yaml: unmarshal errors:", *loader.twice]))
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    twice = _Twice(made)
    twice.fields = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    return twice


def _given_twice(value: Any, *, path: str) -> Iterator[str]:
    """Dotted paths of fields that came more than once."""
    if isinstance(value, _Twice):
        yield from (f"{path}{name}" for name in value.fields)
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _given_twice(one, path=f"{path}{name}.")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _given_twice(one, path=f"{path.rstrip('.')}[{index}].")


def _unreadable(call: Call, *, why: str) -> str:
    """What the server says of a body that is no object."""
    if content_type(call.request).endswith("patch+json"):
        return f"error decoding patch: {why}"
    if call.request.method == "DELETE":
        return f"couldn't get version/kind; json parse error: {why}"
    body = call.request.body
    return _unrecognized(call, why=f"couldn't get version/kind; json parse error: {why}", body=body)


def _unrecognized(call: Call, *, why: str, body: bytes) -> str:
    more = " ..." if len(body) > _SHOWN_BYTES else ""
    start = body[:_SHOWN_BYTES]
    shown = (start.decode(errors="replace") if start.startswith(b"{") else start.hex()) + more if body else "<empty>"
    return f"the object provided is unrecognized (must be of type {call.entry.resource.kind}): {why} ({shown})"


def read(call: Call, *, body: Any) -> Object:
    """An object of the kind of the path: unknown fields reported and dropped. Raises StatusError 400 or 422."""
    if call.entry.custom is not None and isinstance(body, dict) and not body.get("kind"):
        text = call.request.body or json.dumps(body).encode()
        missing = f"Object 'Kind' is missing in '{text.decode(errors='replace')}'"
        raise bad_request(_unrecognized(call, why=missing, body=text))
    obj, problem = checked(call, obj=identified(call, body=body))
    if problem:
        resource = call.entry.resource
        cannot = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
        raise bad_request(cannot + problem)
    return obj


def checked(call: Call, *, obj: Object) -> tuple[Object, str]:
    """An object without unknown fields, and why it cannot be taken; empty when it can. May add warnings."""
    schema = call.entry.schema
    if schema is None:
        return obj, ""
    if call.entry.custom is None and (problem := decode_problem(obj, schema)):
        return obj, problem
    # Who manages what is in a form of its own, which no schema describes.
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    managers = {name: value for name, value in obj["metadata"].items() if name == "managedFields"}
    obj = {**obj, "metadata": metadata}
    found = [] if call.validation == "Ignore" else [f'unknown field "{one}"' for one in unknown_fields(obj, schema)]
    if call.validation != "Ignore":
        found += call.twice
    if found and call.validation == "Strict":
        return obj, f"strict decoding error: {', '.join(found)}"
    call.warnings.extend(found)
    pruned = dict(prune(obj, schema))
    if call.entry.custom is None:
        pruned = without_nulls(pruned)
    return {**pruned, "metadata": {**pruned["metadata"], **managers}}, ""


def without_nulls(obj: Object) -> Object:
    """The maps of texts that every object may have, with what Go reads for null: the empty text."""
    metadata = {name: _texts(value) if name in ("annotations", "labels") else value for name, value in obj["metadata"].items()}
    return {
        name: _texts(value) if name in ("data", "stringData") else value
        for name, value in {**obj, "metadata": metadata}.items()
    }


def _texts(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: "" if one is None else one for name, one in value.items()}


def read_as(call: Call, *, version: str, kind: str) -> Object:
    """A body of another kind than the path's: Scale, Eviction, DeleteOptions. Raises StatusError 400."""
    body = parse(call)
    if not isinstance(body, dict):
        raise bad_request(f"the object provided is no {kind}")
    if body.get("kind", kind) != kind:
        found = f'no kind "{body["kind"]}" is registered for version "{body.get("apiVersion", "")}"'
        raise bad_request(f'{found} in scheme "{_SCHEME}"')
    obj = {"apiVersion": version, "kind": kind, **body}
    schema = schema_of(version, kind=kind)
    return obj if schema is None else dict(prune(obj, schema))


def identified(call: Call, *, body: Any) -> Object:
    """The body with the apiVersion and kind of the path. Raises StatusError 400 when it has others, 422 when it is of another
    custom kind."""
    if not isinstance(body, dict):
        word = "array" if isinstance(body, list) else "string" if isinstance(body, str) else "number"
        raise bad_request(_unreadable(call, why=f"json: cannot unmarshal {word} into Go value of type {_typed(call)}"))
    version, kind = call.entry.api_version, call.entry.resource.kind
    obj = dict(body)
    found = (obj.get("apiVersion") or version, obj.get("kind") or kind)
    if call.entry.custom is not None and found[0] == version and found[1] != kind:
        problem = Problem("kind", "FieldValueInvalid", f'Invalid value: "{found[1]}": must be {kind}', found[1])
        name = (obj.get("metadata") or {}).get("name", "")
        raise invalid(replace(call.entry.resource, kind=found[1]), name=name, problems=[problem])
    if found != (version, kind):
        raise bad_request(_of_another(call, version=found[0], kind=found[1]))
    obj["apiVersion"], obj["kind"] = version, kind
    if not isinstance(obj.get("metadata") or {}, dict):
        raise bad_request("json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta")
    obj["metadata"] = dict(obj.get("metadata") or {})
    return obj


def _typed(call: Call) -> str:
    if content_type(call.request).endswith("patch+json"):
        return "map[string]interface {}"
    return 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


def _of_another(call: Call, *, version: str, kind: str) -> str:
    resource = call.entry.resource
    if call.entry.custom is not None:
        return f"the API version in the data ({version}) does not match the expected API version ({call.entry.api_version})"
    plain = version.rpartition("/")[2]
    cannot = f'{kind} in version "{plain}" cannot be handled as a {resource.kind}: '
    if call.control.registry.of_kind(version, kind=kind) is None:
        return f'{cannot}no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"'
    internal = f"{resource.group.split('.')[0] or 'core'}.{resource.kind}"
    return f"{cannot}converting ({plain}.{kind}) to ({internal}): unknown conversion"
