"""`acsctl version`."""

from __future__ import annotations

from typing import Any

import click

from acsctl import __version__
from acsctl.cli.options import take, view_options
from acsctl.cli.session import viewed

PARTS = ("alibabacloud-tea-openapi", "alibabacloud-ecs20140526", "alibabacloud-vpc20160428", "alibabacloud-credentials")


@click.command("version")
@view_options
def command(**values: Any) -> None:
    """Print the version of acsctl and of what it stands on."""
    import platform
    from importlib import metadata

    rows = [{"part": "acsctl", "version": __version__}, {"part": "python", "version": platform.python_version()}]
    rows += [{"part": name, "version": metadata.version(name)} for name in PARTS]
    with viewed(take(values)) as view:
        view.table(rows)
