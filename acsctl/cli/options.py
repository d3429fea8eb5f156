"""The flags that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Options:
    """What the user asked for, as every command has it. `cloud` is empty for the real one, "local", or an address."""

    file: Path = Path("stack.yaml")
    cloud: str = ""
    profile: str | None = None
    variables: tuple[str, ...] = ()
    variable_files: tuple[Path, ...] = ()
    color: Literal["auto", "always", "never"] = "auto"
    json: bool = False
    verbose: bool = False
    reveal: bool = False
    deep: bool = False
    lock_timeout: float = 0.0


_VIEW = (
    click.option("--json", "json", is_flag=True, help="Print JSON lines, and nothing else, on stdout."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colours."),
    click.option("--no-color", "no_color", is_flag=True, hidden=True),
    click.option("-v", "--verbose", is_flag=True, help="Show every field."),
)
_STACK = (
    click.option(
        "-f", "--file", type=click.Path(path_type=Path), default=Path(), help="The stack file, or a folder with a stack.yaml."
    ),
    click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Set a variable; may be repeated."),
    click.option(
        "--var-file", "variable_files", multiple=True, type=click.Path(path_type=Path), help="A YAML file of variables."
    ),
)
_CLOUD = (
    click.option(
        "--cloud", default="", metavar="local|URL", envvar="ACSCTL_CLOUD", help="A local cloud instead of the real one."
    ),
    click.option("-p", "--profile", default=None, help="A profile of the aliyun command line's configuration."),
)


def view_options(function: Function) -> Function:
    """How to show things."""
    return _decorate(function, _VIEW)


def stack_options(function: Function) -> Function:
    """Which stack, and how to show things."""
    return _decorate(function, (*_STACK, *_VIEW))


def cloud_options(function: Function) -> Function:
    """Which stack in which cloud, and how to show things."""
    return _decorate(function, (*_STACK, *_CLOUD, *_VIEW))


def lock_options(function: Function) -> Function:
    """How to take the lock."""
    return _decorate(function, (_LOCK,))


def output_option(function: Function) -> Function:
    """-o for a command that answers with one document."""
    return _decorate(function, (_OUTPUT,))


def _duration(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """`10m`, `90s`, `1h30m` or a number of seconds, in seconds."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", value)
    if not value or found is None:
        raise click.BadParameter(f"{value!r} is no duration: write it as 10m, 90s, 1h30m or a number of seconds.", ctx, param)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


_OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", help="As a table, or as one JSON document."
)
_LOCK = click.option(
    "--lock-timeout", default="0s", metavar="DURATION", callback=_duration, help="Wait so long for another run to end (10m)."
)


def take(values: dict[str, Any]) -> Options:
    """The shared flags out of a command's arguments; what is left stays in `values`."""
    if values.pop("no_color", False):
        values["color"] = "never"
    if values.pop("output", "") == "json":
        values["json"] = True
    names = Options.__dataclass_fields__.keys() & values.keys()
    return Options(**{name: values.pop(name) for name in sorted(names)})


def _decorate(function: Function, options: tuple[Any, ...]) -> Function:
    for option in reversed(options):
        function = option(function)
    return function
