"""ClientTokens: a hash of what a step is, the same on every machine (docs/how-it-works.md, tokens)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

LENGTH = 40


@dataclass(frozen=True)
class StepToken:
    """The tokens of one step. `parts` identify it; with `salt` they are spent ones' successors, or random."""

    parts: tuple[str, ...]
    salt: str = ""

    def __call__(self, *parts: str) -> str:
        """The token of one call of the step: at most 64 ASCII characters (sheet behaviour.md 4)."""
        text = "\0".join((*self.parts, self.salt, *parts))
        return f"acsctl-{hashlib.sha256(text.encode()).hexdigest()[:LENGTH]}"


def token(parts: Iterable[object], *, salt: str = "") -> StepToken:
    """The token of a step that `parts` identify."""
    return StepToken(tuple(str(part) for part in parts), salt)


def random_salt() -> str:
    """A salt that makes a token that was never used before."""
    return uuid.uuid4().hex
