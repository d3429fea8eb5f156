"""Tags and the resource group of registries: only instances have them (sheet containers.md 3.1)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services import tagging
from acsctl.emulator.services.cr.instance import REGISTRY, kept

TAGGABLE = {"Instance": REGISTRY}


@action("cr.TagResources")
def tag_resources(call: Call) -> dict[str, Any]:
    _keep(call)
    return tagging.tag_resources(call, types=TAGGABLE)


@action("cr.UntagResources")
def untag_resources(call: Call) -> dict[str, Any]:
    _keep(call)
    return tagging.untag_resources(call, types=TAGGABLE)


@action("cr.ListTagResources")
def list_tag_resources(call: Call) -> dict[str, Any]:
    return tagging.list_tag_resources(call, types=TAGGABLE)


@action("cr.ChangeResourceGroup")
def change_resource_group(call: Call) -> dict[str, Any]:
    registry = kept(call, id=call.text("ResourceId"))
    if registry is None:
        raise ApiError("ResourceNotFound", message="The registry instance does not exist.")
    registry.set(ResourceGroupId=call.text("ResourceGroupId"))
    return {}


def _keep(call: Call) -> None:
    """A standing instance that gets tags becomes a resource like others; a call that fails undoes it."""
    for id_ in call.items("ResourceId"):
        kept(call, id=str(id_))
