"""`acsctl graph`: what needs what."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import stack_options, take
from acsctl.cli.session import load_stack, viewed


@click.command("graph")
@stack_options
@click.option("--format", "form", type=click.Choice(["dot", "mermaid"]), default="dot", help="The language of the graph.")
def command(form: Any, **values: Any) -> None:
    """Print the graph of the stack file, as dot or mermaid. Needs no cloud."""
    options = take(values)
    with viewed(options) as view:
        resources = load_stack(options).resources
        edges = [(str(address), str(edge)) for address, desired in resources.items() for edge in sorted(desired.edges)]
        view.graph([str(address) for address in resources], edges, form=form)
