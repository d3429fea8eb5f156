"""A stack file, or a module's, taken apart: its blocks by name, every word checked, nothing evaluated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from acsctl.model.schema import Schema, Schemas
from acsctl.stack import tree, words
from acsctl.stack.problems import Failed, Problems, meant
from acsctl.stack.source import Source, Span
from acsctl.stack.tree import Entry, Map, Node, Scalar


@dataclass(frozen=True)
class Block:
    """A resource: its name, its body, and the schema of its kind."""

    name: str
    key: Scalar
    body: Map
    kind: str
    schema: Schema


@dataclass(frozen=True)
class Use:
    """A use of a module; `document` is the module's file, `source` the word that led to it."""

    name: str
    key: Scalar
    body: Map
    document: Document
    inputs: Map


@dataclass(frozen=True)
class Output:
    """An output: its value, and whether it may be secret."""

    key: Scalar
    value: Node
    secret: bool = False


@dataclass
class Document:
    """One file. Blocks with a problem of their own are in `broken`; `uses` are the `modules`, once they are followed."""

    source: Source
    root: Map
    module: bool = False
    variables: dict[str, Entry] = field(default_factory=dict)
    locals: dict[str, Entry] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    modules: dict[str, Entry] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        """Every name of the file, those with a problem of their own included."""
        return {*self.variables, *self.locals, *self.blocks, *self.modules, *self.broken}

    def section(self, name: str) -> Map | None:
        """A top-level mapping, None where it is not written or is something else."""
        node = self.root.get(name)
        return node if isinstance(node, Map) else None


def read(source: Source, problems: Problems, *, schemas: Schemas, module: bool = False) -> Document:
    """Take a file apart. Modules are not followed yet. Raises Failed where there is nothing to go on with."""
    root = tree.parse(source, problems)
    begin = Span(source, 0, min(1, len(source.text)))
    if root is None or tree.is_null(root):
        raise problems.add(begin, "the file is empty", hint="begin with `stack: NAME` and `region: REGION`")
    if not isinstance(root, Map):
        raise problems.add(root.span, "a stack file is a mapping", hint="begin with `stack: NAME` and `region: REGION`")
    document = Document(source, root, module=module)
    _Reader(document, problems, schemas).read()
    return document


_NAME_HINT = "a name is small letters, digits and `_`, and begins with a letter"


