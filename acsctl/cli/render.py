"""`acsctl render`: the stack file with everything that is known worked out."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import stack_options, take
from acsctl.cli.session import inputs, viewed


@click.command("render")
@stack_options
def command(**values: Any) -> None:
    """Print the stack with variables, expressions and modules worked out. Needs no cloud."""
    from acsctl.kinds import registry
    from acsctl.stack import render

    options = take(values)
    with viewed(options) as view:
        view.text(render(options.file, inputs(options), registry.schemas()))
