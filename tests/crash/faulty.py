"""Bouts: a command meets faults, is run again once they are over, and the world is compared with an undisturbed one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.crash.deal import FOREVER, Settings
from tests.crash.enumeration import is_read
from tests.crash.objects import objects
from tests.crash.plots import PLOTS, Command, lasting
from tests.crash.scene import Scene
from tests.crash.trial import BUCKET, LIMIT, PARTIAL, Failure, Result, Whole, compare, expect, told
from tests.crash.worlds import unreplaced

Fault = Mapping[str, Any]

AT_ALL: dict[str, Fault] = {
    "throttle": {"kind": "throttle"},
    "error": {"kind": "error", "code": "InternalError", "status": 500},
    "error-after": {"kind": "error", "code": "ServiceUnavailable", "status": 503, "when": "after"},
    "drop": {"kind": "drop"},
    "lost": {"kind": "drop", "when": "after"},
    "timeout": {"kind": "timeout", "seconds": 0.2},
    "timeout-after": {"kind": "timeout", "when": "after", "seconds": 0.2},
    "page": {"kind": "page"},
    "page-after": {"kind": "page", "when": "after"},
    "cut": {"kind": "cut"},
    "garbled": {"kind": "garbled"},
    "blank": {"kind": "blank"},
    "slow": {"kind": "slow", "seconds": 0.2},
    "denied": {"kind": "denied"},
    "expired": {"kind": "expired"},
}
"""What any call can meet, in the form of `/_emulator/faults`."""
OF_CLOUD: dict[str, Fault] = {
    "empty-list": {"kind": "empty-list"},
    "quota": {"kind": "quota"},
    "no-stock": {"kind": "no-stock"},
}
OF_CLUSTER: dict[str, Fault] = {
    "away": {"kind": "away", "lasts": 30},
    "away-after": {"kind": "away", "when": "after", "lasts": 30},
}
OF_RUN: dict[str, Fault] = {
    "lag": {"action": "*", "kind": "lag", "creates": 20, "deletes": 20, "tags": 20},
    "forgotten": {"action": "*", "kind": "tokens", "memory": 0},
    "dropped": {"action": "*", "kind": "tokens", "memory": 86400, "keep_failed": False},
    "shifting": {"action": "*", "kind": "shifting-pages"},
    "storm": {"action": "*", "kind": "throttle", "share": 0.3, "seed": 7},
    "late-no-stock": {"action": "ecs.RunInstances", "kind": "late-no-stock", "count": 1},
    "failed-cluster": {"action": "cs.CreateCluster", "kind": "failed-task"},
}
"""What a whole run can meet."""
DEALS = {"no-stock", "late-no-stock"}
"""After these another zone or type is taken: only what there is, and how often, is compared."""
CODES = (0, 1, 4, 5, 6, 9)
"""How a run that meets faults may end (acsctl/errors.py)."""
PLAIN = Settings("same", "folder", FOREVER, True, 20.0, 20.0)
STORED = replace(PLAIN, place="oss")
LOST = 8
"""How a run ends whose beats do not get through."""
KUBERNETES = re.compile(r"^[A-Z]+-")


@dataclass(frozen=True)
class Bout:
    """A command of a stack, and the faults that it meets. `deals`: not the same world, only as much of everything."""

    plot: str
    command: Command
    name: str
    faults: tuple[Fault, ...]
    deals: bool = False
    settings: Settings = PLAIN

    def __str__(self) -> str:
        return f"{self.plot} {self.command} {self.name}"


def at(action: str, number: int, fault: Fault) -> Fault:
    """A fault at one call, told by its action and how many of it there were before."""
    glob = f"kube.{action}" if KUBERNETES.match(action) else f"*.{action}"
    return {"action": glob, "skip": number - 1, **fault}


def kinds(action: str) -> Iterator[tuple[str, Fault]]:
    """Every fault that a call can meet."""
    yield from AT_ALL.items()
    if KUBERNETES.match(action):
        yield from OF_CLUSTER.items()
    elif is_read(action):
        yield "empty-list", OF_CLOUD["empty-list"]
    else:
        yield "quota", OF_CLOUD["quota"]
        if action == "RunInstances":
            yield "no-stock", OF_CLOUD["no-stock"]


def bout(plot: str, command: Command, action: str, number: int, kind: tuple[str, Fault]) -> Bout:
    """One fault at one call."""
    name, fault = kind
    return Bout(plot, command, f"{action}-{number} {name}", (at(action, number, fault),), deals=name in DEALS)


def fought(bout: Bout, *, on: Scene, whole: Callable[[], Whole]) -> Result:
    """Run a command under faults and again without. `whole` finds the world of an undisturbed run."""
    plot = PLOTS[bout.plot]
    command = "destroy" if bout.command == "destroy" else "apply"
    flags = plot.first(bout.command)
    on.limit = LIMIT
    on.write(plot.written(record=BUCKET if bout.settings.stored else ""))
    codes: list[int] = []
    result = Result("ok", codes)
    try:
        on.control("PUT", "faults", list(bout.faults))
        _ran(on, codes, command, flags, allowed=(*CODES, LOST) if bout.settings.stored else CODES)
        struck = sum(row["struck"] for row in on.control("GET", "faults?all=1"))
        on.control("DELETE", "faults")
        again = on.proxy.quiet(LIMIT) and codes[0] != 0
        # What is missing of a cluster that is there already was emptied before; that it may be done again has to be said.
        more = plot.blind if again and command == "apply" else ()
        if again:
            _ran(on, codes, command, (*flags, *more), allowed=(0, *PARTIAL) if bout.deals else (0,))
        if codes[-1]:
            _ran(on, codes, command, (*flags, *more), allowed=(0,))
        if command == "apply":
            code, text = on.run("plan", "--detailed-exitcode", *lasting(flags))
            expect(code == 0, f"plan: exit {code}\n{text}")
        compare(result, *_worlds(bout, on, whole))
    except (Failure, AssertionError) as failure:
        return Result("failed", codes, why=str(failure))
    result.verdict = "failed" if result.differences else "ok" if struck else "not reached"
    return result


def _ran(on: Scene, codes: list[int], command: str, flags: tuple[str, ...], *, allowed: tuple[int, ...]) -> None:
    code, text = on.run(command, *flags)
    codes.append(code)
    expect(code in allowed and bool(text.strip()), f"{command}: exit {code}\n{text}")
    expect("Traceback" not in text and "bug in acsctl" not in text, text)


def _worlds(
    bout: Bout, on: Scene, whole: Callable[[], Whole]
) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    expect(on.planes_kept() == set(on.planes()), "a control plane is left over")
    expect(not unreplaced(on.rows()), "what was replaced is still there")
    if bout.command == "destroy":
        return (on.world(), []), ([], [])
    one = whole()
    found, wanted = on.world(placed=False), one.loose
    if bout.deals:
        return (names(found), []), (names(wanted), [])
    cluster = [line for plane in on.planes().values() for line in objects(plane)]
    return (found, told(cluster)), (wanted, told(one.cluster))


def names(rows: list[str]) -> list[str]:
    """Of rows no more than what they are."""
    return [re.sub(r'^\{"attributes": .*, ("tags": )', r"{\1", row) for row in rows]
