"""Programs: run, and told of."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class Failure(Exception):
    """The practice did not go as it has to; the message tells what was seen."""


BEGAN = time.monotonic()


def say(text: str) -> None:
    minutes, seconds = divmod(int(time.monotonic() - BEGAN), 60)
    print(f"{minutes:02}:{seconds:02}  {text}", flush=True)


def run(
    *command: str, folder: Path | None = None, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> str:
    """Its output. Raises Failure for an exit code that is none of these."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def until(what: str, done: Callable[[], object], *, seconds: float) -> None:
    """Raises Failure when it is not so after so many seconds."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.2)
