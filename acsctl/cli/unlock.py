"""`acsctl unlock`: forget a run that died."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session


@click.command("unlock")
@cloud_options
def command(**values: Any) -> None:
    """Forget the holder of a lock that is dead. A lock whose holder lives is not taken away."""
    options = take(values)
    with session(options) as opened:
        opened.view.note("The lock is free now." if opened.record.unlock() else "Nobody holds the lock.")
