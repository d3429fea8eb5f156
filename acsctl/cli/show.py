"""`acsctl show`: what the stack has in the cloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import Options, cloud_options, take
from acsctl.cli.session import session, viewed
from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.model.plan import Observation


@click.command("show")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@cloud_options
@click.option("--deep", is_flag=True, help="Also read what only a call per resource can read.")
@click.option(
    "--plan", type=click.Path(path_type=Path, dir_okay=False), help="Show a plan that `plan --out` has written instead."
)
def command(addresses: tuple[str, ...], plan: Path | None, **values: Any) -> None:
    """Show what is in the cloud, with ids and outputs: all of it, or what stands at some addresses."""
    from acsctl.run.observe import observe

    options = take(values)
    if plan is None and len(addresses) == 1 and Path(addresses[0]).is_file():
        plan, addresses = Path(addresses[0]), ()  # as the users of Terraform name one
    if plan is not None:
        _kept(plan, options, addresses)
        return
    with session(options) as opened:
        seen = observe(opened.world, ahead=False)
        opened.view.show(opened.stack, _only(seen, addresses) if addresses else seen)


def _kept(plan: Path, options: Options, addresses: tuple[str, ...]) -> None:
    from acsctl.cli.keeping import kept

    with viewed(options) as view:
        if addresses:
            raise UsageError("--plan shows a whole plan, not single addresses")
        view.kept(kept(plan))


def _only(seen: Observation, addresses: tuple[str, ...]) -> Observation:
    """What stands at `addresses`, members and keys too. Raises UsageError where that is nothing."""
    import difflib
    from dataclasses import replace

    names = sorted(map(str, seen.live))
    for wanted in addresses:
        if not any(_covers(wanted, str(live.address)) for live in seen.everything()):
            near = difflib.get_close_matches(wanted, names, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names) or 'no resources'}."
            raise UsageError(f"there is nothing at {wanted} in the cloud", remedy=remedy)
    kept = {
        address: tuple(live for live in lives if any(_covers(wanted, str(live.address)) for wanted in addresses))
        for address, lives in seen.live.items()
    }
    return replace(seen, live={address: lives for address, lives in kept.items() if lives})


def _covers(wanted: str, address: str) -> bool:
    return address == wanted or address.startswith(f"{wanted}.")
