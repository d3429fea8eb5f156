"""Reading instances (sheet compute.md 1.3): DescribeInstances, DescribeInstanceStatus, DescribeInstanceAttribute, user data."""

from datetime import UTC, datetime
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.checks import equals, json_ids, paged, wildcard
from acsctl.emulator.services.ecs.instance import INSTANCE, STATUSES
from acsctl.emulator.services.ecs.instance_answer import attribute_answer, instance_answer
from acsctl.emulator.services.network_use import eips_of
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import tag_filter

LEAST_PAGE = 10  # by token, sheet compute.md 1.3
STATUS_PAGE = 50
IDS_PER_CALL = 100
_SAME = ("VpcId", "VSwitchId", "ZoneId", "Status", "ImageId", "InstanceType", "KeyPairName", "InstanceChargeType")
_SAME_TOO = ("InternetChargeType", "ResourceGroupId", "HttpEndpoint", "HttpTokens")
# What no instance has here, so that a filter for it leaves none.
_NOBODY_HAS = ("HpcClusterId", "LockReason", "InnerIpAddresses", "RdmaIpAddresses", "Ipv6Address")


@action("ecs.DescribeInstances")
def describe_instances(call: Call) -> dict[str, Any]:
    ids = json_ids(call, name="InstanceIds", codes=["InvalidParameter"])
    _check_words(call)
    call.end_dry_run()
    rows = _asked(call, ids=ids)
    page, counts = paged(call, rows=rows, floor=LEAST_PAGE)
    more = {str(one) for one in call.items("AdditionalAttributes")}
    return {"Instances": {"Instance": [instance_answer(one, call=call, more=more) for one in page]}, **counts}


@action("ecs.DescribeInstanceStatus")
def describe_instance_status(call: Call) -> dict[str, Any]:
    ids = {str(one) for one in call.items("InstanceId")}
    if len(ids) > IDS_PER_CALL:
        raise ApiError("InvalidParameter.TooManyInstanceIds", message=f"A call takes at most {IDS_PER_CALL} ids.")
    zone = call.text("ZoneId")
    rows = [one for one in call.listed(INSTANCE) if (not ids or one.id in ids) and zone in ("", one["ZoneId"])]
    page, counts = by_number(call, rows=rows)
    return {"InstanceStatuses": {"InstanceStatus": [{"InstanceId": one.id, "Status": one["Status"]} for one in page]}, **counts}


@action("ecs.DescribeInstanceAttribute")
def describe_instance_attribute(call: Call) -> dict[str, Any]:
    return attribute_answer(_shown(call), call=call)


@action("ecs.DescribeUserData")
def describe_user_data(call: Call) -> dict[str, Any]:
    instance = _shown(call)
    return {"InstanceId": instance.id, "RegionId": instance.region, "UserData": instance["UserData"]}


@action("ecs.DescribeInstanceAutoRenewAttribute")
def describe_instance_auto_renew_attribute(call: Call) -> dict[str, Any]:
    """Subscriptions only; none of them renews itself."""
    ids = call.commas("InstanceId")
    rows = [one for one in call.listed(INSTANCE) if one["InstanceChargeType"] == "PrePaid" and (not ids or one.id in ids)]
    answers = [
        {
            "InstanceId": one.id,
            "AutoRenewEnabled": False,
            "Duration": 0,
            "PeriodUnit": "",
            "RenewalStatus": "Normal",
        }
        for one in rows
    ]
    page = {"PageNumber": 1, "PageSize": max(10, len(rows)), "TotalCount": len(rows)}
    return {"InstanceRenewAttributes": {"InstanceRenewAttribute": answers}, **page}


