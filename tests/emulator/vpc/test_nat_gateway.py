"""NAT gateways with their SNAT and DNAT entries."""

from typing import Any

import pytest
from alibabacloud_vpc20160428 import models as m

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.vpc.network import eips, entries, make_eip, make_nat, make_vpc, make_vswitch, nats, vpc, vswitches


@pytest.fixture
def network(cloud: LocalCloud) -> tuple[str, str]:
    vpc_id = make_vpc(cloud)
    return vpc_id, make_vswitch(cloud, vpc_id)


@pytest.fixture
def nat(cloud: LocalCloud, network: tuple[str, str]) -> dict[str, Any]:
    return make_nat(cloud, *network)


def snats(cloud: LocalCloud, nat: dict[str, Any]) -> list[dict[str, Any]]:
    listing = cloud.do("DescribeSnatTableEntries", NatGatewayId=nat["NatGatewayId"])
    return listing["SnatTableEntries"]["SnatTableEntry"]


def table_of(nat: dict[str, Any]) -> str:
    return nat["SnatTableIds"]["SnatTableId"][0]


def test_a_gateway_through_the_sdk(cloud: LocalCloud, network: tuple[str, str]) -> None:
    vpc_id, vswitch_id = network
    tag = m.CreateNatGatewayRequestTag(key="a", value="b")
    request = m.CreateNatGatewayRequest(
        region_id=REGION, vpc_id=vpc_id, v_switch_id=vswitch_id, nat_type="Enhanced", name="n", tag=[tag]
    )
    made = cloud.vpc.create_nat_gateway(request).body
    listing = cloud.vpc.describe_nat_gateways(m.DescribeNatGatewaysRequest(region_id=REGION)).body
    (found,) = listing.nat_gateways.nat_gateway
    assert (found.nat_gateway_id, found.status, found.name) == (made.nat_gateway_id, "Creating", "n")
    assert found.snat_table_ids.snat_table_id == made.snat_table_ids.snat_table_id
    assert found.nat_gateway_private_info.vswitch_id == vswitch_id
    assert [(one.tag_key, one.tag_value) for one in found.tags.tag] == [("a", "b")]
    cloud.pass_time(60)
    assert nats(cloud)[0]["Status"] == "Available"


def test_side_effects(cloud: LocalCloud, network: tuple[str, str], nat: dict[str, Any]) -> None:
    vpc_id, _ = network
    assert vswitches(cloud)[0]["AvailableIpAddressCount"] == 251
    table_id = vpc(cloud, vpc_id)["RouterTableIds"]["RouterTableIds"][0]
    (route,) = entries(cloud, table_id, DestinationCidrBlock="0.0.0.0/0")
    assert route["NextHops"]["NextHop"][0]["NextHopId"] == nat["NatGatewayId"]
    again = {"RouteTableId": table_id, "DestinationCidrBlock": "0.0.0.0/0", "NextHopType": "NatGateway"}
    assert cloud.code("CreateRouteEntry", **again, NextHopId=nat["NatGatewayId"]) == "InvalidCIDRBlock.Duplicate"


def test_deleting_a_gateway_frees_its_network_late(cloud: LocalCloud, network: tuple[str, str], nat: dict[str, Any]) -> None:
    vpc_id, vswitch_id = network
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "DependencyViolation.EnhancedNatgw"
    cloud.do("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"])
    assert nats(cloud)[0]["Status"] == "Deleting"
    assert cloud.code("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"]) == "IncorrectStatus.NatGateway"
    cloud.pass_time(30)
    assert nats(cloud) == []
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "DependencyViolation.EnhancedNatgw"
    cloud.pass_time(3)
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == ""
    cloud.pass_time(5)
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == ""
    cloud.pass_time(5)
    assert cloud.world() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VSwitchId": ""}, "MissingParameter"),
        ({"VSwitchId": "vsw-none"}, "InvalidVSWITCHID.NotFound"),
        ({"VpcId": "vpc-none"}, "InvalidVpcId.NotFound"),
        ({"NatType": "Normal"}, "ParameterIllegal"),
        ({"InstanceChargeType": "PrePaid"}, "OperationDenied.PrePaidInstance"),
        ({"Name": "http://n"}, "InvalidParameter.Name.Malformed"),
    ],
)
def test_create_refuses(cloud: LocalCloud, network: tuple[str, str], changes: dict[str, str], code: str) -> None:
    right = {"VpcId": network[0], "VSwitchId": network[1], "NatType": "Enhanced"}
    assert cloud.code("CreateNatGateway", **{**right, **changes}) == code


def test_a_vswitch_of_another_vpc(cloud: LocalCloud, network: tuple[str, str]) -> None:
    other = make_vpc(cloud)
    assert cloud.code("CreateNatGateway", VpcId=other, VSwitchId=network[1]) == "OperationFailed.VswNotBelongToVpc"


def test_attributes(cloud: LocalCloud, nat: dict[str, Any]) -> None:
    cloud.do("ModifyNatGatewayAttribute", NatGatewayId=nat["NatGatewayId"], Name="new", IcmpReplyEnabled="False")
    found = cloud.do("GetNatGatewayAttribute", NatGatewayId=nat["NatGatewayId"])
    assert (found["Name"], nats(cloud)[0]["IcmpReplyEnabled"]) == ("new", False)


