"""`acsctl` itself: the commands by name, and how every error becomes an exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

import click

from acsctl import __version__
from acsctl.errors import AcsctlError, UsageError

COMMANDS = {
    "init": "init",
    "validate": "validate",
    "render": "render",
    "plan": "plan",
    "apply": "apply",
    "destroy": "destroy",
    "drift": "drift",
    "show": "show",
    "output": "output",
    "graph": "graph",
    "import": "import_",
    "kubeconfig": "kubeconfig",
    "status": "status",
    "history": "history",
    "unlock": "unlock",
    "explain": "explain",
    "emulator": "emulator",
    "completion": "completion",
    "version": "version",
}
READER_LEFT = 128 + signal.SIGPIPE
ALIASES = {"diff": "plan", "up": "apply", "down": "destroy", "force-unlock": "unlock"}


class Commands(click.Group):
    """Loads the file of a command when it is asked for; knows the names that users of other tools type."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name or alias."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"acsctl.cli.{COMMANDS[name]}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; of one that there is not, the nearest."""
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], (*COMMANDS, *ALIASES), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"{error.message}{hint}", ctx) from None
        return name, command, _with_two_dashes(command, rest) if command else rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. The reader of a pipe may leave: then there is nobody to tell, and a shell's own code says so."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(READER_LEFT) from None


def _with_two_dashes(command: click.Command, arguments: list[str]) -> list[str]:
    """Long flags as Terraform's users type them, with one dash: `-out=FILE`, `-auto-approve`."""
    long = {name for param in command.params for name in param.opts if name.startswith("--")}
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [f"-{text}" if f"-{text.partition('=')[0]}" in long else text for text in arguments[:end]] + arguments[end:]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ACSCTL"})
@click.version_option(__version__, message="acsctl %(version)s")
def acsctl() -> None:
    """Plan and apply whole Alibaba Cloud stacks from one YAML file.

    Without --cloud the commands go to the real cloud, with the credentials of the official SDK; with --cloud local to a local
    cloud that needs no account.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the code of conventions: 0, 1, 2 (changes), 3 ... 10, 130, 143."""
    try:
        code = acsctl.main(args=arguments, prog_name="acsctl", standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = UsageError.exit_code
    except AcsctlError as error:
        _say(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if os.environ.get("ACSCTL_DEBUG"):
            raise
        remedy = "This is a bug in acsctl: please report it, with what ACSCTL_DEBUG=1 prints."
        from acsctl.model.unknown import hidden

        _say(AcsctlError(hidden(f"{type(error).__name__}: {error}"), remedy=remedy))
        code = AcsctlError.exit_code
    sys.exit(_code(code))


def _code(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _say(error: AcsctlError) -> None:
    """An error from before there was a view."""
    click.echo(f"acsctl: {error.message}", err=True)
    if error.remedy:
        click.echo(f"    do    {error.remedy}", err=True)
