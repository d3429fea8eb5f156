"""What trials begin with and are compared with: made once by undisturbed runs, kept in a folder that processes share."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path

from tests.crash.deal import Way
from tests.crash.faulty import Bout, fought
from tests.crash.nursery import Nursery
from tests.crash.objects import objects
from tests.crash.plots import PLOTS, Command, lasting
from tests.crash.scene import Scene, scene
from tests.crash.trial import BUCKET, Result, Trial, Whole, tried
from tests.crash.worlds import spread

ENVIRON = {"ACSCTL_LEASE": os.environ.get("ACSCTL_LEASE", "4")}
"""A lock in a bucket is taken from a dead holder after so many wall seconds; a busy machine needs more to keep it."""


class Workshop:
    """`kept` is where what is made once for all processes stands; trials are made in `bench`, one after the other.

    What trials begin with is made for each process: a cluster that is kept comes back on its port, which only one can have.
    """

    def __init__(self, kept: Path, *, bench: Path, nursery: Nursery) -> None:
        kept.mkdir(parents=True, exist_ok=True)
        self._kept = kept
        self._bench = bench
        self._nursery = nursery
        self.whole = cache(self._whole)

    def tried(self, trial: Trial) -> Result:
        """Make one trial."""
        with self.staged(trial) as on:
            return tried(trial, on=on, whole=lambda: self.whole(trial.plot, trial.settings.way, trial.command == "update"))

    def fought(self, bout: Bout) -> Result:
        """Make one bout."""
        with self.staged(bout) as on:
            return fought(bout, on=on, whole=lambda: self.whole(bout.plot, "same", bout.command == "update"))

    @contextmanager
    def staged(self, trial: Trial | Bout) -> Iterator[Scene]:
        """A scene for a trial: empty, or what an undisturbed apply has left."""
        settings = trial.settings
        origin = None if trial.command == "apply" else self.origin(trial.plot, stored=settings.stored)
        cloud = {"list_lag": settings.list_lag, "tag_lag": settings.tag_lag, "token_memory": settings.memory}
        folder = self._bench / "scene"
        shutil.rmtree(folder, ignore_errors=True)
        with scene(folder, self._nursery, origin=origin, **cloud) as on:
            on.control("PUT", "settings", {"keep_failed_tokens": settings.keep_failed})
            on.environ = ENVIRON
            yield on
        shutil.rmtree(folder)

    def origin(self, plot: str, *, stored: bool) -> Path:
        """Where the world and record of an undisturbed apply are kept; `stored`: that record is in a bucket."""
        record = BUCKET if stored else ""
        folder = self._bench / f"{plot}{'-oss' if record else ''}"

        def make(on: Scene) -> None:
            on.write(PLOTS[plot].written(record=record))
            on.done("apply", *PLOTS[plot].always)
            on.nothing_to_do()

        self._once(folder, make)
        return folder

    def sent(self, plot: str, command: Command, *, stored: bool = False) -> list[str]:
        """The calls that an undisturbed command sends, in their order."""
        folder = self._bench / "counted"
        origin = None if command == "apply" else self.origin(plot, stored=stored)
        with scene(folder, self._nursery, origin=origin) as on:
            on.write(PLOTS[plot].written(record=BUCKET if stored else ""))
            on.done("destroy" if command == "destroy" else "apply", *PLOTS[plot].first(command))
            sent = list(on.proxy.sent)
        shutil.rmtree(folder)
        return sent

    def _whole(self, plot: str, way: Way, second: bool) -> Whole:
        """What an undisturbed run makes of an empty cloud, or of the first version. Raises AssertionError when it fails."""
        there = PLOTS[plot]
        folder = self._kept / f"{plot}-{way}{'-second' if second else ''}"

        def make(on: Scene) -> None:
            if second:
                on.write(there.written())
                on.done("apply", *there.always)
            on.write(there.written(without=way == "without"))
            flags = (*there.always, *(there.second if second else ()), *there.flags.get(way, ()))
            on.done("apply", *flags)
            creates = on.creates()
            on.nothing_to_do(*lasting(flags))
            cluster = [line for plane in on.planes().values() for line in objects(plane)]
            found = Whole(on.world(), on.world(placed=False), spread(on.rows()), cluster, creates)
            (folder / "whole.json").write_text(json.dumps(asdict(found)), encoding="utf-8")

        self._once(folder, make)
        return Whole(**json.loads((folder / "whole.json").read_text(encoding="utf-8")))

    def _once(self, folder: Path, make: Callable[[Scene], None]) -> None:
        """Fill a folder with a scene of its own, unless some process has done it."""
        with (self._kept / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (folder / "made").exists():
                return
            shutil.rmtree(folder, ignore_errors=True)
            with scene(folder, self._nursery) as on:
                on.environ = ENVIRON
                make(on)
            (folder / "made").touch()
