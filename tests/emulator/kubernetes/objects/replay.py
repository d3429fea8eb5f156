"""The recorded cases, and what the code under test makes of each step."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from functools import cache
from typing import Any

from acsctl.emulator.kubernetes.objects import managed
from acsctl.emulator.kubernetes.objects.defaults import with_defaults, with_schema_defaults
from acsctl.emulator.kubernetes.objects.patch import json_patch, merge_patch, strategic_merge
from acsctl.emulator.kubernetes.objects.schema import Schema, from_openapi, schema_of
from acsctl.emulator.kubernetes.objects.validate import prune

from .recorder import CASES, VERBS, documents

ADMITTED = {"Node": ("spec.taints",), "Pod": ("spec.priority", "spec.preemptionPolicy")}
"""What admission adds to a new object, after its managers are told: it is nobody's."""
TIME = "2026-01-01T00:00:00Z"
NOW = datetime.fromisoformat(TIME).timestamp()


@cache
def recorded(name: str) -> dict[str, Any]:
    text = (CASES / name).read_text(encoding="utf-8").replace('"time": "T"', f'"time": "{TIME}"')
    return dict(json.loads(text))


@cache
def gadget() -> Schema:
    version = documents("gadgets.yaml")[0]["spec"]["versions"][0]
    return from_openapi(version["schema"]["openAPIV3Schema"])


def schema(obj: dict[str, Any]) -> Schema:
    return schema_of(obj["apiVersion"], kind=obj["kind"]) or gadget()


def completed(obj: dict[str, Any]) -> dict[str, Any]:
    return with_schema_defaults(obj, gadget()) if obj["kind"] == "Gadget" else with_defaults(obj)


def without(obj: dict[str, Any], *paths: str) -> dict[str, Any]:
    """A copy without some fields, `spec.clusterIP`; what is empty then goes too."""
    made = deepcopy(obj)
    for path in paths:
        place, (*way, last) = made, path.split(".")
        for name in way:
            place = place.get(name, {})
        place.pop(last, None)
    return made


def steps() -> Iterator[tuple[str, Any, Any, Any]]:
    """Name of the step, the step, the object before it and the server's answer."""
    for name, scenario in documents("ownership.yaml")[0].items():
        live: Any = None
        for index, (step, answer) in enumerate(zip(scenario, recorded("ownership.json")[name], strict=True)):
            yield f"{name}-{index}", step, live, answer
            live = live if "refused" in answer else answer


def made(step: dict[str, Any], *, live: Any, answer: Any) -> Any:
    """The object after a step. What the server alone writes (first status, addresses, labels of a Job) is taken from its
    answer: it is not what is looked at here."""
    verb = next(one for one in VERBS if one in step)
    place = schema(live or step[verb])
    if verb == "apply":
        how = managed.Applying(step["as"], step.get("force", False), NOW, place, step.get("subresource", ""))
        return managed.apply(live, step[verb], how=how)
    recording = managed.Recording(step["as"], NOW, place, subresource=step.get("subresource", ""))
    new = without(answer, "metadata.managedFields")
    if verb == "create":
        new = without(new, *ADMITTED.get(new["kind"], ()))
    if "managedFields" in json.dumps(step[verb]):
        new["metadata"]["managedFields"] = step[verb]["metadata"]["managedFields"]
    return managed.record(live, new, how=recording)


def patched(step: dict[str, Any], *, live: Any) -> Any:
    if "json" in step:
        obj = json_patch(live, step["json"])
        return completed(prune(obj, schema(obj)))
    if "merge" in step:
        return completed(merge_patch(live, step["merge"]))
    return completed(strategic_merge(live, step["strategic"], schema=schema(live)))


def managers(obj: dict[str, Any]) -> list[Any]:
    """Managed fields in an order that does not hang on seconds."""
    entries = obj["metadata"].get("managedFields", [])
    return sorted(entries, key=lambda one: (one["operation"], one["manager"], one["apiVersion"], one.get("subresource", "")))


def without_managers(obj: dict[str, Any]) -> dict[str, Any]:
    gone = ("managedFields", "generation")
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in gone}}
