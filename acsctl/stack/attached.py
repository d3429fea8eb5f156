"""Reads the files that a field of a resource names: the user's own by path or pattern, shipped ones by their name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acsctl.model.field import Field, Files, FileText
from acsctl.model.unknown import Deferred, Secret
from acsctl.stack import files, leaves, shipped
from acsctl.stack.expand import SPOILED
from acsctl.stack.problems import Failed, meant
from acsctl.stack.session import Session, inside
from acsctl.stack.tree import Node, Scalar, Seq

if TYPE_CHECKING:
    from acsctl.stack.source import Source

MAX_FILES = 1_000
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Attached:
    """The files of one resource. What is read counts among the files of the stack."""

    session: Session
    address: str

    def read(self, node: Node, item: Field) -> list[FileText]:
        """The texts of all files that a field names, in the order of the file, those of a pattern by name. Raises Failed."""
        rules = item.meta.files
        assert rules is not None
        found: list[FileText] = []
        spoiled = False
        for row in node.items if isinstance(node, Seq) else (node,):
            try:
                found += self._named(row, item=item, rules=rules)
            except Failed:
                spoiled = True
        if spoiled:
            raise Failed(item.name)
        return list({text.path: text for text in found}.values())

    def _named(self, node: Node, *, item: Field, rules: Files) -> list[FileText]:
        problems = self.session.problems
        if not isinstance(node, Scalar):
            raise problems.add(node.span, f"{item.name}: the path of a file is wanted", hint=item.doc)
        if node.value is SPOILED:
            raise Failed(item.name)
        if isinstance(node.value, (Deferred, Secret)):
            hint = "use variables, or fields that are written in the file"
            raise problems.add(node.span, f"{item.name}: the path of a file must be known, and in the open", hint=hint)
        try:
            path = str(leaves.typed(node, "text"))
        except leaves.LeafError as error:
            raise problems.add(node.span, f"{item.name}: {error}", hint=error.hint or item.doc) from error
        if rules.shipped and _WORD.fullmatch(path):
            return [self._shipped(path, node=node, rules=rules)]
        if rules.globs and _PATTERN.search(path):
            return self._matching(path, node=node)
        return [self._own(path, node=node)]

    def _shipped(self, name: str, *, node: Scalar, rules: Files) -> FileText:
        folder = shipped.templates()
        path = folder / f"{name}{rules.shipped}" if folder else None
        if path is None or not path.is_file():
            known = (
                sorted(found.name.removesuffix(rules.shipped) for found in folder.glob(f"*{rules.shipped}")) if folder else []
            )
            hint = meant(name, known, kind="shipped are") or "a file of your own is named by its path, such as ./web.yaml"
            raise self.session.problems.add(node.span, f"there is no template {name!r}", hint=hint)
        return self._text(path, fence=path.parent, shown=f"templates/{path.name}")

    def _own(self, path: str, *, node: Scalar) -> FileText:
        source = node.span.source
        found = inside(source, path)
        if found is None:
            raise self._outside(path, node)
        if not found.is_file():
            what = (
                "is a folder: name its files, such as " + path.rstrip("/") + "/*.yaml" if found.is_dir() else "does not exist"
            )
            raise self.session.problems.add(
                node.span, f"{path[:100]} {what}", hint="paths are relative to the file they stand in"
            )
        return self._text(found, fence=source.fence, shown=_shown(source, source.folder / path))

    def _matching(self, pattern: str, *, node: Scalar) -> list[FileText]:
        source = node.span.source
        try:
            matches = sorted(path for path in source.folder.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError, OSError):
            raise self._outside(pattern, node) from None
        if any(inside(source, str(path)) is None for path in matches):
            raise self._outside(pattern, node)
        if not matches or len(matches) > MAX_FILES:
            many = f"matches more than {MAX_FILES:,} files" if matches else "matches no file"
            hint = "paths are relative to the file they stand in"
            raise self.session.problems.add(node.span, f"{pattern[:100]} {many}", hint=hint)
        return [self._text(path, fence=source.fence, shown=_shown(source, path)) for path in matches]

    def _text(self, path: Path, *, fence: Path, shown: str) -> FileText:
        text = files.read(path, self.session.problems, fence=fence, name=shown).text
        return FileText(shown, text, self.session.identity.get("name", ""), self.address, name=self.session.saw(path, text))

    def _outside(self, path: str, node: Scalar) -> Failed:
        hint = "a file lies in the stack's folder, links included"
        return self.session.problems.add(node.span, f"{path[:100]} is outside of the stack's folder", hint=hint)


def _shown(source: Source, path: Path) -> str:
    """The path as a person finds it from where the stack is named."""
    base = Path(source.name).parent
    return str(base / path.relative_to(source.folder)) if path.is_relative_to(source.folder) else str(path)
