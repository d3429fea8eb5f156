"""`acsctl completion`: the script that makes a shell complete."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell:  source <(acsctl completion bash)"""
    from acsctl.cli.main import acsctl

    maker = get_completion_class(shell)
    assert maker is not None
    click.echo(maker(acsctl, {}, "acsctl", "_ACSCTL_COMPLETE").source())
