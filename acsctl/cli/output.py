"""`acsctl output`: the outputs of the stack."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import cloud_options, take
from acsctl.cli.session import session
from acsctl.errors import UsageError


@click.command("output")
@click.argument("name", required=False)
@cloud_options
@click.option("--raw", is_flag=True, help="Print one text output as it is.")
@click.option("--reveal", is_flag=True, help="Show secret outputs.")
def command(name: str | None, raw: bool, **values: Any) -> None:
    """Print the outputs, or the one called NAME. What is not known before an apply is left out."""
    from acsctl.plan.values import unresolved
    from acsctl.plan.work import Asked
    from acsctl.run.apply import plan_of
    from acsctl.run.observe import observe

    options = take(values)
    with session(options) as opened:
        plan = plan_of(opened.world, observe(opened.world, ahead=False), Asked())
        outputs = {key: value for key, value in plan.outputs.items() if not unresolved(value)}
        if name is not None and name not in opened.stack.outputs:
            known = ", ".join(opened.stack.outputs) or "none"
            raise UsageError(f"there is no output {name!r}; there are: {known}")
        if name is not None:
            outputs = {key: value for key, value in outputs.items() if key == name}
        if raw and name in outputs:
            opened.view.text(_plain(name, outputs[name], reveal=options.reveal))
        else:
            opened.view.outputs(outputs)


def _plain(name: str, value: Any, *, reveal: bool) -> str:
    """An output as it is, for a script: text bare, everything else as JSON."""
    import json

    from acsctl.model.unknown import Secret

    if isinstance(value, Secret):
        if not reveal:
            raise UsageError(f"the output {name!r} is secret", remedy="Show it with  --reveal")
        value = value.reveal()
    return value if isinstance(value, str) else json.dumps(value)
