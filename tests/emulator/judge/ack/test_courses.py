"""Claims about what goes on in time: states one after another, how long each change takes, what is left afterwards.

The courses of claims/courses.yaml follow one another in one city; one that comes to grief takes the later ones with it.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.judge.ack.city import City, check, cluster_body, document_of, found_at, pool_body

COURSES = yaml.safe_load((Path(__file__).parent / "claims" / "courses.yaml").read_text(encoding="utf-8"))
STEP = 5.0  # cloud seconds between two looks
Row = dict[str, Any]


@pytest.mark.parametrize("course", [pytest.param(one, id=one["course"]) for one in COURSES])
def test_what_goes_on(city: City, course: Row) -> None:
    for step in course["steps"]:
        if "of" in step:
            city.kubeconfig = city.take_kubeconfig(city.filled(step["of"]), TemporaryDurationMinutes=60)
        if "watch" in step:
            _watch(city, step=step)
        elif "settings" in step:
            city.cloud.settings(**step["settings"])
        else:
            _do(city, step=step)


def _do(city: City, *, step: Row) -> None:
    body = step.get("body")
    if "cluster" in step:
        body = {key: one for key, one in cluster_body(**step["cluster"]).items() if one is not None}
    elif "group" in step:
        body = {**pool_body("p", group=step["group"]), **step.get("pool", {})}
    answer = city.ask(step["do"], query=step.get("query"), body=body)
    check(answer.status, expected=step.get("status", 200), where=f"{step['do']}: {answer.text}")
    if step.get("empty"):
        assert answer.text == "", step["do"]
    document = document_of(answer) if answer.text else None
    for path, expected in step.get("fields", {}).items():
        check(found_at(document, path=path, city=city), expected=city.filled(expected), where=f"{step['do']}: {path}")
    for name, path in step.get("keep", {}).items():
        city.names[name] = str(found_at(document, path=path, city=city))


def _watch(city: City, *, step: Row) -> None:
    least, most = step["within"]
    every = float(step.get("every", STEP))
    seen: dict[str, list[Any]] = {call: [] for call in step["watch"]}
    passed = 0.0
    while not _look(city, wanted=step["watch"], seen=seen):
        assert passed <= most, (passed, seen)
        city.pass_time(every, step=every)
        passed += every
    for call, told in step["watch"].items():
        assert "seen" not in told or seen[call] == told["seen"], (call, seen[call])
    assert least <= passed, (passed, seen)


def _look(city: City, *, wanted: Row, seen: dict[str, list[Any]]) -> bool:
    """Whether all have come to their end."""
    for call, told in wanted.items():
        answer = city.ask(call)
        value = answer.json["code"] if answer.status >= 400 else found_at(answer.json, path=told["field"], city=city)
        if seen[call][-1:] != [value]:
            seen[call].append(value)
    return all(_is_last(seen[call][-1], told=told) for call, told in wanted.items())


def _is_last(value: Any, *, told: Row) -> bool:
    """seen, last: that value; holds: a list with it."""
    if "holds" in told:
        return told["holds"] in value
    return bool(value == (told["seen"][-1] if "seen" in told else told["last"]))


def test_the_answers_fit_the_published_trees(city: City) -> None:
    assert city.cloud.findings() == []
