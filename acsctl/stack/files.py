"""Reading the files of a stack: what is refused before anything looks inside."""

from __future__ import annotations

from pathlib import Path

from acsctl.errors import Place, Problem
from acsctl.stack.problems import Failed, Problems
from acsctl.stack.source import MAX_BYTES, Source

STACK_FILE = "stack.yaml"


def locate(path: Path, problems: Problems) -> Path:
    """The stack file that `path` means: itself, or the `stack.yaml` of a folder. Raises Failed where there is none."""
    if not path.is_dir():
        return path
    inside = path / STACK_FILE
    if inside.is_file():
        return inside
    others = sorted(found.name for found in path.iterdir() if found.suffix in (".yaml", ".yml"))
    hint = f"name the file: {path / others[0]}" if others else "`acsctl init` writes one"
    raise _refuse(problems, str(path), message=f"there is no {STACK_FILE} in this folder", hint=hint)


def read(path: Path, problems: Problems, *, fence: Path | None = None, name: str = "", text: str | None = None) -> Source:
    """The text of a file as a source; `text` instead of what stands in it.

    Raises Failed, with the problem noted, where it cannot be read as text.
    """
    shown = name or str(path)
    problems.visit(shown)
    if text is None:
        text = _decode(_bytes(path, problems, shown=shown), problems, shown=shown)
    folder = path.parent.resolve()
    return Source(shown, text, folder, fence or folder)


def _decode(data: bytes, problems: Problems, *, shown: str) -> str:
    """UTF-8 text of at most 1 MB without control characters. Raises Failed otherwise."""
    if len(data) > MAX_BYTES:
        raise _refuse(problems, shown, message="the file is larger than 1 MB", hint="split it into modules")
    if b"\x00" in data:
        raise _refuse(problems, shown, message="this is a binary file, not a text", hint="a stack is YAML text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refuse(problems, shown, message=f"line {line} is not UTF-8", hint="save the file as UTF-8") from error


def _bytes(path: Path, problems: Problems, *, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _refuse(
            problems, shown, message="there is no such file", hint="check the path; `acsctl init` writes a stack to begin with"
        ) from error
    except OSError as error:
        raise _refuse(
            problems, shown, message=f"the file cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error
    except ValueError as error:  # a NUL in the path
        raise _refuse(problems, shown, message="this is not a path", hint="check the path") from error


def _refuse(problems: Problems, shown: str, *, message: str, hint: str) -> Failed:
    problems.put(Problem(Place(shown), message, hint=hint))
    return Failed(message)
