"""What would become of wanted objects: one dry run of each, side by side, against what the lists showed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from acsctl.kube.applyset import NOWHERE, Joining, described, foreign, joined, set_of
from acsctl.kube.client import Kube
from acsctl.kube.failures import Refusal
from acsctl.kube.manifest import ADDRESS, STACK, Key, Manifest, is_own, key_of, unknown

WORKERS = 8
_IMMUTABLE = re.compile(
    r"immutable|may not (be )?change|cannot (be )?change|updates? to .* (is|are) forbidden|forbidden: updates", re.I
)

Outcome = Literal["made", "there", "anew", "unverified", "wrong"]


@dataclass(frozen=True)
class Verdict:
    """Of one object that was `asked` for: it would be `made`, it is `there` and would become `predicted`, it has to be made
    `anew` because something in it cannot change, the cluster cannot tell yet (`unverified`), or it would refuse (`wrong`).

    `said` is the server's sentence. `owner` is whose a thing is that stands there and is not ours: a stack and address, or who
    has written it; empty where it is of this stack.
    """

    asked: Manifest
    outcome: Outcome
    current: Mapping[str, Any] | None = None
    predicted: Mapping[str, Any] | None = None
    said: str = ""
    owner: str = ""


def forecast(
    kube: Kube,
    wanted: Iterable[Manifest],
    *,
    seen: Mapping[Key, Mapping[str, Any]],
    stack: str,
    joining: Joining = NOWHERE,
) -> dict[Key, Verdict]:
    """A verdict for each of `wanted`, as a member of the set that it is to be in; `seen` are the objects that the lists of the
    stack showed."""
    items = list(wanted)
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = list(
            pool.map(lambda item: _one(kube, item, seen.get(key_of(item)), joining.sets.get(key_of(item), "")), items)
        )
    sets = cache(lambda id: described(kube, id))
    found = (replace(one, owner=_owner(one.current, stack, joining, sets)) if one.current else one for one in verdicts)
    return {key_of(item): verdict for item, verdict in zip(items, found, strict=True)}


def _one(kube: Kube, item: Manifest, current: Mapping[str, Any] | None, set_id: str) -> Verdict:
    if unknown(item):
        # What is known after apply cannot be tried: without it the server would refuse the rest.
        current = current or _there(kube, item)
        return Verdict(item, "there" if current else "made", current)
    sent = joined(item, set_id)
    if current and kube.memory.settles(sent, current):
        return Verdict(item, "there", current, current)
    try:
        written = kube.apply(sent, dry_run=True, force=True)
    except Refusal as error:
        if error.absent:
            lost = is_own(str(item["apiVersion"])) and kube.sort(str(item["apiVersion"]), str(item["kind"])) is None
            return Verdict(item, "wrong" if lost else "unverified", current, said=error.said)
        current = current or _there(kube, item)
        changes = error.status == 422 and any(_IMMUTABLE.search(cause.message) for cause in error.causes)
        if current and changes:
            fields = ", ".join(dict.fromkeys(cause.field for cause in error.causes))
            return Verdict(item, "anew", current, said=f"{fields} cannot change in place")
        if error.status in (400, 403, 409, 422, 500):
            return Verdict(item, "wrong", current, said=_short(error))
        raise
    if written.created:
        return Verdict(item, "made", predicted=written.object)
    current = current or _there(kube, item)
    return Verdict(item, "there", current, written.object)


def _there(kube: Kube, item: Manifest) -> dict[str, Any] | None:
    key = key_of(item)
    return kube.get(str(item["apiVersion"]), key.kind, name=key.name, namespace=key.namespace)


def _owner(current: Mapping[str, Any], stack: str, joining: Joining, sets: Callable[[str], str]) -> str:
    labels: Mapping[str, str] = current["metadata"].get("labels") or {}
    if foreign(current, stack=stack, ours=joining.ours):
        return sets(set_of(current))
    if labels.get(STACK, stack) == stack and (STACK in labels or set_of(current)):
        return ""
    if STACK in labels:
        return f"{labels.get(ADDRESS) or 'a workload'} of stack {labels[STACK]}"
    managers = [str(row.get("manager")) for row in current["metadata"].get("managedFields") or () if row.get("manager")]
    return next((name for name in managers if not name.startswith("kube-")), managers[0] if managers else "somebody")


def _short(error: Refusal) -> str:
    if error.causes:
        return "; ".join(f"{cause.field}: {cause.message}".removeprefix(": ")[:200] for cause in error.causes[:3])
    return error.said
