"""Faults on request: what a cloud does to its clients on a bad day, at chosen calls.

A fault is a pattern (pattern.py), a count (counting.py) and an effect: a refusal of the call (refusals.py), harm to its answer
on the way (harms.py), or an odd behaviour of the service (oddities.py). reading.py makes faults of documents and files.py of
files, with every mistake in them; Faults (store.py) keeps those that are asked for and tells what a call meets.

Docs: docs/local-cloud.md.
"""

from acsctl.emulator.faults.effects import Effect, Moment
from acsctl.emulator.faults.harms import Harm, Hit, Slow
from acsctl.emulator.faults.mistakes import Mistake, MistakesError
from acsctl.emulator.faults.pattern import Occasion
from acsctl.emulator.faults.refusals import Refusal
from acsctl.emulator.faults.store import Faults

__all__ = ["Effect", "Faults", "Harm", "Hit", "Mistake", "MistakesError", "Moment", "Occasion", "Refusal", "Slow"]
