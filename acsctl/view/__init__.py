"""Values and events -> terminal, JSON lines, text.

Belongs here: everything that a person or a program reads of a run, and the only code that prints. `contract.py` has the
interface, with one implementation for people (`human.py`) and one for programs (`jsonlines.py`). What lies beneath are pure
functions from values to lines. Does not belong here: knowledge of one kind or of the cloud, and asking the environment: what a
view needs of it is handed in. May be imported by `cli`; imports `model` and `errors`, and alone imports rich. This module and
`contract.py` load neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from acsctl.view.contract import Asking, SchemasOf, View, Wish


def open_view(out: TextIO, err: TextIO, *, environ: Mapping[str, str], options: Asking, schemas: SchemasOf = dict) -> View:
    """The view that `options` ask for. `schemas` is called when a kind's schema is first needed."""
    from acsctl.view.contract import Wish

    wish = Wish(verbose=options.verbose, reveal=options.reveal, schemas=schemas)
    if options.json:
        from acsctl.view.jsonlines import JsonLines

        return JsonLines(out, wish=wish)
    return _human(out, err, environ=environ, color=options.color, wish=wish)


def _human(out: TextIO, err: TextIO, *, environ: Mapping[str, str], color: str, wish: Wish) -> View:
    import sys

    from acsctl.view.human import Human
    from acsctl.view.terminal import Streams, Terminal

    return Human(Terminal(Streams(out, err, sys.stdin), env=environ, color=color), wish=wish)
