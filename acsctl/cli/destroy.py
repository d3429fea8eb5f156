"""`acsctl destroy`: take it all away."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.changing import change
from acsctl.cli.options import cloud_options, lock_options, take
from acsctl.cli.planning import asked, plan_options
from acsctl.cli.session import session


@click.command("destroy")
@cloud_options
@plan_options
@lock_options
@click.option("-y", "--yes", "--auto-approve", is_flag=True, help="Do not ask.")
def command(yes: bool, **values: Any) -> None:
    """Destroy what the stack has in the cloud, in the reverse order."""
    wanted = asked(values, destroy=True)
    options = take(values)
    with session(options) as opened:
        change(opened, wanted, yes=yes)
