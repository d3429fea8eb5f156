"""What an account may use (DescribeAccountAttributes), and moving things between resource groups."""

from typing import Any

from acsctl.emulator import catalogue
from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.instance import living
from acsctl.emulator.services.ecs.instance_type import types
from acsctl.emulator.services.ecs.tags import TYPES


@action("ecs.DescribeAccountAttributes")
def describe_account_attributes(call: Call) -> dict[str, Any]:
    values = _values(call)
    wanted = [str(one) for one in call.items("AttributeName")] or list(values)
    unknown = [one for one in wanted if one not in values]
    if unknown:
        raise ApiError("Invalid.Parameter", message=f"There is no attribute {unknown[0]}.")
    rows = [{"AttributeName": name, "AttributeValues": {"ValueItem": values[name]}} for name in wanted]
    return {"AccountAttributeItems": {"AccountAttributeItem": rows}}


@action("ecs.JoinResourceGroup")
def join_resource_group(call: Call) -> dict[str, Any]:
    kind = TYPES.get(call.text("ResourceType").lower())
    if kind is None:
        raise ApiError("InvalidResourceType.ValueNotSupported", message="There is no such resource type.", status=400)
    found = call.find(kind, id=call.text("ResourceId"))
    if found is None:
        raise ApiError("InvalidResourceId.NotFound", message="The resource does not exist.", status=404)
    found.set(ResourceGroupId=call.text("ResourceGroupId"))
    return {}


def _values(call: Call) -> dict[str, list[dict[str, Any]]]:
    """What the local cloud limits, and what of it is used; the other attributes of the list read as empty."""
    instances = living(call)
    cores = {True: 0, False: 0}
    for one in instances:
        cores[one["SpotStrategy"] != "NoSpot"] += int(types()[one["InstanceType"]]["cpu"])
    quota = call.settings.quota
    known: dict[str, Any] = {
        "instance-network-type": ["vpc"],
        "max-security-groups": [quota("ecs.security-groups")],
        "max-elastic-network-interfaces": [quota("ecs.network-interfaces")],
        "max-postpaid-instance-vcpu-count": [quota("ecs.vcpus")],
        "max-spot-instance-vcpu-count": [quota("ecs.vcpus")],
        "used-postpaid-instance-vcpu-count": [cores[False]],
        "used-spot-instance-vcpu-count": [cores[True]],
        "real-name-authentication": ["yes"],
    }
    names = next(one["value"] for one in catalogue.document()["default_quotas"] if one["id"] == "account-attribute-names")
    return {name: [{"Value": str(value)} for value in known.get(name, ())] for name in names}
