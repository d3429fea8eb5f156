"""Whether the key may read at all: to one that may not, some list calls answer an empty list instead of a refusal.

Sheets behaviour.md and compute.md ("permission trap"): DescribeInstances does, of its siblings it is unconfirmed; a dry run of
the list call tells.
"""

from __future__ import annotations

from collections.abc import Collection

from acsctl.cloud import Cloud, Retry, class_of
from acsctl.errors import AccessError, CloudError
from acsctl.kinds.contract import Kind
from acsctl.model.history import History
from acsctl.model.resource import Live, Stack


def is_doubtful(kind: Kind, lives: Collection[Live], *, stack: Stack, history: History) -> bool:
    """Whether more would be there if the list told all: nothing is seen and something wanted, or the record knows of more."""
    if not kind.hides:
        return False
    name = kind.schema.kind
    wanted = any(item.address.kind == name and not item.existing and not item.absent for item in stack.resources.values())
    known = {id for id, address in history.made.items() if address.kind == name and id not in history.destroyed}
    return (wanted and not lives) or not known <= {live.id for live in lives}


def check(cloud: Cloud, kind: Kind) -> None:
    """Ask whether the list call would succeed. Raises AccessError where it does not say so, and what the door raises."""
    product, action = kind.hides
    try:
        cloud.call(product, action, {"RegionId": cloud.region, "DryRun": True})
    except CloudError as error:
        if class_of(error) is Retry.DRY_RUN:
            return
        raise
    remedy = f"Give it the permission {product}:{action}, or use another key. Nothing was planned on the word of that list."
    raise AccessError(f"this key may not list every {kind.schema.kind}: {product}.{action} shows nothing", remedy=remedy)
