"""`acsctl drift`: what the cloud changed behind the stack's back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import cloud_options, lock_options, take
from acsctl.cli.planning import stats
from acsctl.cli.session import session
from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.drift import Drift
    from acsctl.model.plan import Plan
    from acsctl.run.drift import Look

REFUSED = 5
DRIFTED = 2


@click.command("drift")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@cloud_options
@lock_options
@click.option("--deep", is_flag=True, help="Also compare what only a call per resource can read (user data).")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something has drifted.")
@click.option("--accept", "accepts", is_flag=True, help="Write what the cloud has into the stack file.")
@click.option("--revert", "reverts", is_flag=True, help="Apply what drifted, and nothing else.")
@click.option("--allow", multiple=True, metavar="ADDRESS|all", help="With --revert: as with apply.")
@click.option("-y", "--yes", "--auto-approve", is_flag=True, help="Do not ask.")
def command(addresses: tuple[str, ...], **values: Any) -> None:
    """Show what was changed in the cloud since the last apply, field by field. Takes no lock and writes nothing.

    With --accept the file follows the cloud, with --revert the cloud the file: in everything, or at some addresses.
    """
    from acsctl.plan.drift import only
    from acsctl.run.drift import look

    wish = _Wish(**{name: values.pop(name) for name in ("detailed_exitcode", "accepts", "reverts", "allow", "yes")})
    options = take(values)
    with session(options) as opened:
        began = opened.cloud.clock.now()
        looked = look(opened.world)
        _known(addresses, looked.plan)
        found = only(looked.drift, addresses)
        opened.view.drift(found, stats(opened, looked.plan, began), hints=not (wish.accepts or wish.reverts))
        if found.findings:
            raise SystemExit(REFUSED)
        _follow(opened, looked, found, wish)


@dataclass(frozen=True)
class _Wish:
    """What is to be done about the drift. Raises UsageError for what excludes each other."""

    detailed_exitcode: bool
    accepts: bool
    reverts: bool
    allow: tuple[str, ...]
    yes: bool

    def __post_init__(self) -> None:
        if self.accepts and self.reverts:
            raise UsageError(
                "--accept and --revert exclude each other", remedy="Name addresses, first with one, then the other."
            )


def _follow(opened: Session, looked: Look, found: Drift, wish: _Wish) -> None:
    from acsctl.cli.accepting import accept
    from acsctl.cli.reverting import revert

    if wish.accepts:
        accept(opened, looked, found, yes=wish.yes)
    elif wish.reverts:
        revert(opened, looked, found, allow=frozenset(wish.allow), yes=wish.yes)
    elif wish.detailed_exitcode and found.rows:
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