def test_an_snat_entry_of_a_vswitch(cloud: LocalCloud, network: tuple[str, str], nat: dict[str, Any]) -> None:
    allocation_id, address = make_eip(cloud, nat["NatGatewayId"])
    fields = {"SnatTableId": table_of(nat), "SnatIp": address, "SourceVSwitchId": network[1]}
    entry_id = cloud.do("CreateSnatEntry", **fields)["SnatEntryId"]
    (entry,) = snats(cloud, nat)
    assert (entry["SnatEntryId"], entry["SourceCIDR"], entry["Status"]) == (entry_id, "10.0.1.0/24", "Pending")
    named = {"SnatTableId": table_of(nat), "SnatEntryId": entry_id}
    assert cloud.code("DeleteSnatEntry", **named) == "IncorretSnatEntryStatus"
    cloud.pass_time(5)
    assert cloud.code("CreateSnatEntry", **fields) == "Forbidden.SourceVSwitchId.Duplicated"
    assert cloud.code("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"]) == "DependencyViolation.SnatEntry"
    used = cloud.code("UnassociateEipAddress", AllocationId=allocation_id, InstanceId=nat["NatGatewayId"], InstanceType="Nat")
    assert used == "InvalidIpStatus.HasBeenUsedBySnatTable"
    assert nats(cloud)[0]["IpLists"]["IpList"][0]["UsingStatus"] == "UsedBySnatTable"
    cloud.do("DeleteSnatEntry", **named)
    cloud.pass_time(3)
    assert snats(cloud, nat) == []
    assert cloud.code("DeleteSnatEntry", **named) == "InvalidSnatEntryId.NotFound"
    assert cloud.code("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"]) == "DependencyViolation.EIPS"


def test_an_snat_entry_is_modified(cloud: LocalCloud, nat: dict[str, Any]) -> None:
    (_, one), (_, two) = make_eip(cloud, nat["NatGatewayId"]), make_eip(cloud, nat["NatGatewayId"])
    fields = {"SnatTableId": table_of(nat), "SnatIp": one, "SourceCIDR": "10.0.0.0/16"}
    entry_id = cloud.do("CreateSnatEntry", **fields)["SnatEntryId"]
    cloud.pass_time(5)
    named = {"SnatTableId": table_of(nat), "SnatEntryId": entry_id}
    cloud.do("ModifySnatEntry", **named, SnatIp=f"{one},{two}", SnatEntryName="n", EipAffinity=1)
    (entry,) = snats(cloud, nat)
    assert (entry["SnatIp"], entry["Status"], entry["EipAffinity"]) == (f"{one},{two}", "Modifying", "1")
    cloud.pass_time(3)
    assert snats(cloud, nat)[0]["Status"] == "Available"


def test_snat_entries_that_are_refused(cloud: LocalCloud, network: tuple[str, str], nat: dict[str, Any]) -> None:
    _, elsewhere = make_eip(cloud)
    _, bound = make_eip(cloud, nat["NatGatewayId"])
    right = {"SnatTableId": table_of(nat), "SnatIp": bound, "SourceCIDR": "10.0.0.0/16"}
    wrong = {
        "EIP_NOT_IN_GATEWAY": {"SnatIp": elsewhere},
        "InvalidSnatIp.NotFound": {"SnatIp": "203.0.113.9"},
        "InvalidSnatIp.Malformed": {"SnatIp": "nine"},
        "InvalidSnatTableId.NotFound": {"SnatTableId": "stb-none"},
        "INVALID_PARAMETER": {"SourceCIDR": ""},
        "NOT_ALLOW_USE_SOURCECIDR_OUTSIDEVPC": {"SourceCIDR": "192.168.0.0/24"},
        "CreateSnatEntry.ParamExclusive.sourceVSwitchIdAndsourceCIDR": {"SourceVSwitchId": network[1]},
    }
    assert {code: cloud.code("CreateSnatEntry", **{**right, **change}) for code, change in wrong.items()} == {
        code: code for code in wrong
    }


def test_force_takes_everything_with_it(cloud: LocalCloud, nat: dict[str, Any]) -> None:
    _, address = make_eip(cloud, nat["NatGatewayId"])
    cloud.do("CreateSnatEntry", SnatTableId=table_of(nat), SnatIp=address, SourceCIDR="10.0.0.0/16")
    cloud.pass_time(5)
    cloud.do("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"], Force="true")
    cloud.pass_time(30)
    assert (eips(cloud)[0]["Status"], cloud.world("snat_entry"), cloud.world("nat_gateway")) == ("Available", [], [])


def test_a_dnat_entry(cloud: LocalCloud, nat: dict[str, Any]) -> None:
    _, address = make_eip(cloud, nat["NatGatewayId"])
    table_id = nat["ForwardTableIds"]["ForwardTableId"][0]
    rule = {"ExternalIp": address, "ExternalPort": "80", "InternalIp": "10.0.1.9", "InternalPort": "8080", "IpProtocol": "tcp"}
    entry_id = cloud.do("CreateForwardEntry", ForwardTableId=table_id, **rule)["ForwardEntryId"]
    cloud.pass_time(5)
    assert cloud.code("CreateForwardEntry", ForwardTableId=table_id, **rule) == "ForwardEntry.Duplicated"
    assert cloud.code("CreateForwardEntry", ForwardTableId=table_id, **{**rule, "InternalIp": "9.9.9.9"}) != ""
    snat = cloud.code("CreateSnatEntry", SnatTableId=table_of(nat), SnatIp=address, SourceCIDR="10.0.0.0/16")
    assert snat == "Forbidden.IpUsedInForwardTable"
    named = {"ForwardTableId": table_id, "ForwardEntryId": entry_id}
    cloud.do("ModifyForwardEntry", **named, InternalPort="9090")
    cloud.pass_time(3)
    (entry,) = cloud.do("DescribeForwardTableEntries", ForwardTableId=table_id)["ForwardTableEntries"]["ForwardTableEntry"]
    assert (entry["InternalPort"], entry["ExternalPort"], entry["Status"]) == ("9090", "80", "Available")
    cloud.do("DeleteForwardEntry", **named)
    cloud.pass_time(3)
    assert cloud.world("forward_entry") == []
