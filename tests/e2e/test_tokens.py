"""What a run that was cut off had sent is sent again with the same token, whatever was at the address before."""

from __future__ import annotations

import pytest

from acsctl.run.books import Books
from tests.support.lab import Lab

EIP = {"way": {"kind": "eip"}}


class Cut(BaseException):
    """The run ends here and now."""


def cut_off(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """An apply that is cut off when the cloud has just made something, before that is on record; it does not show yet."""
    lab.settings(speed=100.0)

    def made(self: Books, *rest: object) -> None:
        raise Cut

    with monkeypatch.context() as patch, pytest.raises(Cut):
        patch.setattr(Books, "made", made)
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
