"""The OpenAPI v3 documents, one per group and version: what `kubectl explain` and its field validation read.

Made from the schemas; descriptions are not kept.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin import discovery
from acsctl.emulator.kubernetes.builtin.call import Control
from acsctl.emulator.kubernetes.builtin.registry import Entry
from acsctl.emulator.kubernetes.builtin.request import Answer
from acsctl.emulator.kubernetes.objects.schema import Schema

_WRITING = ("dryRun", "fieldManager", "fieldValidation")
_QUERY: Mapping[str, tuple[str, ...]] = {
    "get": (),
    "list": (),
    "post": _WRITING,
    "put": _WRITING,
    "patch": (*_WRITING, "force"),
    "delete": ("dryRun",),
}
_BARE = (".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version")
"""Paths that have a document without kinds."""
_REFERENCE = "#/components/schemas/"


def answer(control: Control, *, path: str) -> Answer | None:
    """GET /openapi/v3 and below; None for what is not there."""
    if path == "/openapi/v3":
        return Answer(200, {"paths": dict(sorted(_index(control)))}, content_type="text/plain; charset=utf-8")
    where = path.removeprefix("/openapi/v3/")
    for group, of_group in discovery.versions(control).items():
        for version in of_group:
            if where == _folder(group, version=version):
                return Answer(200, _document(control, group=group, version=version))
    groups = [f"apis/{group}" for group in discovery.versions(control) if group]
    return Answer(200, _frame(control, paths={}, schemas={})) if where in (*_BARE, *groups) else None


def _folder(group: str, *, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _index(control: Control) -> Iterator[tuple[str, dict[str, str]]]:
    """The hash changes with what is served, so that clients keep a document for as long as it holds."""
    groups = discovery.versions(control)
    for bare in (*_BARE, *(f"apis/{group}" for group in groups if group)):
        yield bare, {"serverRelativeURL": f"/openapi/v3/{bare}"}
    for group, of_group in groups.items():
        for version in of_group:
            folder = _folder(group, version=version)
            custom = [repr(one.custom) for one in _entries(control, group=group, version=version)]
            digest = hashlib.sha256("".join([control.face.version, folder, *custom]).encode()).hexdigest().upper()
            yield folder, {"serverRelativeURL": f"/openapi/v3/{folder}?hash={digest}"}


def _entries(control: Control, *, group: str, version: str) -> list[Entry]:
    found = control.registry.entries()
    return [one for one in found if (one.resource.group, one.resource.version) == (group, version)]


def _document(control: Control, *, group: str, version: str) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for entry in _entries(control, group=group, version=version):
        if entry.schema is None:
            continue
        name = _kind_name(entry)
        schemas[name] = {**_body(entry.schema, schemas=schemas), "x-kubernetes-group-version-kind": [_gvk(entry)]}
        paths.update(_paths(entry, name=name))
    return _frame(control, paths=paths, schemas=schemas)


def _frame(control: Control, *, paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    info = {"title": "Kubernetes", "version": control.face.version}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _kind_name(entry: Entry) -> str:
    if entry.custom is None and entry.schema is not None and entry.schema.name:
        return full_name(entry.schema.name)
    backwards = ".".join(reversed(entry.resource.group.split(".")))
    return f"{backwards}.{entry.resource.version}.{entry.resource.kind}"


def full_name(name: str) -> str:
    """`meta.v1.ObjectMeta` as the server names it."""
    package = "io.k8s.apimachinery.pkg.apis." if name.startswith("meta.") else "io.k8s.api."
    return package + name


def _gvk(entry: Entry) -> dict[str, str]:
    return {"group": entry.resource.group, "version": entry.resource.version, "kind": entry.resource.kind}


def _paths(entry: Entry, *, name: str) -> Iterator[tuple[str, Any]]:
    resource = entry.resource
    base = "/" + _folder(resource.group, version=resource.version)
    if resource.namespaced:
        base += "/namespaces/{namespace}"
    yield f"{base}/{resource.plural}", _operations(entry, name=name, methods={"get": "list", "post": "post"})
    methods = {"get": "get", "put": "put", "patch": "patch", "delete": "delete"}
    yield f"{base}/{resource.plural}/{{name}}", _operations(entry, name=name, methods=methods)


def _operations(entry: Entry, *, name: str, methods: dict[str, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": _REFERENCE + name}}}
    return {
        method: {
            "operationId": f"{action}{entry.resource.kind}",
            "parameters": [{"name": one, "in": "query", "schema": {"type": "string"}} for one in _QUERY[action]],
            "responses": {"200": {"description": "OK", "content": content}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _gvk(entry),
        }
        for method, action in methods.items()
    }


def _refer(schema: Schema, *, schemas: dict[str, Any]) -> dict[str, Any]:
    """A place: a reference when its type has a name, which is then defined too."""
    if not schema.name:
        return _body(schema, schemas=schemas)
    name = full_name(schema.name)
    if name not in schemas:
        schemas[name] = {}  # named before its fields are: a type may hold itself
        schemas[name] = _body(schema, schemas=schemas)
    return {"allOf": [{"$ref": _REFERENCE + name}], **({"default": schema.default} if schema.has_default else {})}


def _body(schema: Schema, *, schemas: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = dict(schema.checks)
    if schema.int_or_string:
        return {**made, "oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"}
    made |= _marks(schema)
    if schema.fields:
        made["properties"] = {name: _refer(one, schemas=schemas) for name, one in schema.fields.items()}
    if schema.values is not None:
        made["additionalProperties"] = _refer(schema.values, schemas=schemas)
    if schema.item is not None:
        made["items"] = _refer(schema.item, schemas=schemas)
    return made


def _marks(schema: Schema) -> dict[str, Any]:
    found: Iterable[tuple[str, Any]] = (
        ("type", schema.type),
        ("format", schema.format),
        ("required", list(schema.required)),
        ("enum", list(schema.enum)),
        ("nullable", schema.nullable),
        ("x-kubernetes-preserve-unknown-fields", schema.preserve_unknown),
        ("x-kubernetes-embedded-resource", schema.embedded),
        ("x-kubernetes-list-map-keys", list(schema.list_keys)),
        ("x-kubernetes-list-type", schema.list_type if schema.type == "array" else ""),
        ("x-kubernetes-map-type", schema.map_type if schema.map_type == "atomic" else ""),
        ("x-kubernetes-patch-strategy", ",".join(schema.patch_strategy)),
        ("x-kubernetes-patch-merge-key", schema.patch_merge_key),
    )
    default = {"default": schema.default} if schema.has_default else {}
    return {**{name: value for name, value in found if value}, **default}
