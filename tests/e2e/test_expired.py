"""Credentials that end in the middle: renewed once where that can be, else a stop in order, and the next run goes on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import acsctl.cloud
from acsctl.cloud.credentials import Credentials, Keys
from tests.support.lab import Lab

STACK = (Path(__file__).parents[2] / "stacks" / "private-network" / "stack.yaml").read_text()
ONCE = {"vpc": 1, "vswitch": 3, "security_group": 1, "eip": 1, "nat_gateway": 1, "instance": 5}
EXPIRED = "InvalidSecurityToken.Expired"


def expire(lab: Lab, after: int, **fields: Any) -> None:
    """From so many calls on the cloud knows these keys no more."""
    lab.expected = {EXPIRED, "InvalidAccessKeyId.NotFound"}
    lab.control("PUT", "faults", [{"action": "*", "kind": "expired", "skip": after, **fields}])


def sent(lab: Lab) -> int:
    return int(lab.calls()["total"])


def unique(lab: Lab) -> None:
    """Nothing was made twice."""
    found = Counter(row["type"] for row in lab.world() if row["tags"])
    assert {kind: found[kind] for kind in ONCE} == ONCE


def reads(lab: Lab) -> int:
    """The calls of a plan."""
    lab.control("DELETE", "calls")
    assert lab.plan().code == 2
    return sent(lab)


@pytest.mark.parametrize(
    ("writes", "code"),
    [
        (4, EXPIRED),
        (9, "InvalidAccessKeyId.NotFound"),
        *(pytest.param(number, EXPIRED, marks=pytest.mark.long) for number in (*range(4), *range(5, 30))),
    ],
)
def test_the_run_stops_in_order_and_the_next_one_goes_on(lab: Lab, writes: int, code: str) -> None:
    lab.write(STACK)
    expire(lab, reads(lab) + writes, code=code)
    done = lab.run("apply", "--yes")
    assert done.code == 6, done.text
    (error,) = [text for text in done.errors if "expired" in text]
    assert code in error
    assert "log in again, then run the same command again" in error
    (ended,) = done.of("run_summary")
    assert ended["interrupted"] is True
    # With the last calls nothing is left to stop: they only look at what was made.
    told = [line["why"] for line in done.of("stopping")]
    assert told == ["the credentials have expired"] or (told == [] and writes > 20 and not ended["not_started"])
    assert lab.calls()["errors"][code] <= 10, "no worker asks again with keys that expired"
    lab.control("DELETE", "faults")
    (last, *_) = lab.run("status").document["runs"]
    assert (last["result"], last["clean"]) == ("credentials expired", False)
    lab.apply()
    unique(lab)


def test_before_the_first_look_is_over_nothing_was_changed(lab: Lab) -> None:
    lab.write(STACK)
    expire(lab, 4)
    for command in (("plan",), ("apply", "--yes")):
        done = lab.run(*command)
        assert done.code == 4, done.text
        assert "Log in again" in done.text
        lab.control("PUT", "faults", [{"action": "*", "kind": "expired", "skip": 4}])
    assert lab.world() == [] or all("acsctl:stack" not in str(row) for row in lab.world())


def test_a_destroy_goes_on_too(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    lab.control("DELETE", "calls")
    assert lab.plan("--destroy").code == 2
    expire(lab, sent(lab) + 5)
    done = lab.run("destroy", "--yes")
    assert done.code == 6, done.text
    lab.control("DELETE", "faults")
    lab.destroy()
    assert lab.world() == []


class Source:
    """A role's keys: the second ones are there once the source is asked anew."""

    def __init__(self, *ids: str) -> None:
        self.keys = [Keys(id, id) for id in ids]
        self.asked = 0

    def reopen(self) -> None:
        self.asked += 1
        self.keys = self.keys[1:] or self.keys

    @property
    def credentials(self) -> Credentials:
        return Credentials("a role", provide=lambda: self.keys[0], reopen=self.reopen)


@pytest.fixture
def source(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Source:
    """Commands take their keys from a source that can renew them."""
    lab.settings(keys=[{"id": "fresh", "secret": "fresh"}])
    source, connect = Source("local", "fresh"), acsctl.cloud.connect
    monkeypatch.setattr(acsctl.cloud, "connect", lambda *a, **k: connect(*a, **{**k, "credentials": source.credentials}))
    return source


@pytest.mark.parametrize("writes", [7, *(pytest.param(number, marks=pytest.mark.long) for number in range(0, 30, 3))])
def test_keys_that_can_be_renewed_are_renewed_once_and_the_run_goes_on(lab: Lab, source: Source, writes: int) -> None:
    lab.write(STACK)
    expire(lab, reads(lab) + writes, key="local")
    done = lab.run("apply", "--yes")
    assert (done.code, done.errors, source.asked) == (0, [], 1), done.text
    assert lab.plan().code == 0
    unique(lab)


@pytest.mark.parametrize("call", ["GetBucketVersioning", "PutObject"])
def test_a_record_in_a_bucket_renews_them_too(lab: Lab, source: Source, call: str) -> None:
    lab.stack({"out": {"kind": "eip"}}, record="oss://acsctl-local/team")
    lab.expected = {"SecurityTokenExpired"}
    lab.control("PUT", "faults", [{"action": f"oss.{call}", "kind": "expired", "key": "local"}])
    done = lab.run("apply", "--yes")
    assert (done.code, done.errors, source.asked) == (0, [], 1), done.text
    lab.still()
