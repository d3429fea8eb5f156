"""Signals where a command reads, asks, or waits for a lock. Those of a run are in tests/crash."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.lab import Lab

SLOW = {"action": "vpc.DescribeVpcs", "kind": "slow", "seconds": 1.5}
NETWORK = {"network": {"kind": "vpc", "cidr": "10.0.0.0/16"}}
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@contextmanager
def process(lab: Lab, *arguments: str, terminal: int | None = None) -> Iterator[subprocess.Popen[str]]:
    command, *rest = arguments
    line = [sys.executable, "-c", "from acsctl.cli import main; main()", command, "-f", str(lab.folder), "--cloud", lab.address]
    ends = subprocess.PIPE if terminal is None else terminal
    with subprocess.Popen([*line, *rest], stdin=terminal, stdout=subprocess.PIPE, stderr=ends, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def struck(lab: Lab) -> None:
    """Return once the slow call is under way."""
    while not lab.control("GET", "faults?all=1")[0]["struck"]:
        pass


@pytest.mark.parametrize(
    ("command", "number"),
    [
        (("plan",), signal.SIGINT),
        (("apply", "--yes"), signal.SIGTERM),
        *(
            pytest.param(command, number, marks=pytest.mark.long)
            for command in (("drift",), ("show",), ("destroy", "--yes"))
            for number in CODES
        ),
    ],
)
def test_while_it_reads(lab: Lab, command: tuple[str, ...], number: signal.Signals) -> None:
    lab.stack(NETWORK)
    lab.control("PUT", "faults", [SLOW])
    with process(lab, *command) as started:
        struck(lab)
        started.send_signal(number)
        out, err = started.communicate(timeout=60)
    assert started.returncode == CODES[number], out + err
    assert "Traceback" not in err
    assert "error" not in err.lower()
    assert lab.world("vpc") == []
    lab.control("DELETE", "faults")
    lab.apply()


@pytest.mark.long
def test_a_second_one_does_not_wait_for_what_is_under_way(lab: Lab) -> None:
    lab.stack(NETWORK)
    lab.control("PUT", "faults", [{**SLOW, "seconds": 60}])
    with process(lab, "plan") as started:
        struck(lab)
        started.send_signal(signal.SIGINT)
        started.send_signal(signal.SIGTERM)
        assert started.wait(30) in (130, 143)
    lab.control("DELETE", "faults")


def read_until(master: int, text: str) -> str:
    """What a terminal shows, up to that text."""
    seen = ""
    while text not in seen:
        seen += os.read(master, 4096).decode()
    return seen


def interrupted(lab: Lab, number: signal.Signals, *command: str) -> None:
    """A command that gets a signal for an answer to its question."""
    master, terminal = pty.openpty()
    try:
        with process(lab, *command, terminal=terminal) as started:
            read_until(master, "Only 'yes' is taken")
            started.send_signal(number)
            assert started.wait(30) == CODES[number]
            assert "Nothing was changed" in read_until(master, "changed.")
    finally:
        os.close(master)
        os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_while_it_asks(lab: Lab, number: signal.Signals) -> None:
    lab.stack(NETWORK)
    interrupted(lab, number, "apply")
    assert lab.world("vpc") == []
    assert lab.run("status").document["lock"] is None
    lab.apply()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_while_it_asks_whether_to_accept(lab: Lab, number: signal.Signals) -> None:
    lab.stack({"out": {"kind": "eip", "bandwidth": 5}})
    lab.apply()
    lab.behind("vpc", "ModifyEipAddressAttribute", AllocationId=lab.id("eip.out"), Bandwidth="7")
    before = (lab.folder / "stack.yaml").read_text()
    interrupted(lab, number, "drift", "--accept")
    assert (lab.folder / "stack.yaml").read_text() == before


@pytest.mark.long
def test_while_it_waits_for_the_lock(lab: Lab) -> None:
    lab.stack(NETWORK)
    lab.control("PUT", "faults", [{**SLOW, "seconds": 60}])
    with process(lab, "apply", "--yes") as holder:
        struck(lab)
        with process(lab, "apply", "--yes", "--lock-timeout", "600") as waiting:
            assert waiting.stderr
            assert any("locked" in line for line in waiting.stderr)
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(30) == 130
        holder.kill()
    lab.control("DELETE", "faults")
    lab.apply()
