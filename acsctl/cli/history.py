"""`acsctl history`: what was done to the stack, by whom and when."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, output_option, take
from acsctl.cli.session import session


@click.command("history")
@cloud_options
@output_option
def command(**values: Any) -> None:
    """Show the last 50 runs, the latest first: when, how long, by whom, of which commit, and what came of it."""
    options = take(values)
    with session(options) as opened:
        opened.view.history(opened.record.runs())
