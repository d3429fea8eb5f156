"""A stack, a local cloud in this process, and the real command line between them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import acsctl.cloud
from acsctl import emulator
from acsctl.cli.main import acsctl as command_line
from acsctl.cloud.flatten import flatten
from tests.cloud.typed import Recorder, lost
from tests.support.client import Client
from tests.support.ran import Ran

REGION = "cn-hangzhou"
SPEED = 1000.0
SETTLED = 600.0
"""Cloud seconds after which nothing in a world is under way any more."""

ALLOWED = "DryRunOperation"
"""No error: what a dry run that would succeed answers."""

Block = Mapping[str, Any]


class Lab:
    """One stack folder and one cloud. `expected` are codes of errors that the test means to see."""

    def __init__(self, server: emulator.Server, folder: Path) -> None:
        self.folder = folder
        self.address = server.address
        self.client = Client(server.address, REGION)
        self.recorder = Recorder()
        self.expected: set[str] = set()
        self.speed = server.world.clock.speed
        self._cloud = server.world.clock

    # The stack file

    def write(self, text: str, file: str = "stack.yaml") -> None:
        """A file of the stack's folder."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def stack(self, resources: Mapping[str, Block], **top: Any) -> None:
        """The stack file, from what stands in it."""
        self.write(yaml.safe_dump({"stack": "shop", "region": REGION, **top, "resources": dict(resources)}, sort_keys=False))

    def forget(self) -> None:
        """Lose the record."""
        for path in sorted((self.folder / ".acsctl").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    # Commands

    def run(self, *arguments: str) -> Ran:
        """A command with --json, in this process."""
        out, err = io.StringIO(), io.StringIO()
        command, *rest = arguments
        line = [command, "--json", "-f", str(self.folder), "--cloud", self.address, *rest]
        with redirect_stdout(out), redirect_stderr(err):
            code = _exit_code(lambda: command_line.main(line, prog_name="acsctl", standalone_mode=False))
        return Ran.read(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str) -> Ran:
        """The same as a process of its own."""
        command, *rest = arguments
        line = [
            sys.executable,
            "-c",
            "from acsctl.cli import main; main()",
            command,
            "--json",
            "-f",
            str(self.folder),
            "--cloud",
            self.address,
            *rest,
        ]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
        return Ran.read(done.returncode, done.stdout, done.stderr)

    def plan(self, *arguments: str) -> Ran:
        """What would be done: exit code 0 means nothing, 2 something, 5 refused."""
        return self.run("plan", "--detailed-exitcode", *arguments)

    def apply(self, *arguments: str) -> Ran:
        """An apply that has to end well and to leave an empty plan."""
        done = self.run("apply", "--yes", *arguments)
        assert done.code == 0, done.text
        self.still(*(flag for flag in arguments if flag == "--deep"))
        return done

    def refused(self, *arguments: str) -> Ran:
        """An apply that a guard refuses, at plan time as well, and that changes nothing."""
        before = self.world()
        plan, done = self.plan(*arguments), self.run("apply", "--yes", *arguments)
        assert (plan.code, done.code) == (5, 5), done.text
        assert self.world() == before
        return done

    def still(self, *arguments: str) -> Ran:
        """A plan that has to be empty."""
        plan = self.plan(*arguments)
        assert (plan.code, plan.actions) == (0, []), plan.text
        return plan

    def destroy(self, *arguments: str) -> Ran:
        """A destroy that has to end well."""
        done = self.run("destroy", "--yes", *arguments)
        assert done.code == 0, done.text
        return done

    def show(self, *arguments: str) -> dict[str, list[Any]]:
        """What the tool sees, by address; the things of a fleet by number where they have one."""
        found: dict[str, list[Any]] = {}
        for thing in self.run("show", *arguments).document["resources"]:
            found.setdefault(thing["address"], []).append(thing)
        return found

    def thing(self, address: str, *arguments: str) -> Any:
        """The one live thing at an address."""
        (found,) = self.show(*arguments)[address]
        return found

    def id(self, address: str) -> str:
        """Its id."""
        return str(self.thing(address)["id"])

    # The cloud

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of /_emulator/<path>; its JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/_emulator/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def world(self, type: str = "") -> list[Any]:
        """Everything that the cloud has, or what it has of one type."""
        return [row for row in self.control("GET", "world") if type in ("", row["type"])]

    def calls(self) -> Any:
        """Counts of calls and errors."""
        return self.control("GET", "calls")

    def settings(self, **changes: Any) -> None:
        """How the cloud behaves from now on."""
        self.control("PUT", "settings", changes)

    def settle(self, seconds: float = SETTLED) -> None:
        """Let cloud time pass, so that all that is under way is done and shown."""
        self._cloud.advance(seconds)

    def behind(self, product: str, action: str, **fields: Any) -> Any:
        """Something that somebody else does, to the end."""
        answer = self.client.call(product, action, **fields)
        self.settle()
        return answer

    def check(self) -> None:
        """What holds at the end of every test: no error that nobody meant, nothing that the cloud or the SDK found odd."""
        assert set(self.calls()["errors"]) <= self.expected | {ALLOWED}, self.calls()["errors"]
        assert self.control("GET", "findings") == []
        shapes = {(product, action, frozenset(flatten(params))): params for product, action, params in self.recorder.calls}
        dropped = {(product, action): lost(product, action, params) for (product, action, _), params in shapes.items()}
        assert {name: fields for name, fields in dropped.items() if fields} == {}


def _exit_code(main: Callable[[], Any]) -> int:
    """As acsctl.cli.main.main makes it, for what can come out of a command that has a view."""
    try:
        value = main()
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    return value if isinstance(value, int) else 0


@contextmanager
def laboratory(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[Lab]:
    """A lab; `options` are those of the local cloud, such as `list_lag`."""
    with emulator.run(emulator.Options(**{"speed": SPEED, "check_answers": True, **options})) as server:
        lab = Lab(server, folder)
        connect = acsctl.cloud.connect
        monkeypatch.setattr(acsctl.cloud, "connect", lambda *a, **k: connect(*a, **{"observer": lab.recorder, **k}))
        yield lab
        lab.check()
