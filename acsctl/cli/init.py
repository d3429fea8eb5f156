"""`acsctl init`: a first stack file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from acsctl.cli.options import take, view_options
from acsctl.cli.session import viewed
from acsctl.errors import UsageError

FIRST = """\
# What this stack wants to exist. See it with   acsctl plan  --cloud local
# and make it so with                           acsctl apply --cloud local
stack: {name}
region: cn-hangzhou

resources:
  network:
    kind: vpc
    cidr: 10.0.0.0/16

  subnet:
    kind: vswitch
    vpc: network
    zone: cn-hangzhou-h
    cidr: "{{{{ cidrsubnet(network.cidr, 8, 1) }}}}"

outputs:
  network: "{{{{ network.id }}}}"
"""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@view_options
def command(folder: Path, **values: Any) -> None:
    """Write a first stack.yaml into FOLDER. An existing one is left alone."""
    with viewed(take(values)) as view:
        file = folder / "stack.yaml"
        if file.exists():
            raise UsageError(f"{file} exists already", remedy="Name another folder.")
        words = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
        name = words if words[:1].isalpha() else f"stack-{words}".rstrip("-")
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(FIRST.format(name=name[:40].rstrip("-")), encoding="utf-8")
        view.note(f"Wrote {file}. Try it without an account:  acsctl plan -f {folder} --cloud local")
