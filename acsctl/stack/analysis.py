"""Looks through a document before anything is evaluated: every expression checked, every use of a name found.

Two graphs come out. `needs` is between names, the graph that a person knows, in which a cycle is an error. `order` is
what evaluation follows: the shape of a block (its `when`, `for_each`, `count`: how many it is) comes before its body, and a
reference only needs the shape of what it points to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from acsctl.model.schema import Field, Reference, Schemas
from acsctl.stack import expression, graph, parts
from acsctl.stack.document import Block, Document, Use
from acsctl.stack.expand import place_of
from acsctl.stack.problems import Problems, meant
from acsctl.stack.tree import Map, Node, Scalar, Seq

Stage = tuple[Literal["shape", "body", "kind"], str]
SHAPE_WORDS = ("for_each", "when", "count")


@dataclass
class Analysis:
    """What is known of the names of a document. `failed` are those that lie on a cycle."""

    needs: dict[str, dict[str, None]] = field(default_factory=dict)
    order: dict[Stage, dict[Stage, None]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def stages(self) -> list[Stage]:
        """All stages in an order in which each comes after what it uses."""
        return [stage for group in graph.components(self.order) for stage in group]


def analyse(document: Document, *, problems: Problems, schemas: Schemas) -> Analysis:
    """Check the expressions of a document and find what uses what. Cycles are problems."""
    return _Analyst(document, problems, schemas).run()


class _Analyst:
    def __init__(self, document: Document, problems: Problems, schemas: Schemas) -> None:
        self.document = document
        self.problems = problems
        self.schemas = schemas
        self.names = document.names
        self.visible = self.names | {"stack"}
        self.visible_each = self.visible | {"each"}
        self.variables = document.variables.keys() | {"stack"}
        self.result = Analysis()

    def run(self) -> Analysis:
        for name, entry in self.document.variables.items():
            default = entry.value.get("default") if isinstance(entry.value, Map) else None
            self._plain(name, default, allowed=self.document.variables.keys())
        for name, entry in self.document.locals.items():
            self._plain(name, entry.value, allowed=self.visible)
        for block in self.document.blocks.values():
            self._block(block)
        for use in self.document.uses.values():
            self._use(use)
        for output in self.document.outputs.values():
            self._expressions(output.value, self.visible)
        for key in ("stack", "region", "account", "record"):
            self._expressions(self.document.root.get(key), self.document.variables.keys())
        self._expressions(self.document.root.get("tags"), self.variables)
        self._cycles()
        return self.result

    def _plain(self, name: str, node: Node | None, *, allowed: Set[str]) -> None:
        used = self._expressions(node, allowed)
        self.result.needs[name] = dict.fromkeys(used)
        self.result.order[("body", name)] = {("body", other): None for other in used}

    def _block(self, block: Block) -> None:
        _shape, body = self._stages(block.name, block.body)
        late: dict[str, None] = {}
        for item, node in fields_of(block.body, block.schema.fields):
            assert item.meta.reference is not None
            for head in self._heads(node, reference=item.meta.reference, body=body):
                body[self._pointed(head)] = None
                if item.meta.reference.late:
                    late[head] = None
                else:
                    self.result.needs[block.name][head] = None
        self._needs(block.name, block=block.body, body=body)

    def _use(self, use: Use) -> None:
        _, body = self._stages(use.name, use.body)
        for name, entry in use.inputs.entries.items():
            declared = use.document.variables.get(name)
            kind = declared.value.get("type") if declared and isinstance(declared.value, Map) else None
            if isinstance(kind, Scalar) and kind.text in self.schemas:
                reference = Reference((kind.text,), "")
                for node in scalars_of(entry.value):
                    for head in self._heads(node, reference=reference, body=body):
                        body[("body", head)] = None
                        self.result.needs[use.name][head] = None
        self._needs(use.name, block=use.body, body=body)

    def _stages(self, name: str, body: Map) -> tuple[dict[Stage, None], dict[Stage, None]]:
        """The uses of the expressions of a block, entered into both graphs."""
        many = body.get("for_each") is not None
        needs = self.result.needs.setdefault(name, {})
        stages: dict[str, dict[Stage, None]] = {"shape": {}, "body": {("shape", name): None}}
        for key, entry in body.entries.items():
            used = self._expressions(entry.value, self.visible_each if many and key != "for_each" else self.visible)
            needs.update(dict.fromkeys(used))
            stages["shape" if key in SHAPE_WORDS else "body"].update({("body", other): None for other in used})
        self.result.order[("shape", name)] = stages["shape"]
        self.result.order[("body", name)] = stages["body"]
        return stages["shape"], stages["body"]

    def _expressions(self, node: Node | None, allowed: Set[str]) -> list[str]:
        """The names of the document that the expressions under a node use; what is wrong with them is noted."""
        used: dict[str, None] = {}
        for key in keys_of(node):
            if expression.has_expression(key.text):
                hint = "keys are taken as they are; an expression can make the whole mapping"
                self.problems.add(key.span, "a key holds no expression", hint=hint)
        for scalar in scalars_of(node):
            if expression.has_expression(scalar.text):
                used.update(dict.fromkeys(self._checked(scalar, allowed)))
        return [name for name in used if name in self.names]

    def _checked(self, scalar: Scalar, allowed: Set[str]) -> list[str]:
        try:
            text = expression.read(scalar.text)
        except expression.ExpressionError as error:
            self.problems.add(place_of(scalar, error.word), str(error), hint=error.hint)
            return []
        except parts.CutError as error:
            self.problems.add(place_of(scalar, ""), str(error), hint=error.hint)
            return []
        found = [name for piece in text.expressions for name in sorted(piece.names)]
        for name in found:
            if name not in allowed:
                self._undefined(scalar, name=name, allowed=allowed)
        return found

    def _undefined(self, scalar: Scalar, *, name: str, allowed: Set[str]) -> None:
        if name == "each":
            hint = "`each` stands for the member, in a block with `for_each`"
        elif name == "null":
            hint = "in an expression it is called `none`"
        elif name in self.names:
            hint = "only variables can be used here" if allowed <= self.variables else ""
        else:
            hint = meant(name, allowed, kind="names here:")
        self.problems.add(place_of(scalar, name), f"{name!r} is not known here", hint=hint)

    def _heads(self, node: Scalar, *, reference: Reference, body: dict[Stage, None]) -> list[str]:
        """The name that a reference begins with; one that is computed needs the shape of everything that it may be."""
        if not expression.has_expression(node.text):
            head = node.text.split(".")[0]
            return [head] if head in self.names else []
        head, dot, _ = node.text.partition("{{")[0].partition(".")
        if dot and head in self.names:
            return [head]
        for kind in reference.kinds:
            body[("kind", kind)] = None
            shapes = {("shape", block.name): None for block in self.document.blocks.values() if block.kind == kind}
            self.result.order.setdefault(("kind", kind), {}).update(shapes)  # type: ignore[arg-type]
        return []

    def _needs(self, name: str, *, block: Map, body: dict[Stage, None]) -> None:
        for node in scalars_of(block.get("needs")):
            head = node.text.split(".")[0]
            if head in self.names:
                self.result.needs[name][head] = None
                body[self._pointed(head)] = None

    def _pointed(self, head: str) -> Stage:
        """The stage that a reference to a name waits for: of a module it is the body, which has the outputs."""
        return ("shape" if head in self.document.blocks else "body", head)

    def _cycles(self) -> None:
        for cycle in graph.cycles(self.result.needs):
            self._report(cycle)
        known = set(self.result.failed)
        stages = {
            stage: [other for other in used if other[1] not in known]
            for stage, used in self.result.order.items()
            if stage[1] not in known
        }
        for found in graph.cycles(stages):
            self._report(list(dict.fromkeys(name for stage, name in found if stage != "kind")))

    def _report(self, cycle: list[str]) -> None:
        self.result.failed.update(cycle)
        titles = [self._title(name) for name in [*cycle, cycle[0]]]
        entry = next(
            (
                found
                for section in ("variables", "locals", "resources", "modules")
                if (node := self.document.section(section)) and (found := node.entries.get(cycle[0]))
            ),
            None,
        )
        message = f"{titles[0]} needs itself" if len(cycle) == 1 else f"these need each other: {' -> '.join(titles)}"
        self.problems.add(entry.key.span if entry else None, message, hint="take one of these uses out")

    def _title(self, name: str) -> str:
        block = self.document.blocks.get(name)
        return f"{block.kind}.{name}" if block else name


def scalars_of(node: Node | None) -> Iterator[Scalar]:
    """Every scalar under a node, keys left out."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from scalars_of(item)
    elif isinstance(node, Map):
        for entry in node.entries.values():
            yield from scalars_of(entry.value)


def keys_of(node: Node | None) -> Iterator[Scalar]:
    """Every key under a node."""
    if isinstance(node, Seq):
        for item in node.items:
            yield from keys_of(item)
    elif isinstance(node, Map):
        for entry in node.entries.values():
            yield entry.key
            yield from keys_of(entry.value)


def fields_of(node: Node | None, fields: Mapping[str, Field]) -> Iterator[tuple[Field, Scalar]]:
    """Every scalar that stands in a reference field, with the field."""
    rows = node.items if isinstance(node, Seq) else (node,)
    for row in rows:
        if isinstance(row, Map):
            for key, entry in row.entries.items():
                item = fields.get(key)
                if item and item.meta.reference:
                    yield from ((item, scalar) for scalar in scalars_of(entry.value))
                elif item and item.fields:
                    yield from fields_of(entry.value, item.fields)
