"""The view for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from acsctl.errors import AcsctlError, ExpiredError, PartialError, RefusedError, StackError, WaitedError
from acsctl.model.drift import Drift
from acsctl.model.event import Event, RunEnded
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Stack
from acsctl.model.stale import Difference
from acsctl.model.unknown import Secret
from acsctl.view import drift, errors, explain, graph, kept, plan, problems, result, show, status, style, tables, wording
from acsctl.view.contract import GraphForm, Meter, Stats, View, Wish
from acsctl.view.live import InPlace, Lines, Progress
from acsctl.view.page import Page
from acsctl.view.style import line
from acsctl.view.terminal import Terminal

if TYPE_CHECKING:
    from acsctl.model.schema import Schema


class Human(View):
    """Text for a terminal or a log."""

    def __init__(self, terminal: Terminal, *, wish: Wish, meter: Meter) -> None:
        self._terminal = terminal
        self._wish = wish
        self._progress: Progress = self._new_progress(meter)
        self._refused: frozenset[str] = frozenset()
        self._destroy = False
        self._ended = False
        self._secret: frozenset[str] = frozenset()

    def _new_progress(self, meter: Meter) -> Progress:
        if self._terminal.redraws:
            return InPlace(self._terminal, page=self._page(), meter=meter)
        return Lines(self._terminal, page=self._page())

    def _page(self) -> Page:
        return Page(
            width=self._terminal.width,
            shorten=self._terminal.on_screen,
            verbose=self._wish.verbose,
            schemas=self._wish.schemas,
        )

    def note(self, message: str) -> None:
        """See View."""
        self._terminal.tell([line(message)])

    def warn(self, message: str, *, remedy: str = "") -> None:
        """See View."""
        self._terminal.tell(
            [line(("!  ", style.CARE), message), *([line("   ", ("do    ", style.NOTE), remedy)] if remedy else [])]
        )

    def problems(self, error: StackError) -> None:
        """See View."""
        self._terminal.tell(problems.lines(error, page=self._page()))

    def error(self, error: AcsctlError) -> None:
        """See View."""
        self._progress.close()
        if isinstance(error, StackError):
            self.problems(error)
        elif isinstance(error, RefusedError) and self._refused.issuperset(error.reasons):
            self._terminal.tell([line(("✘  ", style.DANGER), "Refused for what stands below the plan. Nothing was changed.")])
        elif not self._ended or isinstance(error, ExpiredError) or not isinstance(error, PartialError | WaitedError):
            self._terminal.tell(errors.block(error, page=self._page()))

    def valid(self, stack: Stack) -> None:
        """See View."""
        count = wording.count(len(stack.resources), "resource")
        self._terminal.say([line(("✔ ", style.GOOD), f"{stack.file or stack.name} is valid: {count}.")])

    def plan(self, plan_: Plan, stats: Stats) -> None:
        """See View."""
        self._destroy, self._secret = plan_.destroy, plan_.stack.secret_outputs
        self._refused = frozenset(finding.message for finding in plan_.findings)
        self._terminal.say(plan.lines(plan_, stats=stats, page=self._page()))

    def drift(self, drift_: Drift, stats: Stats, *, hints: bool = True) -> None:
        """See View."""
        self._terminal.say(drift.lines(drift_, stats=stats, page=self._page()))
        self._terminal.say(drift.remedies(drift_) if hints else [])

    def kept_in(self, path: str, digest: str) -> None:
        """See View."""
        self._terminal.tell([line(f"The plan is in {path} (digest {digest[:12]}). To carry it out:  acsctl apply {path}")])

    def kept(self, document: Mapping[str, Any]) -> None:
        """See View."""
        self._terminal.write(str(document["text"]))

    def stale(self, differences: Sequence[Difference]) -> None:
        """See View."""
        self._terminal.tell(kept.stale(differences, page=self._page()))

    def event(self, event: Event) -> None:
        """See View."""
        self._progress.event(event)
        if isinstance(event, RunEnded):
            self._ended = True
            self._end(event)

    def _end(self, ended: RunEnded) -> None:
        self._progress.close()
        page = self._page()
        self._terminal.tell(result.failures(self._progress.board, page=page))
        self._terminal.say(result.ending(ended, page=page, destroy=self._destroy))
        hidden = {name: Secret(value) if name in self._secret else value for name, value in ended.outputs.items()}
        if hidden and not self._destroy:
            self._terminal.say([line(""), line(("Outputs", style.BOLD))])
            self._terminal.say(line("  ", row) for row in result.outputs(hidden))

    def outputs(self, outputs: Mapping[str, Any]) -> None:
        """See View."""
        self._terminal.say(result.outputs(outputs, reveal=self._wish.reveal))

    def show(self, stack: Stack, observation: Observation) -> None:
        """See View."""
        self._terminal.say(show.lines(stack, observation=observation, page=self._page()))

    def status(self, lock: Mapping[str, Any] | None, runs: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._terminal.say(status.lines(lock, runs=runs, width=self._terminal.width))

    def history(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._terminal.say(status.history(runs, width=self._terminal.width))

    def graph(self, nodes: Sequence[str], edges: Iterable[tuple[str, str]], *, form: GraphForm = "dot") -> None:
        """See View."""
        self._terminal.write(graph.mermaid(nodes, edges) if form == "mermaid" else graph.dot(nodes, edges))

    def explain(self, schema: Schema, path: str = "") -> None:
        """See View."""
        page = replace(self._page(), schemas={schema.kind: schema})
        self._terminal.say(explain.field(schema, path=path, page=page) if path else explain.kind(schema, page=page))

    def table(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._terminal.say(tables.lines(rows, width=self._terminal.width))

    def text(self, text: str) -> None:
        """See View."""
        self._terminal.write(text if text.endswith("\n") or not text else text + "\n")

    def ask(self, question: str) -> str:
        """See View."""
        return self._terminal.ask(question)

    def close(self, exit_code: int = 0) -> None:
        """See View."""
        self._progress.close()
