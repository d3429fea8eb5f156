"""`acsctl explain`: what a kind and its fields mean."""

from __future__ import annotations

from typing import Any

import click

from acsctl.cli.options import take, view_options
from acsctl.cli.session import viewed
from acsctl.errors import UsageError


@click.command("explain")
@click.argument("subject", metavar="KIND[.FIELD]", required=False)
@view_options
def command(subject: str | None, **values: Any) -> None:
    """Explain a kind, or one of its fields; without an argument list the kinds."""
    import difflib

    from acsctl.kinds import registry

    schemas = registry.schemas()
    with viewed(take(values)) as view:
        if subject is None:
            view.table([{"kind": name, "is": schema.doc} for name, schema in schemas.items()])
            return
        kind, _, path = subject.partition(".")
        if kind not in schemas:
            near = difflib.get_close_matches(kind, schemas, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(f"there is no kind {kind!r}", remedy=f"{hint}There are: {', '.join(schemas)}.")
        view.explain(schemas[kind], path)