class _Reader:
    def __init__(self, document: Document, problems: Problems, schemas: Schemas) -> None:
        self.document = document
        self.problems = problems
        self.schemas = schemas
        self.seen: dict[str, Span] = {}

    def read(self) -> None:
        self._top()
        for name, entry in self._names("variables"):
            self.document.variables[name] = entry
        for name, entry in self._names("locals"):
            self.document.locals[name] = entry
        for name, entry in self._names("resources"):
            self._block(name, entry)
        self.document.modules = dict(self._names("modules"))
        for name, entry in self._outputs():
            self._output(name, entry)

    def _top(self) -> None:
        allowed = words.MODULE_TOP if self.document.module else words.TOP
        for key, entry in self.document.root.entries.items():
            if key in allowed or key.startswith("x-"):
                continue
            if self.document.module and key in words.TOP:
                self.problems.add(
                    entry.key.span, f"a module has no {key!r}", hint="it belongs to the stack that uses the module"
                )
                continue
            close = meant(key, allowed, kind="a stack has")
            self.problems.add(entry.key.span, f"a stack has no {key!r}", hint=words.of_others(key) or close)
        if not self.document.module:
            for key in ("stack", "region"):
                if self.document.root.get(key) is None:
                    begin = Span(self.document.source, 0, 1)
                    self.problems.add(
                        begin,
                        f"the stack has no {key!r}",
                        hint=f"write `{key}: {'cn-hangzhou' if key == 'region' else 'NAME'}`",
                    )

    def _names(self, section: str) -> Iterable[tuple[str, Entry]]:
        for key, entry in self.mapping(section):
            if not words.NAME.fullmatch(key):
                self.problems.add(entry.key.span, f"{key[:60]!r} is not a name", hint=_NAME_HINT)
            elif key in words.RESERVED or key in words.OPERATORS:
                self.problems.add(entry.key.span, f"the name {key!r} is taken by the language", hint="choose another")
            elif key in self.seen:
                first = self.seen[key].place.line
                hint = f"variables, locals, resources and modules share one name space; the first is in line {first}"
                self.problems.add(entry.key.span, f"the name {key!r} is used twice", hint=hint)
            else:
                self.seen[key] = entry.key.span
                yield key, entry

    def mapping(self, section: str) -> list[tuple[str, Entry]]:
        node = self.document.root.get(section)
        if node is None:
            return []
        if not isinstance(node, Map):
            self.problems.add(
                node.span, f"`{section}` is a mapping of names", hint=f"write `{section}:` and one name a line, indented"
            )
            return []
        return list(node.entries.items())

    def _block(self, name: str, entry: Entry) -> None:
        try:
            self.document.blocks[name] = self._checked(name, entry)
        except Failed:
            self.document.broken.add(name)

    def _checked(self, name: str, entry: Entry) -> Block:
        body = entry.value
        if not isinstance(body, Map):
            raise self.problems.add(
                body.span if not tree.is_null(body) else entry.key.span,
                f"{name} is no resource",
                hint="a resource is a mapping with a `kind`",
            )
        kind = body.get("kind")
        if kind is None:
            other = next((body.entries[word] for word in ("type", "Type") if word in body.entries), None)
            hint = words.of_others("type") if other else meant("", self.schemas, kind="kinds:")
            raise self.problems.add((other or entry).key.span, f"{name} has no 'kind'", hint=hint)
        if not isinstance(kind, Scalar) or kind.text not in self.schemas:
            text = kind.text if isinstance(kind, Scalar) else ""
            plain = re.sub(r"^(alicloud|alibabacloud|aliyun)_", "", text)
            raise self.problems.add(
                kind.span,
                f"there is no kind {text[:60]!r}" if text else "a kind is a word",
                hint=meant(plain, self.schemas, kind="kinds:"),
            )
        block = Block(name, entry.key, body, kind.text, self.schemas[kind.text])
        self._words(block)
        return block

    def _words(self, block: Block) -> None:
        title = f"{block.kind}.{block.name}"
        if block.body.get("existing") is not None:
            for key, entry in block.body.entries.items():
                if key not in words.BESIDE_EXISTING and not tree.is_null(entry.value):
                    hint = "beside `existing` stand only kind, when, for_each and needs: it is looked up and never changed"
                    self.problems.add(entry.key.span, f"{title} is existing and cannot have {key!r}", hint=hint)
            return
        allowed = {*words.RESOURCE, *block.schema.fields, *(("count",) if block.schema.fleet else ())}
        for key, entry in block.body.entries.items():
            if key not in allowed:
                self.problems.add(entry.key.span, f"{title} has no field {key!r}", hint=field_hint(key, allowed, block=block))

    def _outputs(self) -> Iterable[tuple[str, Entry]]:
        for key, entry in self.mapping("outputs"):
            if words.NAME.fullmatch(key):
                yield key, entry
            else:
                self.problems.add(entry.key.span, f"{key[:60]!r} is not a name", hint=_NAME_HINT)

    def _output(self, name: str, entry: Entry) -> None:
        value = entry.value
        secret = False
        if isinstance(value, Map) and "value" in value.entries and value.entries.keys() <= words.OUTPUT:
            word = value.get("secret")
            if word is not None and not (isinstance(word, Scalar) and isinstance(word.value, bool)):
                self.problems.add(word.span, "`secret` is true or false", hint="write `secret: true`")
            secret = isinstance(word, Scalar) and word.value is True
            value = value.entries["value"].value
        self.document.outputs[name] = Output(entry.key, value, secret)


def field_hint(key: str, allowed: Collection[str], *, block: Block) -> str:
    """What to say about a field that a kind does not have."""
    if key == "count":
        return "only fleets have a count; `for_each` makes many of other kinds"
    other = words.of_others(key) if key not in ("name", "version", "data") else ""
    return other or f"{meant(key, allowed, kind='it has')}   (acsctl explain {block.kind})"
