"""Answers without what differs from run to run, and what differs between two of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from tests.emulator.kubernetes.contract.case import Step

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
VERSION = re.compile(r'(?<=resourceVersion\\":\\")\d+')  # of an object that a message quotes
TOKEN = re.compile("kube-api-access-[a-z0-9]{5}")
AGE = re.compile(r"\d+(s|m|h|d)(\d+(s|m|h))?")
CONTROLLERS = re.compile("kube-(controller-manager|scheduler|apiserver)|kubelet|.*-controller")
REVISION = "deployment.kubernetes.io/revision"


def at(document: Any, path: str) -> Any:
    """The value at `items.0.metadata.name`; None when there is none."""
    for part in path.split("."):
        if isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        elif isinstance(document, dict):
            document = document.get(part)
        else:
            return None
    return document


def normal(answer: Any, *, step: Step, names: dict[str, str]) -> Any:
    answer = copy.deepcopy(answer)
    for path in step.drop:
        _drop(answer["body"], path.split("."))
    if step.any_order:
        del answer["body"]["message"]
        answer["body"]["details"]["causes"].sort(key=lambda cause: str(cause["field"]))
    if not step.only:
        return _clean(answer, key="", names=names, status=step.status)
    body = answer.pop("body")
    answer["body"] = {
        path: [_clean(one, key=path.rsplit(".", 1)[-1], names=names, status=True) for one in _all_at(body, path.split("."))]
        for path in step.only
    }
    return answer


def differences(expected: Any, found: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, expected, found. What is absent is `...`. Items of lists go by their names, if they have any."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from differences(expected.get(key, ...), found.get(key, ...), f"{path}/{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _list_differences(expected, found, path)
    elif expected != found or type(expected) is not type(found):
        yield path, expected, found


def told(places: dict[str, tuple[Any, Any]]) -> str:
    """Differences by place, for a person."""
    return "\n".join(f"{place}\n   real: {str(one)[:400]}\n  found: {str(two)[:400]}" for place, (one, two) in places.items())


def _list_differences(expected: list[Any], found: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    names = [[_name(one) for one in side] for side in (expected, found)]
    if any(None in side or len(set(side)) < len(side) for side in names):
        for index in range(max(len(expected), len(found))):
            pair = [side[index] if index < len(side) else ... for side in (expected, found)]
            yield from differences(*pair, f"{path}/{index}")
        return
    one, two = (dict(zip(side, values, strict=True)) for side, values in zip(names, (expected, found), strict=True))
    yield from differences(one, two, path)
    common = [[name for name in side if name in one and name in two] for side in names]
    if common[0] != common[1]:
        yield f"{path}/order", *common


def _name(item: Any) -> str | None:
    if isinstance(item, dict):
        item = item.get("name") or (item.get("metadata") or {}).get("name")
    return item if isinstance(item, str) else None


def _clean(value: Any, *, key: str, names: dict[str, str], status: bool) -> Any:
    if isinstance(value, dict):
        return _clean_object(value, names=names, status=status)
    if isinstance(value, list):
        cleaned = [_clean(one, key=key, names=names, status=status) for one in value]
        if key == "managedFields":
            return _by_manager(cleaned)
        # When a watch is told of its progress is up to the server, save at the end of the first events.
        return [
            one for one in cleaned if not isinstance(one, dict) or one.get("type") != "BOOKMARK" or "annotations" in str(one)
        ]
    if key in ("nodePort", "healthCheckNodePort") and isinstance(value, int) and value >= 30000:
        return "NODE PORT"
    return _clean_text(value, key=key, names=names) if isinstance(value, str) else value


def _by_manager(entries: list[Any]) -> list[Any]:
    """Their order hangs on whether two changes were in one second."""
    kept = [one for one in entries if one is not None]
    return sorted(kept, key=lambda one: [str(one.get(field)) for field in ("operation", "manager", "subresource")])


def _clean_object(value: dict[str, Any], *, names: dict[str, str], status: bool) -> Any:
    if "fieldsType" in value and CONTROLLERS.fullmatch(value.get("manager", "")):
        return None  # removed from its list
    if value.get("kind") == "Table":
        value = {**value, "rows": [_clean_row(row) for row in value["rows"] or []]}
    if "metadata" in value and not status and value.get("kind") != "Status":
        value = {name: one for name, one in value.items() if name != "status"}
    made = {UUID.sub("UID", key): _clean(one, key=key, names=names, status=status) for key, one in value.items()}
    if isinstance(made.get("annotations"), dict) and not status:
        made["annotations"].pop(REVISION, None)
        if not made["annotations"]:
            del made["annotations"]
    if isinstance(made.get("generateName"), str) and str(made.get("name", "")).startswith(made["generateName"]):
        made["name"] = made["generateName"] + "GENERATED"
    if made.get("managedFields") == []:
        del made["managedFields"]
    return made


def _clean_row(row: dict[str, Any]) -> dict[str, Any]:
    aged = [isinstance(cell, str) and AGE.fullmatch(cell) for cell in row["cells"]]
    return {**row, "cells": ["AGE" if old else cell for cell, old in zip(row["cells"], aged, strict=True)]}


def _clean_text(value: str, *, key: str, names: dict[str, str]) -> str:
    if key == "resourceVersion" and value not in ("", "0"):
        return "RV"
    if key == "continue" and value:
        return "CONTINUE"
    if re.fullmatch(r"172\.21\.\d+\.\d+", value):
        return "SERVICE IP"
    for name, one in names.items():
        if len(one) > 3 or name == "ns":
            value = value.replace(one, f"<{name}>")
    value = TOKEN.sub("kube-api-access-GENERATED", value)
    return VERSION.sub("RV", TIME.sub("TIME", UUID.sub("UID", value)))


def _drop(value: Any, parts: list[str]) -> None:
    head, rest = parts[0], parts[1:]
    if isinstance(value, list):
        for index in range(len(value)) if head == "*" else [int(head)]:
            if rest:
                _drop(value[index], rest)
            else:
                value[index] = "DROPPED"
    elif isinstance(value, dict):
        for key in list(value) if head == "*" else [head] if head in value else []:
            if rest:
                _drop(value[key], rest)
            else:
                del value[key]


def _all_at(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield value
    elif isinstance(value, list):
        for one in value if parts[0] == "*" else value[int(parts[0]) : int(parts[0]) + 1]:
            yield from _all_at(one, parts[1:])
    elif isinstance(value, dict):
        for key in value if parts[0] == "*" else [parts[0]] if parts[0] in value else []:
            yield from _all_at(value[key], parts[1:])
