"""Tags in the product's own older way: JSON text, of load balancers only (sheet behaviour.md 5)."""

import json
from collections import Counter
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.slb.types import LOAD_BALANCER, require_balancer
from acsctl.emulator.services.tagging import check_tag

MOST = 10  # tags per call


@action("slb.AddTags")
def add_tags(call: Call) -> dict[str, Any]:
    balancer, new = require_balancer(call), loaded_tags(call)
    for key, value in new.items():
        check_tag(call, key=key, value=value)
    together = {**balancer.tags, **new}
    if len(together) > call.settings.quota("tags-per-resource"):
        raise ApiError("QuotaExceed.TagsPerResource", message=f"{balancer.id} would have too many tags.", status=400)
    balancer.retag(together)
    return {}


@action("slb.RemoveTags")
def remove_tags(call: Call) -> dict[str, Any]:
    balancer, gone = require_balancer(call), loaded_tags(call)
    balancer.retag({key: value for key, value in balancer.tags.items() if gone.get(key) not in ("", value)})
    return {}


@action("slb.DescribeTags")
def describe_tags(call: Call) -> dict[str, Any]:
    """Pairs of key and value, with how many load balancers have them."""
    asked = [one for one in call.listed(LOAD_BALANCER) if call.text("LoadBalancerId") in ("", one.id)]
    wanted = loaded_tags(call) if call.text("Tags") else None
    counts = Counter(pair for one in asked for pair in one.seen_tags.items())
    rows = [
        {"TagKey": key, "TagValue": value, "InstanceCount": number}
        for (key, value), number in sorted(counts.items())
        if wanted is None or wanted.get(key) in ("", value)
    ]
    page, totals = by_number(call, rows=rows, default=50)
    return {"TagSets": {"TagSet": page}, **totals}


def loaded_tags(call: Call) -> dict[str, str]:
    """The parameter Tags, `[{"TagKey": "a", "TagValue": "b"}]`. Raises InvalidParameter."""
    try:
        loaded = json.loads(call.text("Tags") or "[]")
    except (ValueError, RecursionError):
        loaded = None
    rows: list[Any] = loaded if isinstance(loaded, list) else [None]
    tags = [one for one in rows if isinstance(one, dict) and one.get("TagKey")]
    if len(rows) > MOST or len(tags) < len(rows):
        raise ApiError("InvalidParameter", message=f"Tags is a JSON list of at most {MOST} tags.", status=400)
    return {str(one["TagKey"]): str(one.get("TagValue") or "") for one in tags}
