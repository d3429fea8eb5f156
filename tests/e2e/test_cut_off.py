"""Runs that are cut off: what was sent is sent again with the same token, and what was let go of stays."""

from __future__ import annotations

import pytest

from acsctl.run.books import Books
from tests.support.lab import Lab

EIP = {"way": {"kind": "eip"}}


class Cut(BaseException):
    """The run ends here and now."""


def cut_off(lab: Lab, monkeypatch: pytest.MonkeyPatch, at: str = "made") -> None:
    """An apply that is cut off when the cloud has just made something (or `done` it), before that is on record and shows."""
    lab.settings(speed=100.0)

    def cut(self: Books, *rest: object) -> None:
        raise Cut

    with monkeypatch.context() as patch, pytest.raises(Cut):
        patch.setattr(Books, at, cut)
        lab.run("apply", "--yes")


def tokens(lab: Lab, action: str) -> list[str]:
    """The tokens of all calls of an action, in their order."""
    return [row["parameters"]["ClientToken"] for row in lab.control("GET", "log") if row["action"] == action]


def test_after_a_deletion_behind_our_back(lagging: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lagging.stack(EIP)
    lagging.apply()
    lagging.behind("vpc", "ReleaseEipAddress", AllocationId=lagging.id("eip.way"))
    cut_off(lagging, monkeypatch)
    lagging.apply()
    first, second, third = tokens(lagging, "vpc.AllocateEipAddress")
    assert first != second == third
    assert len(lagging.world("eip")) == 1


def test_after_a_destruction_of_our_own(lagging: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lagging.stack(EIP)
    lagging.apply()
    lagging.stack({})
    lagging.apply()
    lagging.stack(EIP)
    cut_off(lagging, monkeypatch)
    lagging.apply()
    first, second, third = tokens(lagging, "vpc.AllocateEipAddress")
    assert first != second == third
    assert len(lagging.world("eip")) == 1


def test_between_the_two_halves_of_a_replacement(lagging: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one is gone, so that the next plan only creates, without saying what it replaces: refused, not made twice."""
    lagging.expected = {"IdempotentParameterMismatch"}
    net = {"kind": "vpc", "cidr": "10.0.0.0/16"}
    lagging.stack({"net": net})
    lagging.apply()
    lagging.stack({"net": {**net, "cidr": "10.1.0.0/16"}})
    cut_off(lagging, monkeypatch)
    lagging.apply()
    first, second, third = tokens(lagging, "vpc.CreateVpc")
    assert first != second == third
    assert len(lagging.world("vpc")) == 1


def test_what_was_being_let_go_of_is_not_taken_for_ours(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tags are off, and the record, which vouches for what has lost its tags, does not say so yet."""
    lab.stack({"way": {"kind": "eip", "retain": True}})
    lab.apply()
    lab.stack({})
    cut_off(lab, monkeypatch, at="done")
    lab.apply()
    assert len(lab.world("eip")) == 1
