"""Wrong usage: exit code 3, which is never 2, since 2 says that there are changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acsctl import emulator
from tests.bad.command import run

STACK = "stack: bad\nregion: cn-hangzhou\nresources:\n  network: {kind: vpc, cidr: 10.0.0.0/16}\n"


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[emulator.Server]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(STACK)
    with emulator.run(emulator.Options(speed=1000.0)) as server:
        yield server


def writes(cloud: emulator.Server) -> dict[str, int]:
    return {name: count for name, count in cloud.world.ledger.actions.items() if "Describe" not in name and "Get" not in name}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["plam"], "No such command 'plam'. Did you mean 'plan'?"),
        (["aply"], "Did you mean 'apply'?"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["plan", "--frob"], "No such option '--frob'"),
        (["plan", "--jsn"], "--json"),
        (["plan", "extra"], "unexpected extra argument (extra)"),
        (["plan", "--color", "blue"], "'blue' is not one of"),
        (["plan", "-f"], "requires an argument"),
        (["explain", "vcp"], "did you mean 'vpc'?"),
        (["import", "vpc.network"], "Missing argument"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
        (["emulator", "serve", "--port", "no"], "is not a valid integer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_words(line: list[str], sentence: str) -> None:
    ran = run(*line)
    assert ran.code == 3
    assert sentence in ran.text


FLEET = """
  zone: {kind: vswitch, vpc: network, zone: cn-hangzhou-h, cidr: 10.0.0.0/24}
  wall: {kind: security_group, vpc: network}
  node:
    kind: instance
    count: 3
    vswitch: zone
    security_groups: [wall]
    instance_types: [ecs.g7.large]
    image: aliyun_3_x64_20G_alibase
    system_disk: {category: cloud_essd, size: 40}
"""


@pytest.mark.parametrize(
    ("flag", "address", "near"),
    [
        ("--replace", "instance.node.9", "instance.node.3"),
        ("--replace", "vpc.network.1", "vpc.network"),
        ("--target", "vpc.network.7", ""),
    ],
)
def test_a_member_that_there_is_not(flag: str, address: str, near: str, cloud: emulator.Server) -> None:
    Path("stack.yaml").write_text(STACK + FLEET)
    ran = run("plan", "--cloud", cloud.address, flag, address)
    assert ran.code == 3, ran.text
    assert f"{flag}: the stack has no {address}" in ran.text
    assert near in ran.text


def test_a_plan_is_written_into_a_file_only(cloud: emulator.Server, tmp_path: Path) -> None:
    os.mkfifo("pipe")
    for name in ("pipe", ""):
        ran = run("plan", "--cloud", cloud.address, "--out", name)
        assert ran.code == 3, ran.text
        assert "is no file" in ran.text
    assert Path("pipe").is_fifo()
    Path("real.json").write_text("{}")
    Path("link.json").symlink_to("real.json")
    assert run("plan", "--cloud", cloud.address, "--out", "link.json").code == 0
    assert Path("link.json").is_symlink()
    assert "resource_changes" in Path("real.json").read_text()


def test_a_file_that_is_no_plan_of_ours(cloud: emulator.Server) -> None:
    assert run("plan", "--cloud", cloud.address, "--out", "p.json").code == 0
    whole = Path("p.json").read_text()
    Path("deep.json").write_text("[" * 100_000)
    Path("later.json").write_text(whole.replace('"format_version": "1', '"format_version": "9'))
    for name, sentence in (("deep.json", "is no plan of acsctl"), ("later.json", "has the format 9")):
        ran = run("apply", name, "--cloud", cloud.address)
        assert (ran.code, sentence in ran.text) == (3, True), ran.text


@pytest.mark.parametrize("command", [["status"], ["faults"]], ids=lambda command: command[0])
@pytest.mark.parametrize("place", ["local", "foo", "ftp://x"])
def test_a_place_that_is_no_address(command: list[str], place: str) -> None:
    ran = run("emulator", *command, "--cloud", place)
    assert ran.code == 3, ran.text
    assert "is not the address of a cloud" in ran.text


@pytest.mark.parametrize("command", [["apply", "--yes"], ["plan"]], ids=lambda command: command[0])
def test_a_replacement_of_nothing(command: list[str], cloud: emulator.Server) -> None:
    ran = run(*command, "--cloud", cloud.address, "--replace", "vpc.netwrok")
    assert ran.code == 3, ran.text
    assert "--replace: the stack has no vpc.netwrok" in ran.text
    assert "Did you mean 'vpc.network'?" in ran.text
    assert writes(cloud) == {}


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_nobody_is_there_to_approve(command: str, flags: list[str], cloud: emulator.Server, tmp_path: Path) -> None:
    if command == "destroy":
        assert run("apply", "--yes", "--cloud", cloud.address).code == 0
    before = writes(cloud)
    ran = run(command, "--cloud", cloud.address, *flags)
    assert ran.code == 10, ran.text
    assert "--yes" in ran.text
    assert writes(cloud) == before
    assert run(command, "--yes", "--cloud", cloud.address).code == 0


def test_a_place_that_takes_no_record(cloud: emulator.Server, tmp_path: Path) -> None:
    (tmp_path / ".acsctl").write_text("a file")
    ran = run("apply", "--yes", "--cloud", cloud.address)
    assert ran.code == 1
    assert "no record can be kept in" in ran.text
    assert "Make the folder writable" in ran.text
    assert writes(cloud) == {}
    assert run("plan", "--cloud", cloud.address).code == 0


def test_a_damaged_record(cloud: emulator.Server, tmp_path: Path) -> None:
    assert run("apply", "--yes", "--cloud", cloud.address).code == 0
    (journal,) = tmp_path.glob(".acsctl/*/*/*/journal.jsonl")
    journal.write_text('{"what": "made"}\n')
    for command in ("plan", "apply"):
        ran = run(command, *(["--yes"] if command == "apply" else []), "--cloud", cloud.address)
        assert ran.code == 1
        assert "journal.jsonlisdamaged" in ran.text.replace(" ", "")  # the path may be folded
        assert "no resource is lost" in ran.text
    journal.unlink()
    assert run("apply", "--yes", "--cloud", cloud.address).code == 0


def test_a_lost_lock_file_and_garbage_in_it(cloud: emulator.Server, tmp_path: Path) -> None:
    assert run("apply", "--yes", "--cloud", cloud.address).code == 0
    (lock,) = tmp_path.glob(".acsctl/*/*/*/lock")
    lock.write_bytes(b"\xff\x00garbage")
    for command in (["status"], ["unlock"], ["apply", "--yes"]):
        assert run(*command, "--cloud", cloud.address).code == 0
    lock.unlink()
    assert run("status", "--cloud", cloud.address).code == 0


def test_explain_shows_which_values_the_shipped_templates_take() -> None:
    ran = run("explain", "workload.values")
    assert ran.code == 0 and "web-service: a Deployment" in ran.text and "job: something that runs to its end" in ran.text
    assert "image (required)" in ran.text
    assert "image (required)" not in run("explain", "workload.manifests").text
    assert "image (required)" not in run("explain", "--json", "workload.values").text
