"""Elastic addresses and what they are bound to."""

import pytest
from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.vpc.network import eips, make_eip, make_nat, make_vpc, make_vswitch


@pytest.fixture
def nat_id(cloud: LocalCloud) -> str:
    vpc_id = make_vpc(cloud)
    return make_nat(cloud, vpc_id, make_vswitch(cloud, vpc_id))["NatGatewayId"]


def test_an_eip_through_the_sdk(cloud: LocalCloud) -> None:
    tag = m.AllocateEipAddressRequestTag(key="a", value="b")
    request = m.AllocateEipAddressRequest(
        region_id=REGION, name="e", internet_charge_type="PayByTraffic", bandwidth="10", tag=[tag]
    )
    made = cloud.vpc.allocate_eip_address(request).body
    listing = cloud.vpc.describe_eip_addresses(m.DescribeEipAddressesRequest(region_id=REGION)).body
    (found,) = listing.eip_addresses.eip_address
    assert (found.allocation_id, found.ip_address, found.status) == (made.allocation_id, made.eip_address, "Available")
    assert (found.bandwidth, found.internet_charge_type, found.charge_type) == ("10", "PayByTraffic", "PostPaid")
    assert [(one.key, one.value) for one in found.tags.tag] == [("a", "b")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Bandwidth": "0"},
        {"Bandwidth": "501"},
        {"Bandwidth": "wide"},
        {"InternetChargeType": "PayByTraffic", "Bandwidth": "201"},
        {"InternetChargeType": "PayByLuck"},
        {"Name": "http://x"},
    ],
)
def test_what_is_not_sold(cloud: LocalCloud, wrong: dict[str, str]) -> None:
    assert cloud.code("AllocateEipAddress", **wrong) == "InvalidParameter"


def test_the_quota(cloud: LocalCloud) -> None:
    cloud.settings(quotas={"vpc.eips": 1})
    make_eip(cloud)
    assert cloud.code("AllocateEipAddress") == "QuotaExceeded.Eip"


def test_addresses_differ_between_eips_and_regions(cloud: LocalCloud) -> None:
    addresses = {make_eip(cloud)[1], make_eip(cloud)[1], cloud.do("AllocateEipAddress", RegionId="cn-beijing")["EipAddress"]}
    assert len(addresses) == 3


def test_modify_and_release(cloud: LocalCloud) -> None:
    allocation_id, _ = make_eip(cloud)
    cloud.do("ModifyEipAddressAttribute", AllocationId=allocation_id, Bandwidth="20", Name="new")
    (found,) = eips(cloud)
    assert (found["Bandwidth"], found["Name"]) == ("20", "new")
    cloud.do("ReleaseEipAddress", AllocationId=allocation_id)
    assert eips(cloud)[0]["Status"] == "Releasing"
    assert cloud.code("ReleaseEipAddress", AllocationId=allocation_id) == "IncorrectEipStatus"
    cloud.pass_time(2)
    assert eips(cloud) == []
    assert cloud.code("ReleaseEipAddress", AllocationId=allocation_id) == "InvalidAllocationId.NotFound"


def test_binding_and_unbinding(cloud: LocalCloud, nat_id: str) -> None:
    allocation_id, address = make_eip(cloud)
    pair = {"AllocationId": allocation_id, "InstanceId": nat_id, "InstanceType": "Nat"}
    cloud.do("AssociateEipAddress", **pair)
    (found,) = eips(cloud)
    assert (found["Status"], found["InstanceId"], found["InstanceType"]) == ("Associating", nat_id, "Nat")
    assert cloud.code("AssociateEipAddress", **pair) == "IncorrectEipStatus"
    cloud.pass_time(5)
    assert eips(cloud, EipAddress=address)[0]["Status"] == "InUse"
    assert cloud.code("AssociateEipAddress", **pair) == "InvalidAssociation.Duplicated"
    assert cloud.code("ReleaseEipAddress", AllocationId=allocation_id) == "IncorrectEipStatus"
    cloud.do("UnassociateEipAddress", **pair)
    cloud.pass_time(5)
    (found,) = eips(cloud)
    assert (found["Status"], found["InstanceId"]) == ("Available", "")
    assert cloud.code("UnassociateEipAddress", **pair) == "IncorrectEipStatus"


def test_one_binding_at_a_time_per_gateway(cloud: LocalCloud, nat_id: str) -> None:
    (one, _), (two, _) = make_eip(cloud), make_eip(cloud)
    cloud.do("AssociateEipAddress", AllocationId=one, InstanceId=nat_id, InstanceType="Nat")
    second = {"AllocationId": two, "InstanceId": nat_id, "InstanceType": "Nat"}
    assert cloud.code("AssociateEipAddress", **second) == "TaskConflict"
    cloud.pass_time(5)
    assert cloud.code("AssociateEipAddress", **second) == ""


def test_what_cannot_be_bound_to(cloud: LocalCloud) -> None:
    allocation_id, _ = make_eip(cloud)
    pair = {"AllocationId": allocation_id, "InstanceId": "ngw-none"}
    assert cloud.code("AssociateEipAddress", **pair, InstanceType="Nat") == "InvalidInstanId.NotFound"
    assert cloud.code("AssociateEipAddress", **pair, InstanceType="Tree") == "InvalidInstanceType.ValueNotSupported"
    assert cloud.code("AssociateEipAddress", **pair, InstanceType="HaVip") == "NotImplemented.LocalCloud"


def test_a_protected_eip_stays(cloud: LocalCloud) -> None:
    allocation_id, _ = make_eip(cloud)
    cloud.do("DeletionProtection", InstanceId=allocation_id, Type="EIP", ProtectionEnable="true")
    assert cloud.code("ReleaseEipAddress", AllocationId=allocation_id) == "InvalidOperation.DeletionProtection"
    cloud.do("DeletionProtection", InstanceId=allocation_id, Type="EIP", ProtectionEnable="false")
    assert cloud.code("ReleaseEipAddress", AllocationId=allocation_id) == ""
