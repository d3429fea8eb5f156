"""`acsctl status`: who is at work, and what was done last."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session


@click.command("status")
@cloud_options
def command(**values: Any) -> None:
    """Show who holds the lock of the stack, and the last runs."""
    options = take(values)
    with session(options) as opened:
        opened.view.status(opened.record.holder(), opened.record.runs())
