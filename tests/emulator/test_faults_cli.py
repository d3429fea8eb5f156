"""Faults from the command line, and from the environment of `--cloud local`."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as m
from alibabacloud_vpc20160428.client import Client

from acsctl import emulator
from tests.bad.command import run
from tests.emulator.conftest import REGION, LocalCloud

STORM = """
- {action: vpc.CreateVpc, kind: throttle}
- {action: "kube.*", kind: away}
"""
WRONG = """- action: vpc.CreateVpc
  kind: throtle
- {action: vpc.CreateVcp}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storm.yaml").write_text(STORM, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    stack = "stack: bad\nregion: cn-hangzhou\nresources:\n  network: {kind: vpc, cidr: 10.0.0.0/16}\n"
    (tmp_path / "stack.yaml").write_text(stack, encoding="utf-8")
    return tmp_path


def kinds(cloud: LocalCloud) -> list[str]:
    return [one["kind"] for one in cloud.control("GET", "faults")]


def test_set_strike_list_add_clear(cloud: LocalCloud, files: Path) -> None:
    at = ["--cloud", cloud.address]
    assert run("emulator", "faults", "storm.yaml", *at).code == 0
    assert kinds(cloud) == ["throttle", "away"]
    with pytest.raises(ClientException) as failure:
        cloud.vpc.create_vpc(m.CreateVpcRequest(region_id=REGION))
    assert failure.value.code == "Throttling.User"
    listed = run("emulator", "faults", *at)
    assert listed.code == 0
    (line,) = [line.split() for line in listed.out.splitlines() if "vpc.CreateVpc" in line]
    assert line == ["vpc.CreateVpc", "throttle", "before", "1", "1", "0"]
    assert run("emulator", "faults", "--fault", "vpc.* drop when=after", "--add", *at).code == 0
    assert kinds(cloud) == ["away", "drop"]
    assert run("emulator", "faults", "--fault", "* expired skip=3", *at).code == 0
    assert kinds(cloud) == ["expired"]
    assert run("emulator", "faults", "--clear", *at).code == 0
    assert kinds(cloud) == []
    assert "No faults" in run("emulator", "faults", *at).text


def test_from_stdin(cloud: LocalCloud, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(STORM))
    assert run("emulator", "faults", "-", "--cloud", cloud.address).code == 0
    assert kinds(cloud) == ["throttle", "away"]


@pytest.mark.parametrize(
    "line",
    [
        ["emulator", "faults", "wrong.yaml", "--cloud", "http://127.0.0.1:9"],
        ["emulator", "serve", "--port", "0", "--faults", "wrong.yaml"],
    ],
    ids=["faults", "serve"],
)
def test_mistakes_with_their_places(line: list[str], files: Path) -> None:
    ran = run(*line)
    assert ran.code == 3
    assert "wrong.yaml:2:3: no kind 'throtle' (did you mean throttle?)" in ran.text
    assert "wrong.yaml:3:4: no action of vpc 'CreateVcp' (did you mean CreateVpc?)" in ran.text


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["emulator", "faults", "absent.yaml"], "absent.yaml: No such file"),
        (["emulator", "faults", "--fault", "vpc.* drop whn=after"], "did you mean when?"),
        (["emulator", "faults", "storm.yaml", "--clear"], "--clear stands alone"),
        (["emulator", "serve", "--port", "0", "--fault", "vpc.CreateVpc"], None),
    ],
)
def test_wrong_usage(line: list[str], sentence: str | None, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sentence is None:
        monkeypatch.setattr(emulator, "run", _refuse)
        assert "port 0: it got as far as this" in run(*line).text
        return
    ran = run(*line)
    assert (ran.code, sentence in ran.text) == (3, True), ran.text


def _refuse(options: emulator.Options) -> Iterator[emulator.Server]:
    assert [one["action"] for one in options.faults] == ["vpc.CreateVpc"]
    raise OSError(1, "it got as far as this")


def test_a_local_cloud_that_nobody_serves(files: Path) -> None:
    ran = run("emulator", "faults", "--cloud", "http://127.0.0.1:9")
    assert "acsctl emulator serve" in ran.text
    assert ran.code != 0


def test_the_local_cloud_inside_a_command(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACSCTL_LOCAL_FAULTS", str(files / "denied.yaml"))
    (files / "denied.yaml").write_text("- {action: sts.*, kind: denied, times: always}\n", encoding="utf-8")
    assert run("plan", "--cloud", "local").code == 4
    monkeypatch.setenv("ACSCTL_LOCAL_FAULTS", "wrong.yaml")
    ran = run("plan", "--cloud", "local")
    assert (ran.code, "wrong.yaml:2:3: no kind" in ran.text) == (3, True), ran.text
    monkeypatch.delenv("ACSCTL_LOCAL_FAULTS")
    assert run("plan", "--cloud", "local").code == 0


def test_a_server_of_its_own_begins_with_faults(files: Path) -> None:
    line = [sys.executable, "-m", "acsctl.emulator", "--faults", "storm.yaml"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=files) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            client = Client(_config(address))
            with pytest.raises(ClientException) as failure:
                client.create_vpc(m.CreateVpcRequest(region_id=REGION))
            assert failure.value.code == "Throttling.User"
        finally:
            server.terminate()


def _config(address: str) -> Any:
    from alibabacloud_tea_openapi.models import Config

    endpoint = address.removeprefix("http://")
    return Config(access_key_id="local", access_key_secret="local", region_id=REGION, endpoint=endpoint, protocol="http")
