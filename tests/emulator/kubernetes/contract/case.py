"""Cases and their steps, read from cases/*.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
TYPES = {
    "apply": "application/apply-patch+yaml",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json-patch": "application/json-patch+json",
}


@dataclass(frozen=True)
class Step:
    do: str
    type: str = "application/json"
    body: Any = None
    accept: str = "application/json"
    user: str = ""
    save: dict[str, str] = field(default_factory=dict)
    until: dict[str, Any] = field(default_factory=dict)
    status: bool = False
    any_order: bool = False
    drop: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    namespace: str
    steps: tuple[Step, ...]

    @property
    def id(self) -> str:
        return f"{self.file}/{self.name}"


def files() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "cases").glob("*.yaml"))


def cases(file: str) -> list[Case]:
    document = yaml.load((FOLDER / "cases" / f"{file}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return [
        Case(file, name, f"{file}-{number}", tuple(_step(one) for one in steps))
        for number, (name, steps) in enumerate(document["cases"].items())
    ]


def _step(row: dict[str, Any]) -> Step:
    fields = {("user" if name == "as" else name): value for name, value in row.items()}
    if "type" in fields:
        fields["type"] = TYPES.get(fields["type"], fields["type"])
    for name in ("drop", "only"):
        fields[name] = tuple(fields.get(name, ()))
    return Step(**fields)
