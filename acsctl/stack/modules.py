"""Finds and reads the files of modules: shipped ones by name, the user's own by path."""

from __future__ import annotations

from pathlib import Path

from acsctl.stack import document, expression, files, shipped, words
from acsctl.stack.document import Document, Use
from acsctl.stack.problems import Failed, meant
from acsctl.stack.session import Session, inside
from acsctl.stack.source import Source
from acsctl.stack.tree import Entry, Map, Scalar

MAX_DEPTH = 8


def follow(parent: Document, session: Session) -> None:
    """Read every module that `parent` uses, and those that they use, into `parent.uses`."""
    _Follower(session).follow(parent, ())


class _Follower:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.problems = session.problems
        self.documents: dict[Path, Document] = {}

    def follow(self, parent: Document, above: tuple[Path, ...]) -> None:
        for name, entry in parent.modules.items():
            try:
                parent.uses[name] = self._use(name, entry=entry, parent=parent, above=above)
            except Failed:
                parent.broken.add(name)

    def _use(self, name: str, *, entry: Entry, parent: Document, above: tuple[Path, ...]) -> Use:
        body = entry.value
        if not isinstance(body, Map):
            raise self.problems.add(
                entry.key.span, f"the module {name} is a mapping", hint="write `source:` and `inputs:` under it"
            )
        for key, item in body.entries.items():
            if key not in words.MODULE:
                hint = words.of_others(key) or meant(key, words.MODULE, kind="a module has")
                self.problems.add(
                    item.key.span,
                    f"a module has no {key!r}",
                    hint=hint if key != "name" else meant(key, words.MODULE, kind="a module has"),
                )
        source = body.get("source")
        if not isinstance(source, Scalar) or expression.has_expression(source.text):
            where = source.span if source else entry.key.span
            raise self.problems.add(
                where, f"the module {name} needs a plain 'source'", hint=f"a folder, or one of {', '.join(available())}"
            )
        inputs = body.get("inputs") or Map(entry.key.span)
        if not isinstance(inputs, Map):
            raise self.problems.add(inputs.span, "`inputs` is a mapping", hint="write one variable of the module a line")
        return Use(name, entry.key, body, self._document(source, parent=parent, above=above), inputs)

    def _document(self, source: Scalar, *, parent: Document, above: tuple[Path, ...]) -> Document:
        path, fence = self._find(source, parent.source)
        if path in above or path == parent.source.folder / files.STACK_FILE or len(above) >= MAX_DEPTH:
            hint = "a module cannot use itself" if len(above) < MAX_DEPTH else f"modules go {MAX_DEPTH} deep at most"
            raise self.problems.add(source.span, f"the module {source.text[:60]!r} contains itself", hint=hint)
        if path not in self.documents:
            text = files.read(path, self.problems, fence=fence, name=_shown(path, fence=fence, parent=parent.source))
            self.session.saw(path, text.text)
            self.documents[path] = document.read(text, self.problems, schemas=self.session.schemas, module=True)
            self.follow(self.documents[path], (*above, path))
        return self.documents[path]

    def _find(self, source: Scalar, parent: Source) -> tuple[Path, Path]:
        """The module's file, and the folder that its own paths stay in."""
        own = inside(parent, source.text)
        if own is None:
            raise self.problems.add(
                source.span,
                f"{source.text[:60]} is outside of the stack's folder",
                hint="a module lies in the stack's folder or is shipped",
            )
        for path in (own, own / files.STACK_FILE):
            if path.is_file():
                return path, parent.fence
        folder = shipped.templates()
        if folder and source.text in available():
            path = folder / source.text / files.STACK_FILE
            return path, path.parent
        ours = meant(source.text, available(), kind="shipped ones are")
        hint = f"write the path of a folder with a {files.STACK_FILE}" + (f"; {ours}" if ours else "")
        raise self.problems.add(source.span, f"there is no module {source.text[:60]!r}", hint=hint)


def available() -> list[str]:
    """The names of the shipped modules."""
    folder = shipped.templates()
    return sorted(path.parent.name for path in folder.glob(f"*/{files.STACK_FILE}")) if folder else []


def _shown(path: Path, *, fence: Path, parent: Source) -> str:
    """The name of a module's file as a person finds it from where the stack is named."""
    base = Path(parent.name).parent
    if path.is_relative_to(parent.folder):
        return str(base / path.relative_to(parent.folder))
    return f"templates/{path.parent.name}/{path.name}" if fence == path.parent else str(path)
