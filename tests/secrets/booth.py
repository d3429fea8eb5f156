"""A command as a process of its own, and all that it leaves anywhere: what it prints, starts, writes and removes again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.secrets.canary import WORD, found, seen

PRELUDE = """
import os, shutil, sys
grave = os.environ.pop("GRAVE")
count = 0
def keep(path):
    global count
    count += 1
    try:
        shutil.copyfile(path, os.path.join(grave, f"{count}-{os.path.basename(os.fsdecode(path))}"))
    except OSError:
        pass
def hook(event, args):
    if event == "os.remove":
        keep(args[0])
    elif event == "os.rename":
        keep(args[0])
        keep(args[1])
    elif event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.system"):
        with open(os.path.join(grave, "started.txt"), "a") as file:
            file.write(repr(args) + "\\n")
busy = False
def once(event, args):
    global busy
    if not busy and event.partition(".")[0] in ("os", "subprocess"):
        busy = True
        try:
            hook(event, args)
        finally:
            busy = False
sys.addaudithook(once)
"""
MAIN = "from acsctl.cli import main; main()"


@dataclass(frozen=True)
class Booth:
    """A folder with a stack in it, and a cloud. `folder` has the inputs and nothing that a command did not write besides."""

    folder: Path
    address: str

    def run(self, *arguments: str, main: str = MAIN, **environ: str) -> tuple[int, str]:
        """The exit code and all that was printed. Fails where the canary is in it, or in anything that was left."""
        places = {name: self.folder.parent / name for name in ("grave", "temporary", "home")}
        for place in places.values():
            place.mkdir(exist_ok=True)
        command, *rest = arguments
        line = [sys.executable, "-c", PRELUDE + main, command, "-f", str(self.folder), "--cloud", self.address, *rest]
        inside = {"GRAVE": str(places["grave"]), "TMPDIR": str(places["temporary"]), "HOME": str(places["home"])}
        given = {**os.environ, **inside, "ACSCTL_VAR_canary": WORD, "CANARY": WORD, **environ}
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300, env=given, cwd=places["home"])
        said = done.stdout + done.stderr
        assert not seen(said), f"{' '.join(arguments)} printed {seen(said)}"
        inputs = tuple(path for path in self.folder.iterdir() if path.is_file() and path.suffix in (".yaml", ".j2"))
        left = [text for place in (self.folder, *places.values()) for text in found(place, besides=inputs)]
        assert left == [], f"{' '.join(arguments)} left {left}"
        return done.returncode, said
