"""The stream for programs, whole."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from acsctl.errors import ApprovalError, UsageError
from acsctl.model.event import StepProgress, StepStarted
from acsctl.model.unknown import Secret
from acsctl.view.contract import Wish
from acsctl.view.jsonlines import JsonLines
from tests.view import drifts, samples
from tests.view.compare import same

NOON = datetime(2026, 8, 20, 12, tzinfo=UTC)


def stream(draw: Callable[[JsonLines], None], *, exit_code: int = 0, reveal: bool = False) -> str:
    out = io.StringIO()
    view = JsonLines(out, wish=Wish(schemas=samples.SCHEMAS, reveal=reveal), now=lambda: NOON)
    draw(view)
    view.close(exit_code)
    return out.getvalue()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def failed_apply(view: JsonLines) -> None:
    view.plan(samples.PLAN, samples.STATS)
    for event in samples.FAILED:
        view.event(event)


def complete_apply(view: JsonLines) -> None:
    for event in samples.COMPLETE:
        view.event(event)


def stopped_apply(view: JsonLines) -> None:
    for event in samples.STOPPED:
        view.event(event)


def stale(view: JsonLines) -> None:
    view.kept_in("plan.json", "59a605068baa")
    view.stale(samples.STALE)


STREAMS: dict[str, tuple[Callable[[JsonLines], None], int]] = {
    "apply-failed": (failed_apply, 6),
    "apply": (complete_apply, 0),
    "stopped": (stopped_apply, 130),
    "plan-details": (lambda view: view.plan(samples.DETAILS, samples.STATS), 0),
    "drift": (lambda view: view.drift(drifts.DRIFT, samples.STATS), 2),
    "drift-none": (lambda view: view.drift(drifts.NONE, samples.STATS), 0),
    "no-changes": (lambda view: view.plan(samples.EMPTY, samples.STATS), 0),
    "plan-part": (lambda view: view.plan(samples.PART, samples.STATS), 0),
    "stale": (stale, 7),
    "problems": (lambda view: view.error(samples.PROBLEMS), 3),
    "error": (lambda view: view.error(UsageError("no such flag", remedy="acsctl --help")), 3),
}


@pytest.mark.parametrize("name", STREAMS)
def test_stream(name: str) -> None:
    draw, exit_code = STREAMS[name]
    same(stream(draw, exit_code=exit_code), f"{name}.jsonl")


@pytest.mark.parametrize("name", STREAMS)
def test_every_line_has_the_envelope_and_no_secret(name: str) -> None:
    text = stream(STREAMS[name][0])
    assert "hunter2" not in text
    for line in lines(text):
        assert line.keys() >= {"@level", "@message", "@module", "@timestamp", "type"}
        assert line["@module"] == "acsctl.ui"
    assert [lines(text)[0]["type"], lines(text)[-1]["type"]] == ["version", "run_summary"]


def test_one_summary_for_each_plan_and_nothing_planned_when_nothing_changes() -> None:
    types = [line["type"] for line in lines(stream(STREAMS["no-changes"][0]))]
    assert types == ["version", "change_summary", "run_summary"]


def test_what_the_catalogue_chose_is_in_after() -> None:
    from dataclasses import replace

    plan = replace(samples.EMPTY, changes=(replace(samples.CREATES[2], prepared={"image": "aliyun_3_x64_20G_alibase_1.vhd"}),))
    (change,) = [
        line for line in lines(stream(lambda view: view.plan(plan, samples.STATS))) if line["type"] == "planned_change"
    ]
    assert change["after"]["image"] == "aliyun_3_x64_20G_alibase_1.vhd"


def test_a_heartbeat_every_ten_seconds_and_news_at_once() -> None:
    def draw(view: JsonLines) -> None:
        view.event(StepStarted(0.0, step=samples.NODES))
        for at in range(1, 26):
            view.event(StepProgress(float(at), step=samples.NODES, message="1 of 3" if at < 13 else "2 of 3"))

    told = [(line["at"], line["message"]) for line in lines(stream(draw)) if line["type"] == "apply_progress"]
    assert told == [(1.0, "1 of 3"), (11.0, "1 of 3"), (13.0, "2 of 3"), (23.0, "2 of 3")]


def test_outputs_are_one_mapping_for_another_stack() -> None:
    assert lines(stream(lambda view: view.outputs({"url": "http://x", "token": Secret("t")}))) == [
        {"url": "http://x", "token": "(secret)"}
    ]
    assert lines(stream(lambda view: view.outputs({"token": Secret("t")}), reveal=True)) == [{"token": "t"}]


def test_documents() -> None:
    (shown,) = lines(stream(lambda view: view.show(samples.STACK, samples.OBSERVATION)))
    assert shown["resources"][0]["id"] == "vpc-bp1fakefakefakefak6"
    assert shown["resources"][2]["spec"] == {"password": "(secret)"}
    (graph,) = lines(stream(lambda view: view.graph(["a", "b"], [("a", "b")])))
    assert graph == {"nodes": ["a", "b"], "edges": [["a", "b"]]}
    (kind,) = lines(stream(lambda view: view.explain(samples.SCHEMAS["security_group"])))
    assert kind["fields"]["ingress"]["fields"]["port"]["required"] is False
    (field,) = lines(stream(lambda view: view.explain(samples.SCHEMAS["security_group"], "ingress.protocol")))
    assert field["required"] is True
    (status,) = lines(stream(lambda view: view.status(None, [{"command": "apply"}])))
    assert status == {"lock": None, "runs": [{"command": "apply"}]}


def test_a_program_is_not_asked() -> None:
    with pytest.raises(ApprovalError):
        stream(lambda view: view.ask("Apply? ") and None)
