"""`acsctl apply`: make it so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from acsctl.cli.changing import change
from acsctl.cli.options import cloud_options, lock_options, take
from acsctl.cli.planning import asked, plan_options
from acsctl.cli.session import session, viewed
from acsctl.errors import UsageError

SHAPING = ("deep", "allow", "replace", "exclude", "target")


@click.command("apply")
@click.argument("plan", required=False, metavar="[FILE]", type=click.Path(path_type=Path))
@cloud_options
@plan_options
@lock_options
@click.option("-y", "--yes", "--auto-approve", is_flag=True, help="Do not ask.")
def command(plan: Path | None, yes: bool, **values: Any) -> None:
    """Make the cloud what the stack file says. Killed at any moment, it goes on when it is run again.

    With FILE, written by `plan --out`, just that plan is carried out, without a question. It brings its own flags; the stack
    file and the variables are needed as they were, because of what is secret it has hashes alone. Where another plan would be
    made now, nothing is changed, the difference is shown, and the exit code is 7.
    """
    if plan is None:
        wanted = asked(values)
        options = take(values)
        with session(options) as opened:
            change(opened, wanted, yes=yes)
        return
    _kept(plan, values)


def _kept(plan: Path, values: dict[str, Any]) -> None:
    from acsctl.cli.keeping import belongs, kept
    from acsctl.plan.saved import asked_of

    beside = [f"--{name}" for name in SHAPING if values.get(name)]
    asked(values)
    options = take(values)
    with viewed(options):
        if beside:
            raise UsageError(f"{beside[0]} cannot be given with a plan in a file, which has the flags that it was made with")
        found = kept(plan)
    with session(replace(options, deep=found["flags"]["deep"])) as opened:
        belongs(found, opened)
        change(opened, asked_of(found), yes=True, kept=found)
