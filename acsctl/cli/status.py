"""`acsctl status`: who is at work, and what was done last."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import opened, viewed


@click.command("status")
@cloud_options
def command(**values: Any) -> None:
    """Show who holds the lock of the stack, and the last runs."""
    options = take(values)
    with viewed(options) as view, opened(options, view) as session:
        view.status(session.record.holder(), session.record.runs())
