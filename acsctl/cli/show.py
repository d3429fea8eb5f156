"""`acsctl show`: what the stack has in the cloud."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session


@click.command("show")
@cloud_options
@click.option("--deep", is_flag=True, help="Also read what only a call per resource can read.")
def command(**values: Any) -> None:
    """Show what is in the cloud, with ids and outputs."""
    from acsctl.run.observe import observe

    options = take(values)
    with session(options) as opened:
        opened.view.show(opened.stack, observe(opened.world))
