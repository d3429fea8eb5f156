"""`acsctl drift --revert`: an apply of what drifted alone; what the file changed waits for another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from acsctl.errors import RefusedError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.drift import Drift
    from acsctl.plan.held import Held
    from acsctl.run.drift import Look


def revert(session: Session, look: Look, found: Drift, *, allow: frozenset[str], yes: bool) -> None:
    """Lock, plan, ask and execute as an apply does. Raises what that raises, RefusedError where nothing can be told apart."""
    from acsctl.cli.changing import change
    from acsctl.plan.held import held
    from acsctl.plan.selection import Selection
    from acsctl.plan.work import Asked
    from acsctl.run.apply import schemas

    if not found.rows:
        return
    back = held(look.plan, found, history=look.world.history, schemas=schemas(look.world))
    _tangled(session, back)
    if found.edits:
        session.view.note("Edits of the stack file are left out here: see  acsctl plan")
    world = replace(look.world, stack=back.stack)
    asked = Asked(allow=allow, selection=Selection(only=back.drifted))
    change(replace(session, stack=back.stack, world=world), asked, yes=yes, since=look.world.history)


def _tangled(session: Session, back: Held) -> None:
    for address, path in back.tangled.items():
        remedy = "Apply both with  acsctl apply, or take the edit back first."
        session.view.warn(f"{address} is left out: its {path} was changed in the file too", remedy=remedy)
    if not back.drifted:
        raise RefusedError(["what drifted cannot be told from edits of the file"])
