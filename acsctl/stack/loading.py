"""The way from a path to a Stack, step by step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from acsctl.model.resource import Stack
from acsctl.model.schema import Reference, Schemas
from acsctl.stack import analysis, calling, document, files, finish, modules, moved, plainly, variables, words
from acsctl.stack.document import Document
from acsctl.stack.evaluate import Surroundings
from acsctl.stack.expand import Expander
from acsctl.stack.instance import Instance
from acsctl.stack.members import FAILED, Result, Setting
from acsctl.stack.problems import Failed, TooMany
from acsctl.stack.references import Resolver
from acsctl.stack.session import Inputs, Session
from acsctl.stack.views import Named


def load(path: Path, variables: Inputs, schemas: Schemas) -> Stack:
    """Read, check and evaluate the stack at `path`. Raises StackError with every problem found."""
    session = Session(schemas, variables)
    stack: Stack | None = None
    with contextlib.suppress(Failed, TooMany):
        stack = _Loader(session, files.locate(path, session.problems)).run()
    session.problems.raise_if_any()
    assert stack is not None  # Failed comes with a problem
    return stack


@dataclass(frozen=True)
class _Identity:
    name: str
    region: str
    account: str
    record: str


class _Loader:
    def __init__(self, session: Session, path: Path) -> None:
        self.session = session
        self.path = path
        self.problems = session.problems

    def run(self) -> Stack:
        source = files.read(self.path, self.problems, text=self.session.inputs.text)
        self.session.folder = source.folder
        self.session.saw(self.path, source.text)
        root = document.read(source, self.problems, schemas=self.session.schemas)
        modules.follow(root, self.session)
        self._prepare(root)
        names = calling.bind(root, session=self.session, given=self._given(root))
        identity = self._identity(root, names)
        instance = Instance(root, self.session, setting=Setting(), given=names, call=calling.module)
        result = instance.run(self.session.analyses[source.name])
        # A name without a value and without a problem would vanish from the stack in silence.
        assert self.problems or not any(named.failed for named in instance.names.values())
        stack = self._stack(root, identity=identity, result=result)
        given = {name: finish.given(named.value) for name, named in names.items() if name in root.variables}
        return replace(stack, files=self.session.files, values=self.session.values, variables=given)

    def _prepare(self, found: Document) -> None:
        """Analyse a document and all modules below it, each once."""
        name = found.source.name
        if name in self.session.analyses:
            return
        self.session.analyses[name] = analysis.analyse(found, problems=self.problems, schemas=self.session.schemas)
        declared = self.session.variables[name] = {}
        for variable, entry in found.variables.items():
            try:
                declared[variable] = variables.declared(
                    variable, entry=entry, problems=self.problems, schemas=self.session.schemas
                )
            except Failed:
                continue
        for use in found.uses.values():
            self._prepare(use.document)

    def _given(self, root: Document) -> dict[str, Named]:
        declared = self.session.variables[root.source.name]
        found: dict[str, Named] = {}
        for name, node in variables.given(declared, self.session).items():
            variable = declared[name]
            try:
                if variable.is_reference:
                    reference = Reference((variable.type,), self.session.schemas[variable.type].ids)
                    found[name] = Named(Resolver(lambda text: None, lambda kinds: [], self.problems).given(node, reference))
                else:
                    found[name] = Named(variables.read(variable, node=node, problems=self.problems))
            except Failed:
                found[name] = FAILED
        return found

    def _identity(self, root: Document, names: dict[str, Named]) -> _Identity:
        around = Surroundings(lambda name: names.get(name, FAILED), self.session.functions(root.source), self.session.sandbox)
        expander = Expander(around, self.problems)
        checks: dict[str, Callable[[str], str]] = {
            "stack": lambda text: (
                "" if words.STACK.fullmatch(text) else "small letters, digits and `-`, at most 40, beginning with a letter"
            ),
            "region": lambda text: "" if words.REGION.fullmatch(text) else "the id of a region, such as cn-hangzhou",
            "account": lambda text: "" if text.isascii() and text.isdecimal() else "the number of an account",
            "record": words.record_hint,
        }
        found: dict[str, str] = {}
        for key, check in checks.items():
            node = root.root.get(key)
            try:
                found[key] = "" if node is None else plainly.text(expander.node(node), key, self.problems)
            except Failed:
                continue
            wanted = check(found[key]) if node is not None else ""
            if wanted and node is not None:
                self.problems.add(node.span, f"{found[key][:60]!r} cannot be the {key}", hint=wanted)
        identity = _Identity(found.get("stack", ""), found.get("region", ""), found.get("account", ""), found.get("record", ""))
        self.session.identity.update(name=identity.name, region=identity.region, account=identity.account)
        return identity

    def _stack(self, root: Document, *, identity: _Identity, result: Result) -> Stack:
        resources = finish.settle_edges(result)
        finish.find_cycles(resources, problems=self.problems, document=root)
        finish.check(result, resources=resources, problems=self.problems, schemas=self.session.schemas)
        pairs = moved.read(root.root.get("moved"), resources=resources, problems=self.problems, kinds=self.session.schemas)
        values, secret = finish.outputs(root, found=result.outputs, problems=self.problems)
        return Stack(
            name=identity.name,
            region=identity.region,
            account=identity.account,
            resources=resources,
            moved=pairs,
            outputs=values,
            secret_outputs=secret,
            record=identity.record,
            file=str(self.path),
        )
