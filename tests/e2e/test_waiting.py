"""The time that is spent waiting is told with its cause, and no step waits for ever."""

from __future__ import annotations

from typing import Any

from tests.support.lab import Lab
from tests.support.ran import Ran

SUBNETS: dict[str, Any] = {
    "net": {"kind": "vpc", "cidr": "10.0.0.0/16"},
    **{
        name: {"kind": "vswitch", "vpc": "net", "zone": "cn-hangzhou-h", "cidr": f"10.0.{number}.0/24"}
        for number, name in enumerate("ab", 1)
    },
}


def causes(done: Ran) -> dict[str, tuple[str, str]]:
    """What steps waited for: the cause, with what and the cloud's code."""
    return {line["cause"]: (line["what"], line["code"]) for line in done.of("wait_progress")}


def test_each_cause_is_told_with_what_it_is_about(lab: Lab) -> None:
    lab.expected = {"Throttling.User", "TaskConflict", "ServiceUnavailable"}
    lab.stack(SUBNETS)
    lab.control(
        "PUT",
        "faults",
        [
            {"action": "vpc.CreateVSwitch", "kind": "throttle", "retry_after": 20000},
            {"action": "vpc.CreateVSwitch", "kind": "error", "code": "TaskConflict", "status": 400, "skip": 1},
            {"action": "vpc.CreateVpc", "kind": "error"},
        ],
    )
    done = lab.run("apply", "--yes")
    assert done.code == 0, done.text
    assert causes(done) == {
        "unanswered": ("vpc.CreateVpc", "ServiceUnavailable"),
        "throttled": ("vpc.CreateVSwitch", "Throttling.User"),
        "busy": ("vpc.CreateVSwitch", "TaskConflict"),
        "queue": ("vpc", ""),
    }
    (throttled,) = done.of("throttled")
    assert throttled["action"] == "vpc.CreateVSwitch"
    assert 0.02 <= throttled["seconds"] == throttled["in_all"]
    (summary,) = done.of("run_summary")
    waited = summary["waited"]
    assert waited.keys() >= {"an answer of vpc.CreateVpc", "throttling vpc.CreateVSwitch", "TaskConflict vpc.CreateVSwitch"}
    assert 0.02 <= waited["throttling vpc.CreateVSwitch"] <= summary["waited_seconds"] <= summary["seconds"]


def test_an_undisturbed_run_waits_in_queues_only(lab: Lab) -> None:
    lab.stack(SUBNETS)
    done = lab.apply()
    assert causes(done).keys() == {"queue"}
    assert [line["hook"]["resource"]["addr"] for line in done.of("wait_progress")] in (["vswitch.a"], ["vswitch.b"])
    assert done.of("throttled") == []


def test_lists_that_lag_are_a_cause(lagging: Lab) -> None:
    lagging.stack({"net": SUBNETS["net"]})
    lagging.apply()
    lagging.settings(speed=10.0)
    lagging.stack({"net": {**SUBNETS["net"], "tags": {"team": "one"}}})
    (summary,) = lagging.apply().of("run_summary")
    assert summary["waited"].keys() == {"lists that lag"}
    assert summary["waited"]["lists that lag"] > 0.0


def test_a_throttle_without_end_ends_with_the_limit_of_the_step(lab: Lab) -> None:
    lab.expected = {"Throttling.User"}
    lab.stack({"way": {"kind": "eip", "timeout": "30s"}, "net": SUBNETS["net"]})
    lab.control("PUT", "faults", [{"action": "vpc.AllocateEipAddress", "kind": "throttle", "times": "always"}])
    done = lab.run("apply", "--yes")
    assert done.code == 6, done.text
    assert any("Throttling.User" in line["diagnostic"].get("code", "") for line in done.of("diagnostic"))
    assert len(lab.world("vpc")) == 1, "what does not depend on it goes on"
    lab.control("DELETE", "faults")
    lab.apply()
    assert len(lab.world("eip")) == 1


def test_a_cloud_that_is_away_while_something_waits_is_waited_for(lab: Lab) -> None:
    """Longer than any call is repeated: two minutes of the cloud's time."""
    lab.expected = {"ServiceUnavailable"}
    lab.stack(SUBNETS)
    assert lab.plan().code == 2
    looked = lab.calls()["actions"]["vpc.DescribeVSwitches"]
    away = {"action": "vpc.DescribeVSwitches", "kind": "error", "skip": looked, "times": 25}
    lab.control("PUT", "faults", [away])
    done = lab.run("apply", "--yes")
    assert done.code == 0, done.text
    assert lab.control("GET", "faults") == []
    assert "an answer of vpc.DescribeVSwitches" in done.of("run_summary")[0]["waited"]
    assert len(lab.world("vswitch")) == 2
