"""`acsctl plan`: what would be done, and why."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.planning import asked, check, plan_options, stats
from acsctl.cli.records import warn_of_folder
from acsctl.cli.session import session

REFUSED = 5
CHANGES = 2


@click.command("plan")
@cloud_options
@plan_options
@click.option("--destroy", is_flag=True, help="Plan the destruction of everything.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
def command(destroy: bool, detailed_exitcode: bool, **values: Any) -> None:
    """Show what differs between the stack file and the cloud. Takes no lock and writes nothing."""
    from acsctl.run.apply import read

    wanted = asked(values, destroy=destroy)
    options = take(values)
    with session(options) as opened:
        check(wanted, opened.stack, opened.world.history)
        warn_of_folder(opened)
        began = opened.cloud.clock.now()
        plan, _ = read(opened.world, wanted)
        opened.view.plan(plan, stats(opened, plan, began))
        if any(finding.severity == "error" for finding in plan.findings):
            raise SystemExit(REFUSED)
        if detailed_exitcode and not plan.empty:
            raise SystemExit(CHANGES)
