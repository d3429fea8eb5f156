"""Kustomizations: a folder is built by `kustomize`, or by `kubectl kustomize`, into the text of manifests.

What a kustomization loads lies in the folder of the stack: what is on another machine is refused before anything is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from acsctl.kube import tools
from acsctl.kube.documents import Document, DocumentError, read
from acsctl.kube.tools import Call, ToolError

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LOADED = ("resources", "bases", "components", "crds")
_MAX_FOLDERS = 200


class PlacedError(ToolError):
    """Something is wrong in a file; `line` counts from 1, 0 where it is not known."""

    def __init__(self, message: str, *, file: Path, line: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line


def build(folder: Path, *, fence: Path) -> str:
    """The manifests that a folder makes. Raises ToolError; PlacedError where a file is at fault."""
    program = tools.find("kustomize", "kubectl")
    if program is None:
        hint = "install kustomize or kubectl (https://kubernetes.io/docs/tasks/tools)"
        raise ToolError("neither kustomize nor kubectl is on the PATH", hint=hint)
    check(folder, fence=fence)
    verb = "kustomize" if Path(program).name.startswith("kubectl") else "build"
    return tools.run(program, Call((verb, str(folder))))


def file_of(folder: Path) -> Path | None:
    """The kustomization in a folder."""
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def check(folder: Path, *, fence: Path) -> None:
    """Raises ToolError for a folder without a kustomization, PlacedError for one that loads what is not in `fence`."""
    waiting, seen = [folder], set[Path]()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        file = file_of(here)
        if file is None:
            raise ToolError(f"{_shown(here, fence)} has no kustomization.yaml", hint=f"it needs one of {', '.join(FILES)}")
        if len(seen) > _MAX_FOLDERS:
            raise PlacedError(f"more than {_MAX_FOLDERS} folders belong to it", file=file)
        waiting += _folders(file, fence)


def _folders(file: Path, fence: Path) -> Iterator[Path]:
    """The folders that a kustomization loads."""
    for document in _documents(file):
        for path, entry in _entries(document.value):
            line = document.at(path)
            found = Path(os.path.realpath(file.parent / entry))
            if "://" in entry or not (found.is_dir() or found.is_file()):
                hint = "what a stack is made of lies in its folder: load it down once"
                raise PlacedError(f"{entry[:100]} is not a file or a folder here", file=file, line=line, hint=hint)
            if not found.is_relative_to(fence):
                hint = "a file lies in the stack's folder, links included"
                raise PlacedError(f"{entry[:100]} is outside of the stack's folder", file=file, line=line, hint=hint)
            if found.is_dir():
                yield found


def _documents(file: Path) -> list[Document]:
    try:
        return read(file.read_text(encoding="utf-8"))
    except DocumentError as error:
        raise PlacedError(str(error), file=file, line=error.line) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PlacedError("it cannot be read as UTF-8 text", file=file) from error


def _entries(value: Any) -> Iterator[tuple[str, str]]:
    for word in _LOADED:
        rows = value.get(word) if isinstance(value, Mapping) else None
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, str) and "\n" not in row:
                yield f"{word}.{index}", row


def _shown(folder: Path, fence: Path) -> str:
    return str(folder.relative_to(fence)) if folder.is_relative_to(fence) and folder != fence else folder.name
