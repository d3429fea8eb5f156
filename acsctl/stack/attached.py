"""Reads the files and folders that a field of a resource names: the user's own by path or pattern, shipped ones by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from acsctl.model.field import Field, Files, FileText, Folder
from acsctl.model.unknown import Deferred, Secret
from acsctl.stack import files, leaves, shipped
from acsctl.stack.expand import SPOILED
from acsctl.stack.problems import Failed, meant
from acsctl.stack.session import Session, inside
from acsctl.stack.tree import Node, Scalar, Seq

if TYPE_CHECKING:
    from acsctl.stack.source import Source

MAX_FILES = 1_000
MAX_BYTES = 64_000_000
_ARCHIVES = (".tgz", ".tar.gz")
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Attached:
    """The files of one resource. What is read counts among the files of the stack."""

    session: Session
    address: str

    def read(self, node: Node, item: Field) -> list[FileText | Folder]:
        """The texts of all files that a field names, in the order of the file, those of a pattern by name. Raises Failed."""
        rules = item.meta.files
        assert rules is not None
        found: list[FileText | Folder] = []
        spoiled = False
        for row in node.items if isinstance(node, Seq) else (node,):
            try:
                found += self._named(row, item=item, rules=rules)
            except Failed:
                spoiled = True
        if spoiled:
            raise Failed(item.name)
        return list({text.path: text for text in found}.values())

    def _named(self, node: Node, *, item: Field, rules: Files) -> Sequence[FileText | Folder]:
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
        if rules.url:
            return [Folder(path, stack=self.session.identity.get("name", ""), address=self.address, name=path)]
        if rules.folder:
            return [self._folder(path, node=node)]
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

    def _folder(self, path: str, *, node: Scalar) -> Folder:
        source = node.span.source
        found = inside(source, path)
        if found is None:
            raise self._outside(path, node)
        if not found.is_dir() and not (found.is_file() and found.name.endswith(_ARCHIVES)):
            hint = "paths are relative to the file they stand in"
            raise self.session.problems.add(node.span, f"{path[:100]} is no folder and no archive", hint=hint)
        try:
            listing = listed(found, fence=source.fence)
        except ValueError as error:
            raise self.session.problems.add(node.span, f"{path[:100]} {error}") from error
        name = self.session.saw(found, listing)
        stack, shown = self.session.identity.get("name", ""), _shown(source, source.folder / path)
        return Folder(shown, str(found), str(source.fence), listing, stack=stack, address=self.address, name=name)

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


def listed(folder: Path, *, fence: Path) -> str:
    """A digest and the name of each file in a folder, hidden ones left out, or of an archive. Raises ValueError."""
    paths = sorted(path for path in _visible(folder) if path.is_file()) if folder.is_dir() else [folder]
    if len(paths) > MAX_FILES:
        raise ValueError(f"has more than {MAX_FILES:,} files in it")
    if any(not path.resolve().is_relative_to(fence) for path in paths):
        raise ValueError("has a link in it that leads out of the stack's folder")
    if sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES // 1_000_000} MB in it")
    base = folder if folder.is_dir() else folder.parent
    return "".join(f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(base).as_posix()}\n" for path in paths)


def _visible(folder: Path) -> Iterator[Path]:
    """Also leaves out the record of a stack, which every run changes."""
    for path in folder.iterdir():
        if not path.name.startswith("."):
            yield path
            yield from _visible(path) if path.is_dir() and not path.is_symlink() else ()


def _shown(source: Source, path: Path) -> str:
    """The path as a person finds it from where the stack is named."""
    base = Path(source.name).parent
    return str(base / path.relative_to(source.folder)) if path.is_relative_to(source.folder) else str(path)
