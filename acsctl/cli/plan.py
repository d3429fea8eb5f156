"""`acsctl plan`: what would be done, and why."""

from __future__ import annotations

from pathlib import Path
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
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the plan to a file, for `apply FILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
def command(destroy: bool, out: Path | None, detailed_exitcode: bool, **values: Any) -> None:
    """Show what differs between the stack file and the cloud. Takes no lock and changes nothing.

    A plan that was written to a file holds no secret. It is JSON, in the form that policy tools read (docs/plans.md).
    """
    from acsctl.cli.keeping import check_out, described, keep
    from acsctl.run.apply import read

    wanted = asked(values, destroy=destroy)
    options = take(values)
    if out is not None:
        check_out(out)
    with session(options) as opened:
        check(wanted, opened.stack, opened.world.history)
        warn_of_folder(opened)
        began = opened.cloud.clock.now()
        plan, seen = read(opened.world, wanted)
        figures = stats(opened, plan, began)
        opened.view.plan(plan, figures)
        if out is not None:
            document = described(opened, opened.world, plan, seen=seen, asked=wanted)
            keep(opened, out, document, plan=plan, stats=figures)
        if any(finding.severity == "error" for finding in plan.findings):
            raise SystemExit(REFUSED)
        if detailed_exitcode and not plan.empty:
            raise SystemExit(CHANGES)
