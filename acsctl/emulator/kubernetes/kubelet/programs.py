"""What a container's program does, as far as its command line tells.

Nothing is executed. A program whose command says how it ends (`sleep 30`, `false`, `sh -c "...; exit 3"`) ends like that. Any
other runs for ever where it is to be kept running, and succeeds shortly where a run to completion is expected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TASK = 2.0  # cloud seconds that a run to completion takes when its command does not say

_ENDLESS = re.compile(r"sleep\s+inf|tail\s+-[fF]|while\s+(true|:|\[)")
_SLEEP = re.compile(r"\bsleep\s+(\d+)([smhd]?)\b")
_EXIT = re.compile(r"(?:^|[;&\n]\s*)exit\s+(\d+)\s*;?\s*$")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class End:
    """after: cloud seconds from the start."""

    after: float
    code: int


def end_of(container: Mapping[str, Any], *, to_completion: bool) -> End | None:
    """How and when the program ends; None when it runs for ever."""
    words = [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
    text = " ".join(words)
    if _ENDLESS.search(text):
        return None
    code = int(found[1]) if (found := _EXIT.search(text)) else 0
    slept = sum(int(count) * _UNITS[unit] for count, unit in _SLEEP.findall(text))
    last = words[-1].rsplit("/", 1)[-1] if words else ""
    if len(words) in (1, 3) and last in ("true", "false"):
        return End(1.0, int(last == "false"))
    if slept or found:
        return End(float(slept) or 1.0, code)
    return End(TASK, 0) if to_completion else None
