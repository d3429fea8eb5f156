"""What every command that makes a plan shares: the flags of the plan, and the figures around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.history import History
    from acsctl.model.plan import Plan
    from acsctl.model.resource import Stack
    from acsctl.plan.work import Asked
    from acsctl.view.contract import LastApplied, Stats

Function = TypeVar("Function", bound=Callable[..., Any])


def plan_options(function: Function) -> Function:
    """--target, --exclude, --replace, --allow and --deep."""
    for option in (
        click.option("--deep", is_flag=True, help="Also compare what only a call per resource can read (user data)."),
        click.option("--allow", multiple=True, metavar="ADDRESS|all", help="Allow loss of data, or with `all` mass deletion."),
        click.option("--replace", multiple=True, metavar="ADDRESS", help="Make it anew; `instance.node.2` names one member."),
        click.option("--exclude", multiple=True, metavar="ADDRESS", help="Leave it out, and what needs it."),
        click.option(
            "--target",
            multiple=True,
            metavar="ADDRESS",
            help="Only this, and what it needs; `net.*` is a module, `eip.*` a kind.",
        ),
    ):
        function = option(function)
    return function


def asked(values: dict[str, Any], *, destroy: bool = False) -> Asked:
    """What the flags ask of the plan."""
    from acsctl.plan.selection import Selection
    from acsctl.plan.work import Asked

    selection = Selection(frozenset(values.pop("target", ())), frozenset(values.pop("exclude", ())))
    replace, allow = frozenset(values.pop("replace", ())), frozenset(values.pop("allow", ()))
    return Asked(destroy, replace=replace, allow=allow, selection=selection)


def check(asked: Asked, stack: Stack, history: History) -> None:
    """Raises UsageError where a flag names nothing that there is.

    What is to be made anew stands in the stack file. A part may also be what the record knows, and what `--allow` names.
    """
    from acsctl.plan.selection import covers

    written = {str(address): address for address in stack.resources}
    members = set(_members(stack, history))
    for text in sorted(asked.replace):
        if text not in written and text not in members:
            raise _unknown("--replace", text, names=[*written, *members])
    had = (*history.applied, *history.made.values(), *history.destroyed.values(), *history.unfinished)
    known = [*stack.resources, *had]
    flags = (("--target", asked.selection.target), ("--exclude", asked.selection.exclude))
    for flag, text in ((flag, text) for flag, texts in flags for text in sorted(texts)):
        whole, _, number = text.rpartition(".")
        untold = history.clean is None and number.isdecimal() and f"{whole}.1" in members  # no record of a larger fleet
        if not untold and text not in members | asked.allow and not any(covers(text, address) for address in known):
            raise _unknown(flag, text, names=[*map(str, known), *members])


def _members(stack: Stack, history: History) -> Iterator[str]:
    """The addresses of the members of fleets, those that are wanted no more among them."""
    counts = {address: desired.count for address, desired in stack.resources.items() if desired.count is not None}
    had = {address: len(past.ids) for address, past in history.applied.items() if address in counts or len(past.ids) > 1}
    for address in counts.keys() | had.keys():
        for number in range(1, max(counts.get(address, 0), had.get(address, 0)) + 1):
            yield str(address.member(number))


def _unknown(flag: str, text: str, *, names: Iterable[str]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(text, sorted(names), n=1)
    return UsageError(f"{flag}: the stack has no {text}", remedy=f"Did you mean {near[0]!r}?" if near else "")


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
