"""Tags of the load balancer product (sheet behaviour.md 5)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.services import tagging
from acsctl.emulator.services.slb.types import LISTENER, LOAD_BALANCER, VSERVER_GROUP

TAGGABLE = {
    "instance": LOAD_BALANCER,
    "listener": LISTENER,
    "vservergroup": VSERVER_GROUP,
    "acl": tagging.ABSENT,
    "certificate": tagging.ABSENT,
}


@action("slb.TagResources")
def tag_resources(call: Call) -> dict[str, Any]:
    return tagging.tag_resources(call, types=TAGGABLE)


@action("slb.UntagResources")
def untag_resources(call: Call) -> dict[str, Any]:
    return tagging.untag_resources(call, types=TAGGABLE)


@action("slb.ListTagResources")
def list_tag_resources(call: Call) -> dict[str, Any]:
    return tagging.list_tag_resources(call, types=TAGGABLE)
