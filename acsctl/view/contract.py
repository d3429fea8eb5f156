"""What the command line may say to whoever looks on: one interface, implemented for people and for programs.

The command line picks one view and tells it everything; it prints nothing itself. Results go to stdout; problems,
errors, notes and progress of `Human` go to stderr, those of `JsonLines` are lines among the others. `-o json` of a
command that answers with data (show, output, status, graph, explain) is the answer of `JsonLines`: one document.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from acsctl.errors import AcsctlError, StackError
    from acsctl.model.drift import Drift
    from acsctl.model.event import Event
    from acsctl.model.plan import Observation, Plan
    from acsctl.model.resource import Stack
    from acsctl.model.schema import Schema
    from acsctl.model.stale import Difference

GraphForm = Literal["dot", "mermaid"]


@dataclass(frozen=True)
class LastApplied:
    """When the stack was applied last: `ago` in seconds, `by` whom ("ci/4711"), `revision` of its files or empty."""

    ago: float
    by: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Stats:
    """What surrounds a plan and is no part of it.

    `cloud` is where it was read ("local cloud"; empty for the real one), `calls` and `seconds` what reading took,
    `expected` how long applying will take, in seconds (0: cannot be told), `last` is None before the first apply.
    """

    cloud: str = ""
    calls: int = 0
    seconds: float = 0.0
    expected: float = 0.0
    last: LastApplied | None = None


@dataclass(frozen=True)
class Meter:
    """What a live display asks for between events: the run's clock in seconds, and the calls made so far (None: unknown)."""

    now: Callable[[], float] = time.monotonic
    calls: Callable[[], int | None] = lambda: None


@dataclass(frozen=True)
class Wish:
    """What the user asked to see. `verbose` shows every field; `reveal` shows outputs that are secret.

    `schemas` are those of all kinds; without them secrets inside live things cannot be told from other values.
    """

    verbose: bool = False
    reveal: bool = False
    schemas: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])


class View(Protocol):
    """An audience. Every method may be called any number of times; `close` is the last one, always."""

    def note(self, message: str) -> None:
        """Something worth knowing that is no problem: a lock taken over, a file written."""
        ...

    def warn(self, message: str, *, remedy: str = "") -> None:
        """Something that does not stop the command but should be seen."""
        ...

    def problems(self, error: StackError) -> None:
        """All that is wrong with the stack file."""
        ...

    def error(self, error: AcsctlError) -> None:
        """What ended the command. A StackError is shown as `problems`; what `RunEnded` told is not told again."""
        ...

    def valid(self, stack: Stack) -> None:
        """The stack file has no mistake."""
        ...

    def plan(self, plan: Plan, stats: Stats) -> None:
        """The plan, or that nothing is to be done."""
        ...

    def drift(self, drift: Drift, stats: Stats, *, hints: bool = True) -> None:
        """What the cloud changed, or that it changed nothing; with `hints` what can be done about it."""
        ...

    def kept_in(self, path: str, digest: str) -> None:
        """The plan was written into a file."""
        ...

    def kept(self, document: Mapping[str, Any]) -> None:
        """A plan that was kept in a file, as it was shown then. For programs: the whole document."""
        ...

    def stale(self, differences: Sequence[Difference]) -> None:
        """In what a plan that was kept differs from the one that would be made now."""
        ...

    def event(self, event: Event) -> None:
        """What the execution tells; `RunStarted` first, `RunEnded` last (it brings the result and the outputs)."""
        ...

    def outputs(self, outputs: Mapping[str, Any]) -> None:
        """The answer of `output`; what is secret is a `Secret`. For programs: one mapping, as `--var-file` takes it."""
        ...

    def show(self, stack: Stack, observation: Observation) -> None:
        """What is in the cloud."""
        ...

    def status(self, lock: Mapping[str, Any] | None, runs: Sequence[Mapping[str, Any]]) -> None:
        """Who holds the lock (None: nobody) and the last runs, the latest first, as the record has them."""
        ...

    def history(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """The runs that the record has kept, the latest first."""
        ...

    def graph(self, nodes: Sequence[str], edges: Iterable[tuple[str, str]], *, form: GraphForm = "dot") -> None:
        """What needs what: an edge leads from the one that needs to the one that is needed."""
        ...

    def explain(self, schema: Schema, path: str = "") -> None:
        """The fields of a kind, or one of them (`ingress.port`). Raises UsageError for a field that it has not."""
        ...

    def table(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of alike keys: versions, kinds, emulators."""
        ...

    def text(self, text: str) -> None:
        """A finished text, as it is: a rendered stack, a completion script."""
        ...

    def ask(self, question: str) -> str:
        """A line typed by the user. Raises ApprovalError where there is nobody to ask."""
        ...

    def close(self, exit_code: int = 0) -> None:
        """The end: a live display is left as it is, a program gets its `run_summary`."""
        ...
