"""Refusals, word by word against the recorded answers of a real server."""

import json
from typing import Any

import pytest

from acsctl.emulator.kubernetes.objects.app_rules import schedule_problems
from acsctl.emulator.kubernetes.objects.patch import merge_patch
from acsctl.emulator.kubernetes.objects.rules import create_problems, update_problems
from acsctl.emulator.kubernetes.objects.validate import Problem, check, decode_problem, prune, unknown_fields

from .recorder import documents
from .replay import completed, gadget, recorded, schema

CASES: dict[str, Any] = documents("refusals.yaml")[0]
INTERNAL = {"change-job", "change-pod", "change-pv", "change-pvc"}
"""Where the server prints its internal types: only the beginning of the message is ours."""
UNORDERED = {"bad-label", "pod-resources", *(name for name in CASES if name.startswith("gadget"))}
JOB_LABELS = {
    "batch.kubernetes.io/controller-uid": "U",
    "batch.kubernetes.io/job-name": "a",
    "controller-uid": "U",
    "job-name": "a",
}


def by_server(obj: dict[str, Any]) -> dict[str, Any]:
    """With what the server writes into a new object and rules look at."""
    if obj["kind"] == "Job":
        spec = obj["spec"]
        wanted = {**spec.get("selector", {}).get("matchLabels", {}), "batch.kubernetes.io/controller-uid": "U"}
        spec |= {"selector": {"matchLabels": wanted}}
        name = obj["metadata"]["name"]
        spec["template"]["metadata"] = {"labels": JOB_LABELS | {"batch.kubernetes.io/job-name": name, "job-name": name}}
        obj["metadata"]["uid"] = "U"
    if obj["kind"] == "Event":
        obj["metadata"].setdefault("namespace", "default")
    if obj["kind"] == "Service" and obj["spec"]["type"] == "ClusterIP":
        obj["spec"] |= {"clusterIP": "172.21.0.9", "clusterIPs": ["172.21.0.9"]}
    return obj


def problems(case: dict[str, Any]) -> list[Problem]:
    if "new" not in case:
        old = by_server(completed(case["old"]))
        return update_problems(old, completed(merge_patch(old, case["patch"])))
    obj = case["new"]
    if obj["kind"] == "Gadget":
        pruned = completed(prune(obj, gadget()))
        return [*create_problems(pruned), *check(pruned, gadget())]
    return create_problems(by_server(completed(obj)))


def told(causes: list[Any], *, steady_uid: bool) -> list[tuple[str, str, str]]:
    rows = [(one["reason"], one["field"], one["message"]) for one in causes]
    return [(*row[:2], without_uid(row[2])) for row in rows] if steady_uid else rows


def without_uid(message: str) -> str:
    """A message that tells uids, with the same one for all."""
    head, brace, rest = message.partition("{")
    if not brace or "controller-uid" not in rest:
        return message
    value, end = json.JSONDecoder().raw_decode(brace + rest)
    marks = value.get("matchLabels", value)
    marks |= {key: "U" for key in marks if key.endswith("controller-uid")}
    return head + json.dumps(value) + (brace + rest)[end:]


@pytest.mark.parametrize("name", [name for name in CASES if recorded("refusals.json")[name]["code"] == 422])
def test_refusals_are_those_of_the_server(name: str) -> None:
    answer = recorded("refusals.json")[name]
    found = [{"reason": one.reason, "field": one.field, "message": one.message} for one in problems(CASES[name])]
    ours, real = (told(one, steady_uid=True) for one in (found, answer["causes"]))
    if name in INTERNAL:
        ours, real = ([row[:2] for row in rows] for rows in (dict.fromkeys(ours), dict.fromkeys(real)))
    if name in UNORDERED:
        ours, real = sorted(ours), sorted(real)
    assert ours == real


@pytest.mark.parametrize("name", [name for name in CASES if recorded("refusals.json")[name]["code"] == 400])
def test_what_cannot_be_read_is_told_as_the_server_does(name: str) -> None:
    obj = CASES[name]["new"]
    message = recorded("refusals.json")[name]["message"].split(f"cannot be handled as a {obj['kind']}: ")[1]
    unknown = ", ".join(f'unknown field "{one}"' for one in unknown_fields(obj, schema(obj)))
    problem = "" if obj["kind"] == "Gadget" else decode_problem(obj, schema(obj))
    assert message in (problem, f"strict decoding error: {unknown}") or sorted(message) == sorted(
        f"strict decoding error: {unknown}"
    )


@pytest.mark.parametrize("name", [one["metadata"]["name"] for one in documents("objects.yaml")])
def test_what_the_server_takes_is_taken(name: str) -> None:
    obj = next(one for one in documents("objects.yaml") if one["metadata"]["name"] == name)
    place = schema(obj)
    assert obj["kind"] == "Gadget" or not decode_problem(obj, place)
    assert unknown_fields(obj, place) == []
    assert create_problems(by_server(completed(obj))) == []
    answer = recorded("objects.json")[name]
    assert update_problems(answer, answer) == []


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("*/5 0-6,12 1 jan sun", ""),
        ("@hourly", ""),
        ("@every 1h30m", ""),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("@often", "unrecognized descriptor: @often"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("* * * 12,13 *", "end of range (13) above maximum (12): 13"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("TZ=UTC 0 0 * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ],
)
def test_schedules(schedule: str, why: str) -> None:
    assert schedule_problems(schedule) == ([why] if why else [])


def test_a_problem_reads_as_the_server_joins_it() -> None:
    (problem,) = create_problems({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"a": "b c"}}})
    assert str(problem).startswith('metadata.labels: Invalid value: "b c": a valid label must be')
