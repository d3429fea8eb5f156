"""The check that comes before an upgrade (API RunClusterCheck, GetClusterCheck).

Its types and states are those of the API's page and of ecctl: that it succeeded means that it has looked. What it found are
items with levels, `{"Group": ..., "Level": {"error": {"Message": ..., "Targets": [...]}}}` as far as is known. That is
documented nowhere, so that an item that says in other words that it has failed counts as well; all others have passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.cloud import Cloud, dig
from acsctl.kinds.contract import Readiness, Steps, Wait

UPGRADE = "ClusterUpgrade"
MARK = "/check/"
BAD = frozenset(
    {"fail", "failed", "failure", "error", "fatal", "critical", "blocked", "unpassed", "notpass", "notpassed", "false"}
)
VERDICTS = ("status", "result", "state", "level", "conclusion", "passed", "pass", "ispass", "ispassed", "success", "succeeded")
NAMES = ("display_name", "name", "check_name", "check_item", "title", "id")
REASONS = ("message", "reason", "msg", "detail", "details", "description", "desc", "error")
FIXES = ("fix", "suggestion", "advice", "solution", "remedy")

Item = Mapping[str, Any]


def passed(cloud: Cloud, cluster: str, *, version: str) -> Steps:
    """Check a cluster before it is upgraded to `version`; where the check fails, so does the step."""
    params = {"cluster_id": cluster, "type": UPGRADE, "options": {"next_version": version}}
    check = dig(cloud.call("cs", "RunClusterCheck", params), "check_id", str, action="cs.RunClusterCheck")
    yield Wait((f"{cluster}{MARK}{check}",), said=f"checking whether it can be upgraded to {version}")


def is_check(id: str) -> bool:
    """Whether an id is that of a check."""
    return MARK in id


def standing(cloud: Cloud, ids: list[str]) -> dict[str, Readiness]:
    """How far these checks are, and what they found."""
    return {id: _standing(cloud, id) for id in ids}


def _standing(cloud: Cloud, id: str) -> Readiness:
    cluster, _, check = id.partition(MARK)
    row = cloud.call("cs", "GetClusterCheck", {"cluster_id": cluster, "check_id": check})
    status = dig(row, "status", str, action="cs.GetClusterCheck")
    bad = list(failures(row))
    if status.lower() in BAD or (bad and _over(row)):
        told = "; ".join(bad) or str(row.get("message") or status)
        return Readiness("failed", reason=told, message=f"the check before the upgrade says no: {told} (check {check})")
    return Readiness("ready" if _over(row) else "pending", reason=f"check {status.lower()}")


def _over(row: Item) -> bool:
    return bool(row.get("finished_at")) or str(row.get("status", "")).lower() in (
        "succeeded",
        "success",
        "finished",
        "completed",
    )


def failures(row: Item) -> Iterator[str]:
    """What of a check has failed, each with its reason in the cloud's words."""
    groups = row.get("check_items")
    for group, items in groups.items() if isinstance(groups, Mapping) else ():
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping) and _failed(item):
                yield _told(str(group), item)


def _levels(item: Item) -> Iterator[tuple[str, Item]]:
    """What an item has found, by level; one that names a level and finds nothing there is no finding."""
    found = next((value for key, value in item.items() if str(key).lower() == "level"), None)
    for level, what in found.items() if isinstance(found, Mapping) else ():
        if isinstance(what, Mapping) and any(what.values()):
            yield str(level).lower(), what


def _failed(item: Item) -> bool:
    if any(level in BAD for level, _ in _levels(item)):
        return True
    words = {str(key).lower().replace("_", ""): str(value).lower().replace("_", "") for key, value in item.items()}
    return any(words.get(key) in BAD for key in VERDICTS)


def _told(group: str, item: Item) -> str:
    name = _first(item, NAMES) or group
    bad = [what for level, what in _levels(item) if level in BAD]
    about = ", ".join(
        " ".join(map(str, row.values())) for what in bad for row in what.get("Targets") or () if isinstance(row, Mapping)
    )
    reason = "; ".join(filter(None, (_first(what, REASONS) for what in bad))) or _first(item, REASONS)
    text = ": ".join(dict.fromkeys(filter(None, (group, name, reason, about))))
    fix = _first(item, FIXES)
    return f"{text} ({fix})" if fix else text


def _first(item: Item, keys: tuple[str, ...]) -> str:
    words = {str(key).lower(): value for key, value in item.items()}
    return next((str(words[key]) for key in keys if words.get(key)), "")
