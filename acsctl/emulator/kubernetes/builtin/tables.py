"""Tables: what `kubectl get` shows (Accept: application/json;as=Table;v=v1;g=meta.k8s.io)."""

import re
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin import cells_core, cells_pods, cells_workloads
from acsctl.emulator.kubernetes.builtin.call import Call
from acsctl.emulator.kubernetes.builtin.cells import AGE, NAME, Cell, Column, since
from acsctl.emulator.kubernetes.builtin.registry import Entry
from acsctl.emulator.kubernetes.builtin.storage import Object
from acsctl.emulator.kubernetes.builtin.strategy import TEMPLATE_GENERATION

_KNOWN: Mapping[tuple[str, str], tuple[Column, ...]] = {
    ("", "pods"): cells_pods.COLUMNS,
    **cells_workloads.COLUMNS,
    **cells_core.COLUMNS,
}
_STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[\"([^\"]+)\"\]|\[(\d+)\]|\[\?\(@\.(\w+)\s*==\s*[\"']([^\"']*)[\"']\)\]")


def table(call: Call, *, document: Object) -> dict[str, Any]:
    """A Table of an object or a list. With includeObject, rows carry the object, its metadata (as usual), or nothing."""
    include = call.request.query.get("includeObject", "") or "Metadata"
    shown = columns(call.entry)
    objects = document.get("items", [document])
    version, kind = call.entry.api_version, call.entry.resource.kind
    bookmark = "items" not in document and "uid" not in document["metadata"] and not document["metadata"].get("name")
    rows = (
        [] if bookmark else [_row({"apiVersion": version, "kind": kind, **one}, call=call, include=include) for one in objects]
    )
    kept = document["metadata"] if "items" in document else {"resourceVersion": document["metadata"].get("resourceVersion", "")}
    if bookmark:
        kept = document["metadata"]
    kept = {name: value for name, value in kept.items() if value != ""}
    definitions = [one.definition for one in shown]
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": kept, "columnDefinitions": definitions, "rows": rows}


def columns(entry: Entry) -> tuple[Column, ...]:
    if entry.custom is not None:
        return _custom_columns(entry.custom)
    return _KNOWN.get(entry.stored_as, (NAME, AGE))


def _row(obj: Object, *, call: Call, include: str) -> dict[str, Any]:
    cells = [one.cell(obj, call.control.now()) for one in columns(call.entry)]
    if include == "None":
        return {"cells": cells, "object": None}
    if include == "Object":
        return {"cells": cells, "object": obj}
    metadata = _shown_metadata(obj)
    return {"cells": cells, "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}}


def _shown_metadata(obj: Object) -> dict[str, Any]:
    """Without the annotation that only conversion to apps/v1 makes, which rows do not go through."""
    metadata: dict[str, Any] = obj["metadata"]
    annotations = {name: one for name, one in (metadata.get("annotations") or {}).items() if name != TEMPLATE_GENERATION}
    if obj["kind"] != "DaemonSet" or annotations == metadata.get("annotations"):
        return metadata
    rest = {name: one for name, one in metadata.items() if name != "annotations"}
    return {**rest, "annotations": annotations} if annotations else rest


def _custom_columns(version: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns that a CustomResourceDefinition asks for; the age when it asks for none."""
    wanted = version.get("additionalPrinterColumns")
    if not wanted:
        return (NAME, AGE)
    made = [
        Column(
            one["name"],
            _at_json_path(one["jsonPath"], kind=one["type"]),
            type=one["type"],
            wide=one.get("priority", 0) > 0,
            format=one.get("format", ""),
            description=one.get("description") or f"Custom resource definition column (in JSONPath format): {one['jsonPath']}",
        )
        for one in wanted
    ]
    return (NAME, *made)


def _at_json_path(path: str, *, kind: str) -> Cell:
    steps = _STEP.findall(path)

    def cell(obj: Object, now: float) -> Any:
        found: Any = obj
        for field, quoted, double, index, key, value in steps:
            name = field or quoted or double
            if name:
                found = found.get(name) if isinstance(found, Mapping) else None
            elif not isinstance(found, list):
                return None
            elif index:
                found = found[int(index)] if int(index) < len(found) else None
            else:
                found = next((one for one in found if isinstance(one, Mapping) and str(one.get(key)) == value), None)
        if kind == "date":
            return since(found, now=now) if found else None
        return found

    return cell
