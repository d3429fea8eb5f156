"""What every command that makes a plan shares: the flags of the plan, and the figures around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.plan import Plan
    from acsctl.model.resource import Stack
    from acsctl.plan.work import Asked
    from acsctl.view.contract import LastApplied, Stats

Function = TypeVar("Function", bound=Callable[..., Any])


def plan_options(function: Function) -> Function:
    """--replace, --allow and --deep."""
    for option in (
        click.option("--deep", is_flag=True, help="Also compare what only a call per resource can read (user data)."),
        click.option("--allow", multiple=True, metavar="ADDRESS|all", help="Allow loss of data, or with `all` mass deletion."),
        click.option("--replace", multiple=True, metavar="ADDRESS", help="Make it anew; `instance.node.2` names one member."),
    ):
        function = option(function)
    return function


def asked(values: dict[str, Any], *, destroy: bool = False) -> Asked:
    """What the flags ask of the plan."""
    from acsctl.plan.work import Asked

    return Asked(destroy, replace=frozenset(values.pop("replace", ())), allow=frozenset(values.pop("allow", ())))


def check(asked: Asked, stack: Stack) -> None:
    """Raises UsageError where --replace names nothing that the stack file has."""
    names = {str(address) for address in stack.resources}
    for text in sorted(asked.replace):
        whole, _, number = text.rpartition(".")
        if text not in names and not (whole in names and number.isdecimal()):
            import difflib

            near = difflib.get_close_matches(text, names, n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"--replace: the stack has no {text}", remedy=remedy)


def stats(session: Session, plan: Plan, began: float) -> Stats:
    """The figures around a plan."""
    from acsctl.plan import graph
    from acsctl.plan.steps import costs, expand
    from acsctl.run.apply import schemas
    from acsctl.view.contract import Stats

    steps = expand(plan, schemas(session.world))
    weights = graph.weights({step.id: step.needs for step in steps}, costs(steps, schemas(session.world)))
    return Stats(
        cloud=session.place,
        calls=session.cloud.tally.total,
        seconds=session.cloud.clock.now() - began,
        expected=max(weights.values(), default=0.0) / session.cloud.speed,
        last=_last(session),
    )


def _last(session: Session) -> LastApplied | None:
    from datetime import UTC, datetime

    from acsctl.view.contract import LastApplied

    run = next((row for row in session.record.runs() if row.get("command") == "apply" and row.get("clean")), None)
    if run is None:
        return None
    then = datetime.strptime(run["ended"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return LastApplied((datetime.now(UTC) - then).total_seconds(), run.get("who", ""), run.get("revision", ""))
