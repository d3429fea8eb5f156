"""What an apply does after its first look back: no more than was shown, and all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from acsctl.cloud.tally import CallEvent, CallStarted
from tests.cloud.typed import Recorder
from tests.e2e.network_cases import KEY
from tests.support.lab import Lab, laboratory

EXISTS = "KeyPair.AlreadyExist"
NETWORK = {"kind": "vpc", "cidr": "10.0.0.0/16"}
EIPS = {name: {"kind": "eip", "bandwidth": 5} for name in ("a", "b")}


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud whose lists show everything nearly as late as a run waits for them."""
    with laboratory(tmp_path, monkeypatch, list_lag=50.0, speed=50.0) as made:
        yield made


def eips(lab: Lab) -> dict[str, str]:
    return {name: lab.id(f"eip.{name}") for name in EIPS}


class Meddler(Recorder):
    """Somebody else who does something while a VPC is being made."""

    def __init__(self, does: Callable[[], Any]) -> None:
        super().__init__()
        self._does = does

    def __call__(self, event: CallEvent) -> None:
        if isinstance(event, CallStarted) and event.action == "CreateVpc":
            self._does()
        super().__call__(event)


def test_what_others_have_made_meanwhile_is_left_alone(late: Lab) -> None:
    """Without a record the refusal may be about something that an earlier run has made: what is there then is looked at."""
    lab = late
    lab.expected = {EXISTS}
    tags = {"Tag.1.Key": "acsctl:stack", "Tag.1.Value": "other", "Tag.2.Key": "acsctl:address", "Tag.2.Value": "key_pair.key"}
    lab.recorder = Meddler(lambda: lab.client.call("ecs", "CreateKeyPair", KeyPairName="deploy", **tags))
    lab.stack({"net": NETWORK, "key": {"kind": "key_pair", "name": "deploy", "public_key": KEY, "needs": ["net"]}})
    done = lab.run("apply", "--yes")
    assert done.code == 6, done.text
    assert "belongs to key_pair.key of stack other" in done.text
    assert [(row["id"], row["tags"]["acsctl:stack"]) for row in lab.world("key_pair")] == [("deploy", "other")]
    assert lab.id("vpc.net")


def test_a_namespace_that_others_have_made_meanwhile_is_not_ours_the_next_time(lab: Lab) -> None:
    """It bears no mark, and the record told that this run had begun to make it."""
    namespace = {"InstanceId": "cri-local", "NamespaceName": "shop", "AutoCreateRepo": "false", "DefaultRepoType": "PRIVATE"}
    lab.stack(EIPS)
    lab.apply()
    lab.recorder = Meddler(lambda: lab.client.call("cr", "CreateNamespace", **namespace))
    registry = {"kind": "registry", "enterprise_instance": "cri-local", "namespace": "shop", "needs": ["net"]}
    lab.stack({**EIPS, "net": NETWORK, "images": registry})
    assert lab.run("apply", "--yes").code == 6
    lab.recorder = Recorder()
    done = lab.run("apply", "--yes")
    assert done.code == 5, done.text
    assert "exists already and is not ours" in done.text


def test_what_was_to_be_replaced_is_replaced_though_the_answer_was_lost(late: Lab) -> None:
    lab = late
    lab.stack(EIPS)
    lab.apply()
    before = eips(lab)
    lab.expected = {"Fault.drop"}
    lab.control("PUT", "faults", [{"action": "vpc.AllocateEipAddress", "kind": "drop", "times": "always", "until": 150}])
    done = lab.run("apply", "--yes", "--replace", "eip.b")
    assert (done.code, done.of("run_summary")[-1]["clean"]) == (0, True), done.text
    after = eips(lab)
    assert (after["a"], after["b"] != before["b"]) == (before["a"], True)
    lab.still()


def test_what_was_replaced_is_not_replaced_again_by_the_same_command(lab: Lab) -> None:
    lab.stack(EIPS)
    lab.apply()
    before = eips(lab)
    replaced = ("--replace", "eip.a", "--replace", "eip.b")
    lab.expected = {"QuotaExceeded.Eip"}
    lab.control("PUT", "faults", [{"action": "vpc.AllocateEipAddress", "kind": "quota", "times": "always", "skip": 1}])
    assert lab.run("apply", "--yes", *replaced).code == 6
    lab.control("DELETE", "faults")
    half = eips(lab)
    assert sum(half[name] != before[name] for name in EIPS) == 1
    lab.settle()
    assert lab.run("apply", "--yes", *replaced).code == 0
    whole = eips(lab)
    assert all(whole[name] != before[name] for name in EIPS)
    assert sum(whole[name] == half[name] for name in EIPS) == 1
    assert lab.run("apply", "--yes", *replaced).code == 0
    assert not set(eips(lab).values()) & set(whole.values()), "after a clean end it is asked for anew"


def test_a_name_that_comes_back_is_ours_again(lab: Lab) -> None:
    lab.stack({"images": {"kind": "registry", "enterprise_instance": "cri-local", "namespace": "shop"}})
    lab.apply()
    lab.destroy()
    lab.apply()
    lab.still()
    assert lab.run("apply", "--yes", "--replace", "registry.images").code == 0
    lab.still()
    lab.destroy()
    assert lab.world("registry_namespace") == []


def test_what_was_sent_without_an_answer_is_not_sent_again_unseen(late: Lab) -> None:
    """The last tries of the door have their effect, and lists do not show it yet when it gives up."""
    lab = late
    lab.expected = {"Fault.drop"}
    fault: dict[str, Any] = {"action": "vpc.CreateVpc", "kind": "drop", "times": "always"}
    lab.control("PUT", "faults", [{**fault, "until": 100}, {**fault, "when": "after", "after": 100, "until": 130}])
    lab.stack({"net": NETWORK})
    lab.apply()
    actions = lab.calls()["actions"]
    assert "vpc.DeleteVpc" not in actions, actions
