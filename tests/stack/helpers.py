"""What the tests of the language share: loading a text, and showing what came of it as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from acsctl.errors import Problem
from acsctl.model.resource import Desired, Stack
from acsctl.model.unknown import Deferred, Ref, Secret
from acsctl.stack import Inputs, load
from tests.stack.kinds import SCHEMAS

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file."""
    return yaml.safe_load((CASES / name).read_text(encoding="utf-8"))


def load_text(folder: Path, text: str | bytes, *, case: Mapping[str, Any] | None = None) -> Stack:
    """Load a text as `folder/stack.yaml`; `case` may bring `files`, `var`, `var_files` and `env`."""
    case = case or {}
    for name, content in case.get("files", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    path = folder / "stack.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    files = tuple(folder / name for name in case.get("var_files", ()))
    return load(path, Inputs(case.get("var", {}), files, case.get("env", {})), SCHEMAS)


def head(text: str) -> str:
    """A text with the two lines that every stack begins with, unless it has its own."""
    return text if text.startswith(("stack:", "#")) else f"stack: shop\nregion: cn-hangzhou\n{text}"


def plain(value: Any) -> Any:
    """A value with words in the place of what is no data."""
    if isinstance(value, Ref):
        return f"-> {value}"
    if isinstance(value, Deferred):
        return f"(after {', '.join(sorted(map(str, value.reads)))})" + (" (secret)" if value.secret else "")
    if isinstance(value, Secret):
        return f"(secret {value.reveal()})"
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def resource(desired: Desired) -> dict[str, Any]:
    """A resource as plain data: its spec, and the common words that are set."""
    words: dict[str, Any] = {
        "$edges": sorted(map(str, desired.edges)),
        "$tags": plain(desired.tags),
        "$count": desired.count,
        "$existing": dict(desired.existing.query) if desired.existing else None,
        "$adopt": list(desired.adopt),
        "$protect": desired.protect,
        "$retain": desired.retain,
        "$ignore": list(desired.ignore),
        "$timeout": desired.timeout,
        "$absent": desired.absent,
    }
    return {**plain(desired.spec), **{word: value for word, value in words.items() if value not in (None, [], {}, False, "")}}


def shown(problem: Problem, folder: Path) -> str:
    """A problem as one line: place, message, hint."""
    place = str(problem.place).replace(f"{folder}/", "").removeprefix("stack.yaml:")
    return f"{place}: {problem.message}" + (f" | {problem.hint}" if problem.hint else "")
