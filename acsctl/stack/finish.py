"""What is looked at once everything is evaluated: cycles among addresses, the checks of the kinds, and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acsctl.errors import Problem
from acsctl.model.address import Address
from acsctl.model.resource import Desired
from acsctl.model.schema import Fault, Schemas
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import graph
from acsctl.stack.document import Document, Output
from acsctl.stack.members import Result
from acsctl.stack.problems import Problems, meant
from acsctl.stack.source import Span
from acsctl.stack.tree import Map, Node, Seq
from acsctl.stack.views import Absent, Every, Existing, Many, Module, Named, One, View, later


def settle_edges(result: Result) -> dict[Address, Desired]:
    """Drops edges to what is absent or failed, so that every edge leads to a wanted resource."""
    wanted = {address for address, desired in result.resources.items() if not desired.absent}
    return {
        address: desired if desired.edges <= wanted else replace(desired, edges=desired.edges & wanted)
        for address, desired in result.resources.items()
    }


def find_cycles(resources: Mapping[Address, Desired], *, problems: Problems, document: Document) -> None:
    """Cycles that only showed in evaluation: through computed references, members and modules."""
    for cycle in graph.cycles({address: sorted(desired.edges) for address, desired in resources.items()}):
        block = document.blocks.get(cycle[0].path[0])
        names = " -> ".join(map(str, [*cycle, cycle[0]]))
        problems.add(
            block.key.span if block else Span(document.source, 0, 1),
            f"these need each other: {names}",
            hint="take one of these uses out",
        )


def check(result: Result, *, resources: Mapping[Address, Desired], problems: Problems, schemas: Schemas) -> None:
    """What the kinds refuse. Only what is wanted and described here takes part."""
    described = {address: desired for address, desired in resources.items() if not desired.absent}
    for address, desired in described.items():
        if desired.existing is None:
            for fault in schemas[address.kind].check(desired.spec, described):
                _report(fault, body=result.bodies[address], desired=desired, problems=problems)


def _report(fault: Fault, *, body: Map, desired: Desired, problems: Problems) -> None:
    span, secret = _find(fault, body=body, desired=desired)
    if fault.place:
        problems.put(Problem(fault.place, fault.message, hint=fault.hint))
        return
    hint = fault.hint or (meant(str(fault.path[-1]) if fault.path else "", fault.allowed) if fault.allowed else "")
    problems.add(span, fault.message, hint=hint, hide=secret)


def _find(fault: Fault, *, body: Map, desired: Desired) -> tuple[Span, bool]:
    """Where the path of a fault leads, as deep as the file goes along, and whether a secret stands there."""
    node: Node = body
    value: Any = desired.spec
    span = body.span
    for depth, step in enumerate(fault.path):
        value = value.get(step) if isinstance(value, Mapping) else value[step] if _inside(value, step) else None
        if isinstance(node, Map) and isinstance(step, str) and step in node.entries:
            entry = node.entries[step]
            last = depth == len(fault.path) - 1
            node, span = entry.value, entry.key.span if last and fault.at == "key" else entry.value.span
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            span = node.span
        elif not isinstance(step, int):
            break
    if node is body:
        kind = body.entries.get("kind")
        span = kind.value.span if kind else body.span
    return span, isinstance(value, Secret)


def _inside(value: Any, step: Any) -> bool:
    return isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value)


def outputs(document: Document, *, found: Mapping[str, Named], problems: Problems) -> tuple[dict[str, Any], frozenset[str]]:
    """The values of the stack's outputs, resources as their ids, and the names of the secret ones."""
    values: dict[str, Any] = {}
    for name, output in document.outputs.items():
        if name in found and not found[name].failed:
            values[name] = _output(name, output=output, value=found[name].value, problems=problems)
    return values, frozenset(name for name, output in document.outputs.items() if output.secret)


def _output(name: str, *, output: Output, value: Any, problems: Problems) -> Any:
    plain = ids(value)
    if not output.secret and _secret(plain):
        problems.add(
            output.value.span, f"the output {name!r} is secret", hint=f"write `{name}: {{value: ..., secret: true}}`", hide=True
        )
    if output.secret and not isinstance(plain, (Secret, Deferred)) and plain is not None:
        return Secret(plain)
    return replace(plain, secret=True) if output.secret and isinstance(plain, Deferred) else plain


def given(value: Any) -> Any:
    """The value of a variable as data: resources as their addresses, what is known later as the text that tells it."""
    if isinstance(value, View):
        return sorted(map(str, value.targets()))
    if isinstance(value, Deferred):
        return value.text or sorted(map(str, value.reads))
    if isinstance(value, Mapping):
        return {key: given(item) for key, item in value.items()}
    return [given(item) for item in value] if isinstance(value, (list, tuple)) else value


def ids(value: Any) -> Any:
    """A value with ids in the place of resources."""
    if isinstance(value, Ref):
        return later(value.address, "id")
    if isinstance(value, Mapping):
        return {key: ids(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [ids(item) for item in value]
    return _ids_of(value) if isinstance(value, View) else value


def _ids_of(view: View) -> Any:
    if isinstance(view, One):
        return later(view.address, "id") if view.count is None else [later(member.address, "id") for member in view.members()]
    if isinstance(view, Many):
        return {key: ids(member) for key, member in view.members.items()}
    if isinstance(view, Every):
        return [ids(member) for member in view.members if not isinstance(member, Absent)]
    if isinstance(view, Module):
        return {name: ids(output.value) for name, output in view.outputs.items()}
    return view.id if isinstance(view, Existing) else None


def _secret(value: Any) -> bool:
    if isinstance(value, Deferred):
        return value.secret
    if isinstance(value, Mapping):
        return any(_secret(item) for item in value.values())
    return isinstance(value, Secret) or (isinstance(value, (list, tuple)) and any(_secret(item) for item in value))
