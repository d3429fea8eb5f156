"""One worker process: its nursery and workshop, and the trials that it makes."""

from __future__ import annotations

import atexit
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.crash.faulty import Bout
from tests.crash.nursery import Nursery
from tests.crash.trial import Result, Trial
from tests.crash.workshop import Workshop

workshop: Workshop
"""That of this worker."""


def equip(kept: Path) -> None:
    """What a worker needs, until it ends."""
    global workshop
    exits = ExitStack()
    bench = exits.enter_context(tempfile.TemporaryDirectory(prefix="crash-"))
    workshop = Workshop(kept, bench=Path(bench), nursery=exits.enter_context(Nursery()))
    atexit.register(exits.close)


def tried(trial: Trial | Bout) -> tuple[Result, float]:
    """Make a trial or a bout: what came of it, and how long it took."""
    began = time.monotonic()
    try:
        result = workshop.fought(trial) if isinstance(trial, Bout) else workshop.tried(trial)
    except Exception as error:
        result = Result("failed", why=f"{type(error).__name__}: {error}")
    return result, time.monotonic() - began
