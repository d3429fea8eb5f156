"""What one load carries through all its files: inputs, schemas, problems, the meter, and what was read on the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acsctl import sandbox
from acsctl.model.schema import Schemas
from acsctl.stack import functions, shipped
from acsctl.stack.problems import Problems
from acsctl.stack.source import MAX_BYTES, Source, Span

if TYPE_CHECKING:  # both look at documents, which know no session
    from acsctl.stack.analysis import Analysis
    from acsctl.stack.variables import Variable

MAX_RESOURCES = 10_000
MAX_EDGES = 250_000


@dataclass(frozen=True)
class Inputs:
    """What comes from outside: `values` from --var, `files` from --var-file in their order, and the environment.

    The environment is handed in; nothing here reads it from the process. `text` stands for what the stack file says, to try
    what would come of it.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass
class Session:
    """The state of one load. `identity` is what `stack.name`, `.region` and `.account` give, once they are known.

    `analyses` and `variables` are those of each document, by the name of its source. `files` are the texts that the stack was
    made from, by their path from `folder`, and `values` what env() and file() gave.
    """

    schemas: Schemas
    inputs: Inputs
    problems: Problems = field(default_factory=Problems)
    identity: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    files: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    analyses: dict[str, Analysis] = field(default_factory=dict)
    variables: dict[str, dict[str, Variable]] = field(default_factory=dict)
    made: int = 0
    edges: int = 0
    sandbox: sandbox.Sandbox = field(default_factory=lambda: sandbox.Sandbox(functions.PURE, more=functions.AS_FILTERS))

    def saw(self, path: Path, text: str) -> str:
        """Remember a file that the stack was made from. Returns its name, which is the same in every checkout."""
        name = self.name_of(path)
        self.files[name] = text
        return name

    def name_of(self, path: Path) -> str:
        """The path of a file from the stack's folder; `shipped:` and the path among what comes with acsctl."""
        path, templates = path.resolve(), shipped.templates()
        if templates and path.is_relative_to(templates):
            return f"shipped:{path.relative_to(templates).as_posix()}"
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)

    def count_one(self, span: Span) -> None:
        """Count a resource or a module that `for_each` made. Raises TooMany beyond the bound."""
        self.made += 1
        if self.made > MAX_RESOURCES:
            raise self.problems.stop(
                span, f"the stack has more than {MAX_RESOURCES:,} resources", hint="split it into several stacks"
            )

    def count_edges(self, count: int, span: Span) -> None:
        """Count what a resource waits for. Raises TooMany beyond the bound."""
        self.edges += count
        if self.edges > MAX_EDGES:
            hint = "name single members where not all are needed"
            raise self.problems.stop(span, f"the resources wait for each other in more than {MAX_EDGES:,} ways", hint=hint)

    def functions(self, source: Source) -> dict[str, Callable[..., Any]]:
        """The functions as a file sees them: `env` and `file` are bound to it."""

        def env(name: Any, default: str | None = None) -> str:
            if not isinstance(name, str):
                raise TypeError("env() takes the name of a variable of the environment")
            value = self.inputs.environ.get(name, default)
            if value is None:
                raise ValueError(f"the environment has no {name[:60]}; give a default: env('{name[:60]}', '')")
            self.values[f"env {name}"] = value
            return value

        def file(path: str) -> str:
            text = read_inside(source, path)
            self.values[f"file {self.name_of(source.folder / path)}"] = text
            return text

        return {**functions.PURE, "env": env, "file": file}


def read_inside(source: Source, path: Any) -> str:
    """The text of a file that `source` names. Raises ValueError where it is outside of the stack's folder or no text."""
    if not isinstance(path, str) or not path:
        raise TypeError("file() takes a path")
    found = inside(source, path)
    if found is None:
        raise ValueError(f"{path[:100]} is outside of the stack's folder")
    try:
        with found.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path[:100]} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ValueError(f"{path[:100]} is larger than 1 MB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path[:100]} is not UTF-8 text") from error


def inside(source: Source, path: str) -> Path | None:
    """`path` as the file `source` means it; None where it leaves the stack's folder, through links too."""
    try:
        found = Path(os.path.realpath(source.folder / path))
    except (OSError, ValueError):
        return None
    return found if found.is_relative_to(source.fence) else None
