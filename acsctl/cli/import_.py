"""`acsctl import`: write into the stack file that an existing thing is to be taken over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session
from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.model.resource import Desired, Stack


@click.command("import")
@click.argument("address")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@cloud_options
def command(address: str, ids: tuple[str, ...], **values: Any) -> None:
    """Write `adopt: ID` into the block of ADDRESS, comments kept. The next apply takes it over."""
    from acsctl.kinds.contract import Scope
    from acsctl.stack.edit import write_adopt

    options = take(values)
    with session(options) as opened:
        desired = next((item for key, item in opened.stack.resources.items() if str(key) == address), None)
        if desired is None:
            known = ", ".join(map(str, opened.stack.resources))
            raise UsageError(f"the stack has no {address}", remedy=f"Write its block first. There are: {known}.")
        _editable(opened.stack, desired)
        scope = Scope(opened.stack.name, opened.stack.region, opened.stack.resources)
        kind = opened.world.kinds[desired.address.kind]
        for id in ids:
            found = list(kind.find(opened.cloud, scope, {"id": id}))
            if not found:
                raise UsageError(f"there is no {desired.address.kind} {id} in {opened.stack.region}")
            mark = found[0].mark
            if mark and (mark.stack, mark.address.tag) != (opened.stack.name, desired.address.tag):
                raise UsageError(
                    f"{id} belongs to {mark.address} of stack {mark.stack}", remedy="Use  existing:  to refer to it."
                )
        write_adopt(desired.place, ids)
        opened.view.note(f"{desired.place.file}: {address} adopts {', '.join(ids)}. See what it means with  acsctl plan")


def _editable(stack: Stack, desired: Desired) -> None:
    """A block that stands for several resources, or is somebody else's file, is not written into."""
    inside = Path(stack.file).resolve().parent
    if not Path(desired.place.file).resolve().is_relative_to(inside):
        raise UsageError(f"{desired.address} is in {desired.place.file}, which is not of this stack")
    if sum(other.place == desired.place for other in stack.resources.values()) > 1:
        text = f"{desired.address} is one of several that {desired.place} makes"
        raise UsageError(text, remedy='Write there  adopt: "{{ {...}[each.key] }}"  with an id for each key.')
