"""`acsctl status`: who is at work, and what was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import cloud_options, output_option, take
from acsctl.cli.session import session

if TYPE_CHECKING:
    from acsctl.record import Record, Row


@click.command("status")
@cloud_options
@output_option
def command(**values: Any) -> None:
    """Show who holds the lock of the stack since when, and the last runs."""
    options = take(values)
    with session(options) as opened:
        opened.view.status(_lock(opened.record), opened.record.runs())


def _lock(record: Record) -> Row | None:
    """Who holds the lock, or died holding it."""
    holder = record.holder()
    if holder is not None:
        return {**holder, "alive": True}
    left = record.left()
    return None if left is None else {**left, "alive": False}
