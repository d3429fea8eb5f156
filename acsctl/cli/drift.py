"""`acsctl drift`: what the cloud changed behind the stack's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.planning import stats
from acsctl.cli.session import session
from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.model.plan import Plan

REFUSED = 5
DRIFTED = 2


@click.command("drift")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@cloud_options
@click.option("--deep", is_flag=True, help="Also compare what only a call per resource can read (user data).")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something has drifted.")
def command(addresses: tuple[str, ...], detailed_exitcode: bool, **values: Any) -> None:
    """Show what was changed in the cloud since the last apply, field by field. Takes no lock and writes nothing."""
    from acsctl.plan.drift import only
    from acsctl.run.drift import look

    options = take(values)
    with session(options) as opened:
        began = opened.cloud.clock.now()
        plan, found = look(opened.world)
        _known(addresses, plan)
        found = only(found, addresses)
        opened.view.drift(found, stats(opened, plan, began))
        if found.findings:
            raise SystemExit(REFUSED)
        if detailed_exitcode and found.rows:
            raise SystemExit(DRIFTED)


def _known(addresses: tuple[str, ...], plan: Plan) -> None:
    """Raises UsageError for an address at which the stack has nothing."""
    import difflib

    from acsctl.plan.drift import names

    known = sorted(names(plan))
    for wanted in addresses:
        if wanted not in known:
            near = difflib.get_close_matches(wanted, known, n=1)
            raise UsageError(f"the stack has no {wanted}", remedy=f"Did you mean {near[0]!r}?" if near else "")
