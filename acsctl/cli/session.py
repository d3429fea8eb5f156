"""Opening what a command works with: the view, the stack, the cloud and the record."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from acsctl.cli.options import Options
from acsctl.cli.signals import Stop, stopping
from acsctl.errors import AccessError, AcsctlError, LockedError, StackError, UsageError

if TYPE_CHECKING:
    from acsctl.cloud import Cloud
    from acsctl.model.resource import Stack
    from acsctl.model.schema import Schema
    from acsctl.record import Record
    from acsctl.run.observe import World
    from acsctl.stack import Inputs
    from acsctl.view.contract import View

FOLDER = ".acsctl"


@dataclass(frozen=True)
class Session:
    """A stack in its cloud, with its record. `world` was made with the record as it was when the session began."""

    view: View
    stack: Stack
    cloud: Cloud
    record: Record
    world: World
    options: Options
    stop: Stop

    @property
    def place(self) -> str:
        """The word for the cloud that is not the real one."""
        if self.options.cloud == "local":
            return "local cloud"
        return f"cloud at {self.options.cloud}" if self.options.cloud else ""


class Gauge:
    """What a live display reads between events: the run's clock, and the calls of the cloud once there is one."""

    def __init__(self) -> None:
        from acsctl.cloud import SystemClock

        self.clock = SystemClock()
        self.cloud: Cloud | None = None

    def calls(self) -> int:
        """The calls made so far."""
        return self.cloud.tally.total if self.cloud else 0


@contextmanager
def viewed(options: Options, gauge: Gauge | None = None) -> Iterator[View]:
    """A view that is closed whatever happens, and that is told every error. Leaves with the error's exit code."""
    view = _view(options, gauge or Gauge())
    code = 0
    try:
        yield view
    except StackError as error:
        code = error.exit_code
        view.problems(error)
    except AcsctlError as error:
        code = error.exit_code
        view.error(error)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        view.close(code)
    if code:
        raise SystemExit(code)


def _view(options: Options, gauge: Gauge) -> View:
    from acsctl.view.contract import Meter, Wish

    wish = Wish(verbose=options.verbose, reveal=options.reveal, schemas=_schemas())
    if options.json:
        from acsctl.view.jsonlines import JsonLines

        return JsonLines(sys.stdout, wish=wish)
    from acsctl.view.human import Human
    from acsctl.view.terminal import Streams, Terminal

    streams = Streams(sys.stdout, sys.stderr, sys.stdin)
    terminal = Terminal(streams, env=dict(os.environ), color=options.color)
    return Human(terminal, wish=wish, meter=Meter(gauge.clock.now, gauge.calls))


def _schemas() -> Mapping[str, Schema]:
    from acsctl.kinds import registry

    return registry.schemas()


def load_stack(options: Options) -> Stack:
    """The stack file, loaded. Raises StackError with every problem, UsageError for a malformed --var."""
    from acsctl.kinds import registry
    from acsctl.stack import load

    return load(options.file, inputs(options), registry.schemas())


def inputs(options: Options) -> Inputs:
    """The variables that come from outside."""
    from acsctl.stack import Inputs

    values: dict[str, str] = {}
    for text in options.variables:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {text!r} is not NAME=VALUE")
        values[name] = value
    return Inputs(values, options.variable_files, dict(os.environ))


@contextmanager
def session(options: Options) -> Iterator[Session]:
    """What a command that needs the cloud works with. The local one lives for as long as the command."""
    gauge = Gauge()
    with (
        viewed(options, gauge) as view,
        stopping(gauge.clock.stop) as stop,
        _opened(options, view, gauge, stop) as opened,
    ):
        yield opened


@contextmanager
def _opened(options: Options, view: View, gauge: Gauge, stop: Stop) -> Iterator[Session]:
    from acsctl.cli.records import open_record
    from acsctl.cloud import connect, resolve_credentials
    from acsctl.kinds import registry
    from acsctl.run.observe import World

    stack = load_stack(options)
    with ExitStack() as exits:
        endpoint = exits.enter_context(local_cloud()) if options.cloud == "local" else options.cloud or None
        credentials = None if endpoint else resolve_credentials(profile=options.profile)
        cloud = connect(stack.region, endpoint=endpoint, credentials=credentials, clock=gauge.clock)
        gauge.cloud = cloud
        if stack.account and stack.account != cloud.account:
            raise AccessError(f"the stack is for account {stack.account}, and the credentials belong to {cloud.account}")
        record = open_record(stack, cloud, environ=os.environ)
        world = World(cloud, registry.KINDS, stack, record.history(), deep=options.deep)
        yield Session(view, stack, cloud, record, world, options, stop)


@contextmanager
def local_cloud() -> Iterator[str]:
    """The local cloud inside this command; its world is kept in the current folder."""
    try:
        from acsctl import emulator
        from acsctl.cli.faults import read_faults
    except ImportError as error:
        raise UsageError(
            f"the local cloud needs {error.name}", remedy="Install it with  pip install 'acsctl[local]'"
        ) from error

    folder = Path.cwd() / FOLDER / "local"
    folder.mkdir(parents=True, exist_ok=True)
    speed = float(os.environ.get("ACSCTL_LOCAL_SPEED", "100"))
    rung: Literal["builtin", "real"] = "real" if os.environ.get("ACSCTL_LOCAL_KUBERNETES") == "real" else "builtin"
    faults = tuple(read_faults(files=[file] if (file := os.environ.get("ACSCTL_LOCAL_FAULTS")) else []))
    options = emulator.Options(folder=folder, speed=speed, kubernetes=rung, faults=faults)
    with ExitStack() as exits:
        try:
            server = exits.enter_context(emulator.run(options))
        except BlockingIOError as error:
            text = f"another command uses the local cloud in {folder.parent}"
            remedy = "Wait until it has ended, or share one:  acsctl emulator serve"
            raise LockedError(text, remedy=remedy) from error
        yield server.address


def revision(file: str) -> str:
    """The commit that the stack file is in, short, or empty."""
    import subprocess

    command = ["git", "-C", str(Path(file).resolve().parent), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
