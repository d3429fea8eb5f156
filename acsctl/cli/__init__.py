"""The command line: wiring only, one file per command.

Belongs here: reading flags, opening a session (stack, cloud, record, view) and handing values from room to room. Does not
belong here: a decision, or a word that a view should say. May be imported by nobody; imports everything, and alone imports
`emulator`. Heavy imports stand inside functions: `acsctl --help` loads none of them.
"""

from acsctl.cli.main import main

__all__ = ["main"]
