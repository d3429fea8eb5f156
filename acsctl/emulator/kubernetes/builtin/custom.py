"""CustomResourceDefinitions: their defaults, what is refused of them, their conditions (apiextensions-apiserver)."""

import json
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.validate import Problem

DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
MOST_REPLICAS = 2**31 - 1
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def complete(obj: Object) -> None:
    """Fills in what a definition may leave out; the object is the caller's to change."""
    spec = obj.get("spec", {})
    names = spec.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})


def definition_problems(obj: Mapping[str, Any]) -> list[Problem]:
    """What the server refuses of a definition (apiextensions/validation)."""
    spec, name = obj.get("spec", {}), obj["metadata"]["name"]
    names, versions = spec.get("names", {}), spec.get("versions") or []
    problems: list[Problem] = []
    if name != f"{names.get('plural')}.{spec.get('group')}":
        why = 'must be spec.names.plural+"."+spec.group'
        problems.append(Problem("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {why}', name))
    problems += [_required(f"spec.{field}") for field in ("group", "scope") if not spec.get(field)]
    if spec.get("scope") not in (None, "", "Cluster", "Namespaced"):
        message = f'Unsupported value: "{spec["scope"]}": supported values: "Cluster", "Namespaced"'
        problems.append(Problem("spec.scope", "FieldValueNotSupported", message, spec["scope"]))
    if sum(bool(one.get("storage")) for one in versions) != 1:
        why = "must have exactly one version marked as storage version"
        problems.append(Problem("spec.versions", "FieldValueInvalid", f"Invalid value: {_shown(versions)}: {why}", versions))
    for index, version in enumerate(versions):
        # What all versions share is named apart from them.
        schema = "spec.validation" if len(versions) == 1 else f"spec.versions[{index}].schema"
        problems += _version_problems(version, schema=schema, field=f"spec.versions[{index}].schema.openAPIV3Schema")
    missing = ("plural", "singular", "kind", "listKind")
    problems += [_required(f"spec.names.{field}") for field in missing if not names.get(field)]
    if not any(one.get("storage") for one in versions):
        message = "Invalid value: null: must have at least one stored version"
        problems.append(Problem("status.storedVersions", "FieldValueInvalid", message))
    return problems


def scale_problems(obj: Mapping[str, Any], *, version: Mapping[str, Any]) -> list[Problem]:
    """Of what the scale subresource of a custom resource would read (customresource/validator.go)."""
    scale = (version.get("subresources") or {}).get("scale") or {}
    paths = [scale.get(name, "") for name in ("specReplicasPath", "statusReplicasPath")]
    return [Problem(path, "FieldValueInvalid", why) for path in paths if path and (why := _why_no_count(obj, path=path))]


def _why_no_count(obj: Mapping[str, Any], *, path: str) -> str:
    value: Any = obj
    for name in path.lstrip(".").split("."):
        if not isinstance(value, Mapping) or name not in value:
            return ""
        value = value[name]
    if isinstance(value, bool) or not isinstance(value, int):
        kind = {bool: "bool", float: "float64", str: "string", list: "[]interface {}", dict: "map[string]interface {}"}
        found = f"{path} accessor error: {value} is of the type {kind.get(type(value), '<nil>')}, expected int64"
        return f"Invalid value: 0: {found}"
    if value < 0:
        return f"Invalid value: {value}: should be a non-negative integer"
    return f"Invalid value: {value}: should be less than or equal to {MOST_REPLICAS}" if value > MOST_REPLICAS else ""


def established(obj: Object, *, now: float) -> Object:
    """A definition with the status that the controllers of the server give it."""
    spec = obj["spec"]
    moment = iso_seconds(now)
    stored = next(one["name"] for one in spec["versions"] if one.get("storage"))
    status = obj.get("status", {})
    versions = [
        *(status.get("storedVersions") or []),
        *([stored] if stored not in (status.get("storedVersions") or []) else []),
    ]
    conditions = [
        _condition("NamesAccepted", reason="NoConflicts", message="no conflicts found", moment=moment),
        _condition("Established", reason="InitialNamesAccepted", message="the initial names have been accepted", moment=moment),
    ]
    kept = status.get("conditions") or conditions
    return {**obj, "status": {"conditions": kept, "acceptedNames": spec["names"], "storedVersions": versions}}


def local_service_status(now: float) -> dict[str, Any]:
    """Of an APIService that this server answers for itself."""
    told = {"reason": "Local", "message": "Local APIServices are always available"}
    return {"conditions": [{"type": "Available", "status": "True", "lastTransitionTime": iso_seconds(now), **told}]}


def hold(call: Call, *, live: Object) -> Object:
    """A definition that is being deleted waits for its objects."""
    metadata = live["metadata"]
    if "deletionTimestamp" in metadata or CLEANUP in (metadata.get("finalizers") or ()):
        return live
    message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    condition = _condition(
        "Terminating", reason="InstanceDeletionPending", message=message, moment=iso_seconds(call.control.now())
    )
    status = live.get("status", {})
    conditions = [*(status.get("conditions") or []), condition]
    finalizers = [*(metadata.get("finalizers") or []), CLEANUP]
    return {**live, "metadata": {**metadata, "finalizers": finalizers}, "status": {**status, "conditions": conditions}}


def _version_problems(version: Mapping[str, Any], *, schema: str, field: str) -> list[Problem]:
    """schema: where the schema is named; field: where it is missed."""
    found = (version.get("schema") or {}).get("openAPIV3Schema")
    if found is None:
        return [_required(field)]
    root = f"{schema}.openAPIV3Schema.type"
    if not found.get("type"):
        return [Problem(root, "FieldValueRequired", "Required value: must not be empty at the root")]
    if found["type"] != "object":
        shown = f'Invalid value: "{found["type"]}": must be object at the root'
        return [Problem(root, "FieldValueInvalid", shown, found["type"])]
    return []


def _required(field: str) -> Problem:
    return Problem(field, "FieldValueRequired", "Required value")


def _shown(versions: list[Any]) -> str:
    """Versions as the server's own type is written."""
    if not versions:
        return "null"
    rest = dict.fromkeys(("DeprecationWarning", "Schema", "Subresources", "AdditionalPrinterColumns", "SelectableFields"))
    rows = [
        {
            "Name": one.get("name", ""),
            **{word.title(): bool(one.get(word)) for word in ("served", "storage", "deprecated")},
            **rest,
        }
        for one in versions
    ]
    return json.dumps(rows, separators=(",", ":"))


def _condition(kind: str, *, reason: str, message: str, moment: str) -> dict[str, Any]:
    return {"type": kind, "status": "True", "lastTransitionTime": moment, "reason": reason, "message": message}
