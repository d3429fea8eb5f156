"""What the real API server answered: answers/*.json, case -> answers of its steps."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.emulator.kubernetes.contract.case import FOLDER

Answers = dict[str, list[Any]]


@cache
def read(file: str) -> Answers:
    found: Answers = json.loads((FOLDER / "answers" / f"{file}.json").read_text(encoding="utf-8"))
    return found


def write(file: str, *, recorded: Answers) -> None:
    text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / "answers" / f"{file}.json").write_text(text + "\n", encoding="utf-8")
