"""`acsctl unlock`: forget a run that died."""

from __future__ import annotations

import os
from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session


@click.command("unlock")
@cloud_options
@click.option(
    "--mine",
    is_flag=True,
    help="Break at once the lock of an earlier attempt of this job of CI, or outside of CI of this user on this host.",
)
def command(mine: bool, **values: Any) -> None:
    """Forget the holder of a lock that is dead. A lock whose holder lives is not taken away."""
    from acsctl.record import this_run

    options = take(values)
    with session(options) as opened:
        run = this_run("unlock", environ=os.environ) if mine else None
        opened.view.note("The lock is free now." if opened.record.unlock(mine=run) else "Nobody holds the lock.")
