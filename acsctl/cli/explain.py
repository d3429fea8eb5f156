"""`acsctl explain`: what a kind and its fields mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from acsctl.cli.options import take, view_options
from acsctl.cli.session import viewed
from acsctl.errors import UsageError

if TYPE_CHECKING:
    from acsctl.model.schema import Schema


@click.command("explain")
@click.argument("subject", metavar="KIND[.FIELD]", required=False)
@view_options
def command(subject: str | None, **values: Any) -> None:
    """Explain a kind, or one of its fields; without an argument list the kinds."""
    import difflib

    from acsctl.kinds import registry

    schemas = registry.schemas()
    options = take(values)
    with viewed(options) as view:
        if subject is None:
            view.table([{"kind": name, "is": schema.doc} for name, schema in schemas.items()])
            return
        kind, _, path = subject.partition(".")
        if kind not in schemas:
            near = difflib.get_close_matches(kind, schemas, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(f"there is no kind {kind!r}", remedy=f"{hint}There are: {', '.join(schemas)}.")
        view.explain(schemas[kind], path)
        if not options.json:
            for text in _templates(schemas[kind], path):
                view.text(text)


def _templates(schema: Schema, path: str) -> Iterator[str]:
    """Of a field that a template of ours may stand in, or that holds values for it, what each of ours begins with."""
    from acsctl.stack import shipped

    rules = next((item.meta.files for item in schema.fields.values() if item.meta.files and item.meta.files.shipped), None)
    folder = shipped.templates()
    if rules is None or folder is None or path not in ("template", "values"):
        return
    for file in sorted(folder.glob(f"*{rules.shipped}")):
        head, comment, _ = file.read_text(encoding="utf-8").partition("#}")
        if comment:
            yield "\n" + "\n".join(f"  {row.strip()}" for row in head.removeprefix("{#").strip().splitlines())
