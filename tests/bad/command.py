"""The command line in this process, as a user has it."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from acsctl.cli.main import main


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it printed where, and both without line breaks."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that was said, in one line."""
        return " ".join((self.out + self.err).split())


def run(*line: str) -> Ran:
    """Run a command. It always ends with an exit code, never with a traceback."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(list(line))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    ran = Ran(code, out.getvalue(), err.getvalue())
    assert "Traceback" not in ran.text
    assert "bug in acsctl" not in ran.text
    return ran