@action("ecs.DescribeInstanceMaintenanceAttributes")
def describe_instance_maintenance_attributes(call: Call) -> dict[str, Any]:
    """What happens to an instance at a maintenance: it recovers by itself; nothing here changes that."""
    ids = [str(one) for one in call.items("InstanceId")]
    page, counts = by_number(call, rows=[one for one in call.listed(INSTANCE) if not ids or one.id in ids])
    act = {"Value": "AutoRecover", "DefaultValue": "AutoRecover", "SupportedValues": {"SupportedValue": ["AutoRecover"]}}
    fixed = {"ActionOnMaintenance": act, "MaintenanceWindows": {"MaintenanceWindow": []}, "NotifyOnMaintenance": False}
    return {"MaintenanceAttributes": {"MaintenanceAttribute": [{"InstanceId": one.id, **fixed} for one in page]}, **counts}


def _shown(call: Call) -> Resource:
    """The one instance that a describe call names, as lists see it. Raises InvalidInstanceId.NotFound."""
    found = next((one for one in call.listed(INSTANCE) if one.id == call.text("InstanceId")), None)
    if found is None:
        raise ApiError("InvalidInstanceId.NotFound", message="The instance does not exist.", status=404)
    return found


def _check_words(call: Call) -> None:
    if call.text("Status") and call.text("Status") not in STATUSES:
        raise ApiError("InvalidStatus.NotFound", message="There is no such status of an instance.")
    if call.text("InstanceNetworkType", default="vpc") not in ("vpc", "classic"):
        raise ApiError("InvalidNetworkType.NotFound", message="InstanceNetworkType is vpc or classic.")
    if call.text("InstanceChargeType", default="PostPaid") not in ("PostPaid", "PrePaid"):
        raise ApiError("InvalidInstanceChargeType.NotFound", message="InstanceChargeType is PostPaid or PrePaid.")


def _asked(call: Call, *, ids: list[str] | None) -> list[Resource]:
    if any(call.given(name) and call.parameters[name] for name in _NOBODY_HAS) or call.text("InstanceNetworkType") == "classic":
        return []
    matches, same, named = tag_filter(call), equals(call, *_SAME, *_SAME_TOO), wildcard(call.text("InstanceName"))
    group, family = call.text("SecurityGroupId"), call.text("InstanceTypeFamily")
    privates = json_ids(call, name="PrivateIpAddresses", codes=["InvalidParameter"])
    publics = json_ids(call, name="PublicIpAddresses", codes=["InvalidParameter"])
    since, until = _created_between(call)
    return [
        one
        for one in call.listed(INSTANCE)
        if (ids is None or one.id in ids)
        and same(one)
        and matches(one)
        and named(one["InstanceName"])
        and (not group or group in one["SecurityGroupIds"])
        and (not family or one["InstanceType"].startswith(f"{family.removesuffix('.')}."))
        and (privates is None or one["PrivateIpAddress"] in privates)
        and (publics is None or one["PublicIpAddress"] in publics)
        and since <= one.created < until
        and _has_eip(call, instance=one)
    ]


def _has_eip(call: Call, *, instance: Resource) -> bool:
    wanted = json_ids(call, name="EipAddresses", codes=["InvalidParameter"])
    return wanted is None or any(eip["IpAddress"] in wanted for eip in eips_of(call, id=instance.id))


def _created_between(call: Call) -> tuple[float, float]:
    """Filter.N with CreationStartTime and CreationEndTime, minutes. Raises InvalidFilterKey.NotFound, InvalidFilterValue."""
    bounds = {"CreationStartTime": float("-inf"), "CreationEndTime": float("inf")}
    for one in call.items("Filter"):
        key, value = str(one.get("Key", "")), str(one.get("Value", ""))
        if key in ("ExpiredStartTime", "ExpiredEndTime"):
            continue  # nothing expires here
        if key not in bounds:
            raise ApiError("InvalidFilterKey.NotFound", message=f"There is no filter {key}.")
        try:
            bounds[key] = datetime.strptime(value, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC).timestamp()
        except ValueError as error:
            raise ApiError("InvalidFilterValue", message=f"{value} is not a UTC time of minutes.") from error
    return bounds["CreationStartTime"], bounds["CreationEndTime"]
