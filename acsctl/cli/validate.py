"""`acsctl validate`: is the stack file right?"""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import stack_options, take
from acsctl.cli.session import load_stack, viewed


@click.command("validate")
@stack_options
def command(**values: Any) -> None:
    """Check the stack file, all of it, without a cloud."""
    options = take(values)
    with viewed(options) as view:
        view.valid(load_stack(options))
