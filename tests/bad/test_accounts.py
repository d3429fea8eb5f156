"""Credentials that are missing, wrong, or of somebody else: exit code 4, and nothing that was changed.

The command runs as it does for the real cloud, without --cloud: a proxy leads the real names to the local one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from acsctl import emulator
from acsctl.emulator.accounts import AccessKey
from tests.bad.command import run

STACK = "stack: bad\nregion: cn-hangzhou\nresources:\n  network: {kind: vpc, cidr: 10.0.0.0/16}\n"
KEY, SECRET = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"


@dataclass(frozen=True)
class Real:
    """What looks like the real cloud."""

    server: emulator.Server
    environ: Mapping[str, str]
    folder: Path

    def run(self, *line: str, **environ: str) -> tuple[int, str]:
        command = [sys.executable, "-c", "from acsctl.cli import main; main()", *line]
        env = {**self.environ, **environ}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    folder = tmp_path_factory.mktemp("real")
    (folder / "stack.yaml").write_text(STACK)
    with emulator.run(emulator.Options(ca_file=folder / "ca.pem")) as server:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALIBABA_CLOUD")}
        ways = {"HTTPS_PROXY": server.address, "SSL_CERT_FILE": str(folder / "ca.pem"), "HOME": str(folder)}
        yield Real(server, {**kept, **ways}, folder)


def test_the_right_key(real: Real) -> None:
    code, text = real.run("plan", **{KEY: "local", SECRET: "local"})
    assert code == 0, text
    assert "1 to create" in text
    assert "local cloud" not in text


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({KEY: "nobody", SECRET: "x"}, "Check the access key id"),
        ({KEY: "local", SECRET: "wrong"}, "Check the access key secret"),
        ({KEY: "local", SECRET: "local", "ALIBABA_CLOUD_SECURITY_TOKEN": "old"}, "get new ones"),
        ({KEY: "local"}, f"{SECRET} is not set, but its other half is"),
        ({SECRET: "local"}, f"{KEY} is not set, but its other half is"),
        ({"ALIBABA_CLOUD_PROFILE": "nowhere"}, "no usable profile 'nowhere'"),
        ({}, "no credentials for Alibaba Cloud were found"),
    ],
    ids=["unknown key", "wrong secret", "wrong token", "half a key", "the other half", "no such profile", "nothing"],
)
def test_wrong_credentials(environ: dict[str, str], sentence: str, real: Real) -> None:
    for command in (["plan"], ["apply", "--yes"]):
        code, text = real.run(*command, **environ)
        assert code == 4, text
        assert sentence in text
        assert "wrong" not in text.replace("wrong secret", "")
    assert [row for row in real.server.world.listing() if row["type"] == "vpc"] == []


def test_a_region_that_there_is_not(real: Real) -> None:
    (real.folder / "elsewhere.yaml").write_text(STACK.replace("cn-hangzhou", "cn-nowhere"))
    code, text = real.run("plan", "-f", "elsewhere.yaml", **{KEY: "local", SECRET: "local"})
    assert code == 1
    assert "Check `region` in the stack file." in text


def test_a_stack_of_another_account(real: Real) -> None:
    (real.folder / "others.yaml").write_text("account: '4711'\n" + STACK)
    real.server.world.ledger.forget_calls()
    code, text = real.run("apply", "--yes", "-f", "others.yaml", **{KEY: "local", SECRET: "local"})
    assert code == 4
    assert "for account 4711, and the credentials belong to 1000200030004000" in text
    assert dict(real.server.world.ledger.actions) == {"sts.GetCallerIdentity": 1}


def test_a_key_that_is_switched_off(real: Real) -> None:
    real.server.world.change_settings({"keys": [AccessKey("off", "s", active=False).__dict__]})
    code, text = real.run("plan", **{KEY: "off", SECRET: "s"})
    assert code == 4
    assert "Check the access key id" in text


def test_without_credentials_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above all not the metadata service, which would take two seconds on every machine that has none."""

    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection was tried: {arguments}")

    for name in [name for name in os.environ if name.startswith("ALIBABA_CLOUD")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(STACK)
    ran = run("plan")
    assert ran.code == 4
    assert "no credentials" in ran.text
