"""Kill at every point: `python -m tests.crash [--workers 6] [--only TEXT] [--every 10] [--turns 2] [--faults] [--fresh]`.

Results are appended to build/crash/results.jsonl; what has passed at the same version of the code is not tried again, unless
`--fresh` is given. With `--faults` every fault at the same calls instead of kills; `--count` writes calls.json anew. Leaves
with 1 when a trial has failed.

Leases of locks last `ACSCTL_LEASE` seconds (`make crash`: 20). With 10, three runs of a thousand lost theirs on a full machine,
where the local cloud, which shares its process with proxy and trial, has not answered two beats in a row.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict

from tests.crash import worker
from tests.crash.bouts import bouts
from tests.crash.enumeration import FILE, Counted, counted, trials
from tests.crash.faulty import Bout
from tests.crash.ledger import BUILD, Ledger, summary, version
from tests.crash.plots import PLOTS, Command
from tests.crash.trial import Result, Trial

STORED = "private-network"
"""The stack whose writes into a bucket are points of their own."""


def main() -> int:
    """Make all trials that are asked for."""
    asked = arguments()
    now = version()
    kept = BUILD / f"kept-{now}"
    if asked.count:
        worker.equip(kept)
        return count()
    ledger = Ledger(BUILD / "results.jsonl", version=now)
    settled = set() if asked.fresh else ledger.settled()
    todo = [trial for trial in chosen(asked) if str(trial) not in settled]
    sys.stdout.write(f"{len(todo)} points at {now}, {len(settled)} settled before\n")
    names = set(map(str, chosen(asked)))
    with ProcessPoolExecutor(
        asked.workers, mp_context=multiprocessing.get_context("spawn"), initializer=worker.equip, initargs=(kept,)
    ) as pool:
        flying: dict[Future[tuple[Result, float]], Trial | Bout] = {pool.submit(worker.tried, trial): trial for trial in todo}
        for number, done in enumerate(as_completed(flying), 1):
            trial, (result, seconds) = flying[done], done.result()
            ledger.write(str(trial), result, seconds)
            if result.verdict == "failed" or not number % 100:
                sys.stdout.write(f"{number}/{len(todo)} {result.verdict}: {trial} {result.codes} {shortly(result)}\n")
                sys.stdout.flush()
    rows = [row for row in ledger.rows() if row["trial"] in names]
    sys.stdout.write(summary(rows) + "\n")
    return int(any(row["verdict"] == "failed" for row in rows))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--workers", type=int, default=3 * (os.cpu_count() or 1), help="most wait for a lease or a cloud")
    parser.add_argument("--only", action="append", default=[], help="only trials whose names hold this; all of several")
    parser.add_argument("--every", type=int, default=1, help="one of so many")
    parser.add_argument("--start", type=int, default=0, help="beginning with this one")
    parser.add_argument("--turns", type=int, default=1, help="how often each point is tried, with other settings")
    parser.add_argument("--fresh", action="store_true", help="also what has passed")
    parser.add_argument("--faults", action="store_true", help="faults instead of kills")
    parser.add_argument("--count", action="store_true", help="count calls and writes anew")
    return parser.parse_args()


def chosen(asked: argparse.Namespace) -> Iterator[Trial | Bout]:
    """The trials that are asked for."""
    kills = (trial for turn in range(asked.turns) for trial in trials(turn=turn))
    everything: Iterable[Trial | Bout] = bouts() if asked.faults else kills
    matching = (trial for trial in everything if all(text in str(trial) for text in asked.only))
    yield from (trial for number, trial in enumerate(matching) if number % asked.every == asked.start)


def count() -> int:
    """Count what undisturbed runs send."""
    found = {plot: {command: asdict(counts_of(plot, command)) for command in PLOTS[plot].commands} for plot in PLOTS}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def counts_of(plot: str, command: Command) -> Counted:
    """What an undisturbed command sends; of one stack also with its record in a bucket."""
    sent = worker.workshop.sent
    return counted(sent(plot, command), sent(plot, command, stored=True) if plot == STORED else ())


def shortly(result: Result) -> str:
    """Why a trial has failed, in a line."""
    words = result.why or " ".join(result.differences[:2])
    return " ".join(words.split())[-300:]


if __name__ == "__main__":
    raise SystemExit(main())
