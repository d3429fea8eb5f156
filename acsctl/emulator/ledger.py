"""What the server has seen: counted calls, the last calls, and findings about itself and its clients."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

CALLS_KEPT = 1000


@dataclass(frozen=True)
class Logged:
    at: float
    action: str
    region: str
    status: int
    code: str
    request_id: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """kind: `answer` (differs from the published response tree), `unknown-parameter` (of a client), `crash` (of a handler)."""

    kind: str
    action: str
    text: str


class Ledger:
    def __init__(self) -> None:
        self.actions: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.log: deque[Logged] = deque(maxlen=CALLS_KEPT)
        self.findings: dict[Finding, int] = {}

    def count(self, call: Logged) -> None:
        self.actions[call.action] += 1
        if call.code:
            self.errors[call.code] += 1
        self.log.append(call)

    def find(self, finding: Finding) -> None:
        self.findings[finding] = self.findings.get(finding, 0) + 1

    def calls(self) -> dict[str, Any]:
        actions, errors = dict(sorted(self.actions.items())), dict(sorted(self.errors.items()))
        return {"total": self.actions.total(), "actions": actions, "errors": errors}

    def found(self, kind: str) -> list[dict[str, Any]]:
        """Findings of a kind, or all for an empty one."""
        return [{**asdict(one), "times": times} for one, times in self.findings.items() if kind in ("", one.kind)]

    def forget_calls(self) -> None:
        self.actions.clear()
        self.errors.clear()
        self.log.clear()
