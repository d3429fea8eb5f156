"""Programs that play `helm`, `kubectl` and `kustomize`: they keep how they were run and print what a test wrote."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TEXT = """#!{python}
import json, os, sys, time
here = {folder!r}
given = sys.stdin.read()
with open(os.path.join(here, {name!r} + ".calls"), "a") as calls:
    calls.write(json.dumps({{"args": sys.argv[1:], "stdin": given, "env": dict(os.environ)}}) + "\\n")
time.sleep({seconds})
sys.stdout.write(open(os.path.join(here, {name!r} + ".out")).read())
sys.stderr.write({said!r})
sys.exit({code})
"""


@dataclass(frozen=True)
class Program:
    """One of them, in a folder that belongs on the PATH."""

    folder: Path
    name: str

    @property
    def path(self) -> str:
        return str(self.folder / self.name)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How it was run, in order."""
        kept = self.folder / f"{self.name}.calls"
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def install(folder: Path, name: str, out: str = "", *, said: str = "", code: int = 0, seconds: float = 0) -> Program:
    """Write a program that prints `out`, says `said` on stderr and ends with `code` after `seconds`."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.out").write_text(out, encoding="utf-8")
    path = folder / name
    text = _TEXT.format(python=sys.executable, folder=str(folder), name=name, seconds=seconds, said=said, code=code)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return Program(folder, name)
