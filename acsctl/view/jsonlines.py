"""The view for programs: one JSON object a line on stdout, in the envelope and with the type names of Terraform's stream.

docs/json.md describes every type. Whoever reads a type that it does not know shows `@message`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from acsctl import __version__
from acsctl.errors import AcsctlError, ApprovalError, StackError
from acsctl.model.change import Action
from acsctl.model.drift import Drift, Drifted
from acsctl.model.event import Event, RunEnded, StepFailed
from acsctl.model.plan import Observation, Plan
from acsctl.model.resource import Stack
from acsctl.model.stale import Difference
from acsctl.view import documents, story, tally, values, wording
from acsctl.view.contract import GraphForm, Stats, View, Wish
from acsctl.view.differences import sentence
from acsctl.view.streamed import Streamed

if TYPE_CHECKING:
    from acsctl.model.schema import Schema

NOTHING: Mapping[str, Any] = {}
UI_VERSION = "1.0"
"""Of the format: a new minor version adds, a new major one changes."""


def utc_now() -> datetime:
    """The time of day in UTC."""
    return datetime.now(UTC)


class JsonLines(View):
    """A stream of lines for what runs (plan, apply, destroy), one document for what answers with data (show, output)."""

    def __init__(self, out: TextIO, *, wish: Wish, now: Callable[[], datetime] = utc_now) -> None:
        self._out = out
        self._wish = wish
        self._now = now
        self._streamed = Streamed()
        self._ended: RunEnded | None = None
        self._stats = Stats()
        self._secret: frozenset[str] = frozenset()
        self._begun = False

    def _line(self, type: str, message: str, *, rest: Mapping[str, Any] = NOTHING, level: str = "info") -> None:
        if not self._begun:
            self._begun = True
            self._line("version", f"acsctl {__version__}", rest={"acsctl": __version__, "ui": UI_VERSION})
        stamp = self._now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        envelope = {"@level": level, "@message": message, "@module": "acsctl.ui", "@timestamp": stamp, "type": type}
        self._document({**envelope, **rest})

    def _document(self, document: Any) -> None:
        self._out.write(json.dumps(document, allow_nan=False) + "\n")
        self._out.flush()

    def _diagnostic(self, document: Mapping[str, Any]) -> None:
        level = {"warning": "warn", "note": "info"}.get(document["severity"], "error")
        message = f"{document['severity'].capitalize()}: {document['summary']}"
        self._line("diagnostic", message, rest={"diagnostic": document}, level=level)

    def note(self, message: str) -> None:
        """See View."""
        self._line("log", message)

    def warn(self, message: str, *, remedy: str = "") -> None:
        """See View."""
        self._diagnostic({"severity": "warning", "summary": message, "detail": remedy})

    def problems(self, error: StackError) -> None:
        """See View: one diagnostic each."""
        for problem in error.problems:
            self._diagnostic(documents.problem(problem))

    def error(self, error: AcsctlError) -> None:
        """See View."""
        if isinstance(error, StackError):
            self.problems(error)
        else:
            self._diagnostic(_told(error))

    def valid(self, stack: Stack) -> None:
        """See View."""
        self._line(
            "valid", f"{stack.file or stack.name} is valid", rest={"stack": stack.name, "resources": len(stack.resources)}
        )

    def plan(self, plan: Plan, stats: Stats) -> None:
        """See View: one `planned_change` each, then one `change_summary`."""
        self._stats, self._secret = stats, plan.stack.secret_outputs
        for change in plan.changes:
            if change.action not in (Action.NONE, Action.READ):
                schema = self._wish.schemas.get(change.address.kind)
                makes = change.action not in (Action.DELETE, Action.FORGET)
                parts = schema.parts(change.spec) if schema and makes else ()
                document = documents.change(change, fields=self._fields(change.address.kind), parts=parts)
                self._line("planned_change", f"{change.address}: plan to {change.action.word}", rest=document)
        for live in plan.left_standing:
            self._line(
                "left_standing", f"{live.address}: not destroyed unasked", rest={"address": str(live.address), "id": live.id}
            )
        for finding in plan.findings:
            self._diagnostic(documents.finding(finding))
        message = tally.nothing(plan, stats=stats) if plan.empty else tally.counts(plan, stats=stats)
        message = f"{message} {tally.left_out(plan)}." if plan.left_out else message
        reading: documents.Document = {
            "calls": stats.calls,
            "seconds": round(stats.seconds, 3),
            "expected_seconds": round(stats.expected, 3),
        }
        self._line("change_summary", message, rest={"changes": documents.summary(plan), **reading})

    def drift(self, drift: Drift, stats: Stats, *, hints: bool = True) -> None:
        """See View: one `resource_drift` each, one `resource_unexplained` for what may be drift, then one `drift_summary`."""
        self._stats = stats
        for type, rows in (("resource_drift", drift.rows), ("resource_unexplained", drift.unsure)):
            for row in rows:
                document = documents.drifted(row, fields=self._fields(row.change.address.kind))
                self._line(type, f"{row.change.address}: {_happened(row)}", rest=document)
        for live in drift.left_standing:
            self._line("left_standing", f"{live.address}: not known", rest={"address": str(live.address), "id": live.id})
        for finding in drift.findings:
            self._diagnostic(documents.finding(finding))
        reading: documents.Document = {"calls": stats.calls, "seconds": round(stats.seconds, 3)}
        numbers = {**tally.drifted(drift), "checked": drift.checked, "edits": drift.edits}
        self._line("drift_summary", tally.drift(drift, stats=stats), rest={"drift": numbers, **reading})

    def kept_in(self, path: str, digest: str) -> None:
        """See View."""
        self._line("plan_saved", f"The plan is in {path}", rest={"path": path, "digest": digest})

    def kept(self, document: Mapping[str, Any]) -> None:
        """See View."""
        self._document(document)

    def stale(self, differences: Sequence[Difference]) -> None:
        """See View: one `plan_difference` each."""
        for item in differences:
            rest = {"part": item.part, "name": item.name, "how": item.how, "detail": item.detail}
            self._line("plan_difference", sentence(item), rest=rest, level="error")

    def event(self, event: Event) -> None:
        """See View."""
        for type, message, rest in self._streamed.lines(event):
            self._line(
                type, message, rest={"at": round(event.at, 3), **rest}, level="error" if type == "apply_errored" else "info"
            )
        if isinstance(event, StepFailed):
            self._diagnostic(_told(event.error) | {"address": str(event.step.address)})
        elif isinstance(event, RunEnded):
            self._ended = event
            outputs = documents.outputs(event.outputs, secret=self._secret)
            self._line("outputs", f"Outputs: {len(outputs)}", rest={"outputs": outputs})

    def outputs(self, outputs: Mapping[str, Any]) -> None:
        """See View: name -> value, which another stack reads with --var-file."""
        self._document(values.plain(values.revealed(outputs) if self._wish.reveal else outputs))

    def show(self, stack: Stack, observation: Observation) -> None:
        """See View."""
        things = [documents.thing(live, fields=self._fields(live.address.kind)) for live in observation.everything()]
        self._document({"stack": stack.name, "region": stack.region, "resources": things})

    def status(self, lock: Mapping[str, Any] | None, runs: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._document({"lock": values.plain(lock), "runs": values.plain(list(runs))})

    def history(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._document({"runs": values.plain(list(runs))})

    def graph(self, nodes: Sequence[str], edges: Iterable[tuple[str, str]], *, form: GraphForm = "dot") -> None:
        """See View: `form` is for people."""
        self._document({"nodes": list(nodes), "edges": [list(edge) for edge in edges]})

    def explain(self, schema: Schema, path: str = "") -> None:
        """See View."""
        self._document(documents.field(values.field_named(schema, path)) if path else documents.schema(schema))

    def table(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See View."""
        self._document(values.plain(list(rows)))

    def text(self, text: str) -> None:
        """See View."""
        self._line("text", text.splitlines()[0] if text else "", rest={"text": text})

    def ask(self, question: str) -> str:
        """See View: a program is never asked."""
        raise ApprovalError("approval is needed, and a program cannot be asked", remedy="add --yes")

    def close(self, exit_code: int = 0) -> None:
        """See View: the `run_summary`, if anything was streamed."""
        if not self._begun:
            return
        ended = self._ended
        calls = ended.calls if ended else self._stats.calls
        seconds = ended.at if ended else self._stats.seconds
        rest: documents.Document = {"exit_code": exit_code, "calls": calls, "seconds": round(seconds, 3)}
        if ended:
            rest |= self._streamed.result(ended)
        self._line(
            "run_summary", f"{wording.count(calls, 'call')}, {wording.length(seconds)}, exit code {exit_code}", rest=rest
        )

    def _fields(self, kind: str) -> Mapping[str, Any]:
        schema = self._wish.schemas.get(kind)
        return schema.fields if schema else {}


def _happened(row: Drifted) -> str:
    """As Terraform says it."""
    return f"Drift detected ({documents.HAPPENED[row.what]})" if row.certain else f"differs ({row.reason})"


def _told(error: AcsctlError) -> documents.Document:
    return documents.error(error, sentence=story.sentence(error), cloud=story.cause(error))
