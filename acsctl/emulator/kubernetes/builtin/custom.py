"""CustomResourceDefinitions: their defaults, what is refused of them, their conditions (apiextensions-apiserver)."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.objects.validate import Problem

DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
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
        problems += _version_problems(version, field=f"spec.versions[{index}]")
    missing = ("plural", "singular", "kind", "listKind")
    return problems + [_required(f"spec.names.{field}") for field in missing if not names.get(field)]


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


def _version_problems(version: Mapping[str, Any], *, field: str) -> list[Problem]:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        return [_required(f"{field}.schema.openAPIV3Schema", why="schemas are required")]
    if schema.get("type") != "object":
        shown = f'Invalid value: "{schema.get("type", "")}": must be object at the root'
        return [Problem(f"{field}.schema.openAPIV3Schema.type", "FieldValueInvalid", shown, schema.get("type"))]
    return []


def _required(field: str, *, why: str = "") -> Problem:
    return Problem(field, "FieldValueRequired", f"Required value{': ' + why if why else ''}")


def _shown(versions: list[Any]) -> str:
    return "[" + ", ".join(str(one.get("name", "")) for one in versions) + "]" if versions else "null"


def _condition(kind: str, *, reason: str, message: str, moment: str) -> dict[str, Any]:
    return {"type": kind, "status": "True", "lastTransitionTime": moment, "reason": reason, "message": message}
