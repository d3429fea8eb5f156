"""Elastic addresses (sheet network.md 5)."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.naming import check_text, whole
from acsctl.emulator.services.network import EIP
from acsctl.emulator.services.network_use import release_public_addresses, take_public_address
from acsctl.emulator.services.paging import by_number
from acsctl.emulator.services.tagging import key_value, read_tags, tag_filter
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

RELEASING = 2.0  # cloud seconds, own choice
IDS_PER_CALL = 50
DEFAULT_BANDWIDTH = "5"
# The most Mbit/s by charge type and internet charge type, sheet network.md 5.
MOST_BANDWIDTH = {("PostPaid", "PayByBandwidth"): 500, ("PostPaid", "PayByTraffic"): 200, ("PrePaid", "PayByBandwidth"): 1000}


@action("vpc.AllocateEipAddress")
def allocate_eip_address(call: Call) -> dict[str, Any]:
    charge = call.text("InstanceChargeType", default="PostPaid")
    internet = call.text("InternetChargeType", default="PayByBandwidth")
    if (charge, internet) not in MOST_BANDWIDTH:
        raise ApiError("InvalidParameter", message=f"{charge} does not go with {internet}.")
    bandwidth = _bandwidth(call.text("Bandwidth", default=DEFAULT_BANDWIDTH), charge=charge, internet=internet)
    check_text(call, name="Name", code="InvalidParameter")
    check_text(call, name="Description", code="InvalidParameter", longest=256)
    tags = read_tags(call)
    call.within_quota("vpc.eips", used=len(call.all(EIP)), code="QuotaExceeded.Eip")
    eip = call.create(
        EIP,
        attributes={
            "Bandwidth": bandwidth,
            "ChargeType": charge,
            "InternetChargeType": internet,
            "ISP": call.text("ISP", default="BGP"),
            "Netmode": call.text("Netmode", default="public"),
            "Name": call.text("Name"),
            "Description": call.text("Description"),
            "Zone": call.text("Zone"),
            "ResourceGroupId": call.text("ResourceGroupId", default=DEFAULT_RESOURCE_GROUP),
            "SecurityProtectionTypes": call.items("SecurityProtectionTypes"),
            "DeletionProtection": False,
            "Status": "Available",
            "InstanceId": "",
            "InstanceType": "",
            "PrivateIpAddress": "",
            "VpcId": "",
            "Mode": "NAT",
        },
        tags=tags,
    )
    eip.set(IpAddress=take_public_address(call, by=eip.id))
    answer = {"AllocationId": eip.id, "EipAddress": eip["IpAddress"], "ResourceGroupId": eip["ResourceGroupId"]}
    return {**answer, "OrderId": eip.record.sequence}


@action("vpc.DescribeEipAddresses")
def describe_eip_addresses(call: Call) -> dict[str, Any]:
    if max(len(call.commas("AllocationId")), len(call.commas("EipAddress"))) > IDS_PER_CALL:
        raise ApiError("InstanceIdLength.Exceed", message=f"A call takes at most {IDS_PER_CALL} ids or addresses.")
    call.end_dry_run()
    matches = tag_filter(call)
    rows = [one for one in call.listed(EIP) if _is_asked(one, call=call) and matches(one)]
    page, counts = by_number(call, rows=rows)
    return {"EipAddresses": {"EipAddress": [_summary(one) for one in page]}, **counts}


@action("vpc.ModifyEipAddressAttribute")
def modify_eip_address_attribute(call: Call) -> dict[str, Any]:
    eip = require_settled(call)
    check_text(call, name="Name", code="InvalidEipAddressName.Malformed")
    check_text(call, name="Description", code="InvalidDescription.Malformed", longest=256)
    if call.given("Bandwidth"):
        charge, internet = eip["ChargeType"], eip["InternetChargeType"]
        eip.set(Bandwidth=_bandwidth(call.text("Bandwidth"), charge=charge, internet=internet))
    eip.set(**{name: call.text(name) for name in ("Name", "Description") if call.given(name)})
    return {}


@action("vpc.ReleaseEipAddress")
def release_eip_address(call: Call) -> dict[str, Any]:
    eip = require_settled(call)
    if eip["Status"] != "Available":
        raise ApiError("IncorrectEipStatus", message=f"{eip.id} is {eip['Status']}.")
    if eip["ChargeType"] == "PrePaid":
        raise ApiError("Forbidden.ChargeTypeIsPrepaid", message="A subscription is not released before its end.")
    if eip["DeletionProtection"]:
        raise ApiError("InvalidOperation.DeletionProtection", message=f"{eip.id} is protected.")
    eip.set(Status="Releasing")
    eip.remove(after=RELEASING)
    release_public_addresses(call, by=eip.id, after=RELEASING)
    return {}


def require_settled(call: Call) -> Resource:
    """The EIP of AllocationId, when it is Available or InUse. Raises InvalidAllocationId.NotFound, IncorrectEipStatus."""
    eip = call.find(EIP, id=call.text("AllocationId"))
    if eip is None:
        raise ApiError("InvalidAllocationId.NotFound", message="The EIP does not exist.")
    if eip["Status"] not in ("Available", "InUse"):
        raise ApiError("IncorrectEipStatus", message=f"{eip.id} is {eip['Status']}.")
    return eip


def _bandwidth(text: str, *, charge: str, internet: str) -> str:
    most = MOST_BANDWIDTH[charge, internet]
    size = whole(text)
    if size is None or not 1 <= size <= most:
        raise ApiError("InvalidParameter", message=f"The bandwidth is 1 to {most} Mbit/s for {internet}.")
    return str(size)


def _is_asked(eip: Resource, *, call: Call) -> bool:
    ids, wanted = call.commas("AllocationId"), call.commas("EipAddress")
    if (ids and eip.id not in ids) or (wanted and eip["IpAddress"] not in wanted):
        return False
    fields = {
        "Status": "Status",
        "EipName": "Name",
        "ChargeType": "ChargeType",
        "ISP": "ISP",
        "ResourceGroupId": "ResourceGroupId",
        "AssociatedInstanceType": "InstanceType",
        "AssociatedInstanceId": "InstanceId",
    }
    return all(call.text(name) in ("", eip[field]) for name, field in fields.items())


def _summary(eip: Resource) -> dict[str, Any]:
    bound = ("InstanceId", "InstanceType", "PrivateIpAddress", "VpcId", "Mode", "Status", "IpAddress", "DeletionProtection")
    sold = ("Bandwidth", "ChargeType", "InternetChargeType", "ISP", "Netmode")
    named = ("Name", "Description", "Zone", "ResourceGroupId")
    return {
        "AllocationId": eip.id,
        "RegionId": eip.region,
        "AllocationTime": iso_seconds(eip.created),
        **eip.pick(*bound, *sold, *named),
        "EipBandwidth": eip["Bandwidth"],
        "InstanceRegionId": eip.region if eip["InstanceId"] else "",
        "BusinessStatus": "Normal",
        "BandwidthPackageId": "",
        "BandwidthPackageBandwidth": "",
        "BandwidthPackageType": "",
        "ExpiredTime": "",
        "HasReservationData": "false",
        "HDMonitorStatus": "OFF",
        "SecondLimited": False,
        "ServiceManaged": 0,
        "PublicIpAddressPoolId": "",
        "SegmentInstanceId": "",
        "OperationLocks": {"LockReason": []},
        "SecurityProtectionTypes": {"SecurityProtectionType": eip["SecurityProtectionTypes"]},
        "Tags": key_value(eip),
    }
