"""Route tables, their use by vSwitches, and route entries."""

import pytest

from tests.emulator.conftest import LocalCloud
from tests.emulator.vpc.network import entries, make_nat, make_vpc, make_vswitch, tables, vswitches


def make_table(cloud: LocalCloud, vpc_id: str) -> str:
    table_id = cloud.do("CreateRouteTable", VpcId=vpc_id, RouteTableName="t")["RouteTableId"]
    cloud.pass_time(5)
    return table_id


def test_a_vpc_comes_with_a_system_table(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    make_vswitch(cloud, vpc_id)
    (table,) = tables(cloud, VpcId=vpc_id)
    assert (table["RouteTableType"], table["Status"]) == ("System", "Available")
    found = [(one["DestinationCidrBlock"], one["Type"]) for one in entries(cloud, table["RouteTableId"])]
    assert found == [("10.0.1.0/24", "System"), ("100.64.0.0/10", "System")]
    assert cloud.code("DeleteRouteTable", RouteTableId=table["RouteTableId"]) == "IncorrectRouteTableType"


def test_a_custom_table_and_its_users(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    vswitch_id = make_vswitch(cloud, vpc_id)
    table_id = make_table(cloud, vpc_id)
    pair = {"RouteTableId": table_id, "VSwitchId": vswitch_id}
    cloud.do("AssociateRouteTable", **pair)
    assert cloud.code("AssociateRouteTable", **pair) == "ResourceAlreadyAssociated.RouteTable"
    assert cloud.code("CreateRouteTable", VpcId=vpc_id) == "IncorrectVSwitchStatus"
    cloud.pass_time(5)
    (vswitch,) = vswitches(cloud)
    assert vswitch["RouteTable"] == {"RouteTableId": table_id, "RouteTableType": "Custom"}
    assert tables(cloud, RouteTableId=table_id)[0]["VSwitchIds"]["VSwitchId"] == [vswitch_id]
    assert cloud.code("DeleteVSwitch", VSwitchId=vswitch_id) == "DependencyViolation.RouteTable"
    assert cloud.code("DeleteRouteTable", RouteTableId=table_id) == "IncorrectRouteTableStatus"
    cloud.do("UnassociateRouteTable", **pair)
    cloud.pass_time(5)
    assert vswitches(cloud)[0]["RouteTable"]["RouteTableType"] == "System"
    assert cloud.code("UnassociateRouteTable", **pair) == "OperationFailed.VSwitchNotAssociate"
    cloud.do("DeleteRouteTable", RouteTableId=table_id)
    cloud.pass_time(3)
    assert tables(cloud, RouteTableId=table_id) == []


def test_a_custom_table_blocks_its_vpc(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    make_table(cloud, vpc_id)
    assert cloud.code("DeleteVpc", VpcId=vpc_id) == "DependencyViolation.RouteTable"


def test_attributes_of_a_table(cloud: LocalCloud) -> None:
    table_id = make_table(cloud, make_vpc(cloud))
    cloud.do("ModifyRouteTableAttributes", RouteTableId=table_id, RouteTableName="new", Description="d")
    (found,) = tables(cloud, RouteTableId=table_id)
    assert (found["RouteTableName"], found["Description"]) == ("new", "d")
    assert cloud.code("ModifyRouteTableAttributes", RouteTableId="vtb-none") == "InvalidRouteTableId.NotFound"


@pytest.fixture
def routed(cloud: LocalCloud) -> dict[str, str]:
    """A custom table in a VPC with a NAT gateway, as the parameters of an entry."""
    vpc_id = make_vpc(cloud)
    nat = make_nat(cloud, vpc_id, make_vswitch(cloud, vpc_id))
    table_id = make_table(cloud, vpc_id)
    hop = {"NextHopType": "NatGateway", "NextHopId": nat["NatGatewayId"]}
    return {"RouteTableId": table_id, "DestinationCidrBlock": "192.168.0.0/16", **hop}


def test_an_entry_from_pending_to_gone(cloud: LocalCloud, routed: dict[str, str]) -> None:
    entry_id = cloud.do("CreateRouteEntry", **routed, RouteEntryName="e")["RouteEntryId"]
    (entry,) = entries(cloud, routed["RouteTableId"], RouteEntryType="Custom")
    assert (entry["RouteEntryId"], entry["Status"]) == (entry_id, "Pending")
    assert entry["NextHops"]["NextHop"][0]["NextHopId"] == routed["NextHopId"]
    assert cloud.code("DeleteRouteEntry", RouteEntryId=entry_id) == "IncorrectRouteEntryStatus"
    cloud.pass_time(3)
    assert cloud.code("CreateRouteEntry", **routed) == "InvalidCIDRBlock.Duplicate"
    assert cloud.code("DeleteRouteTable", RouteTableId=routed["RouteTableId"]) == "DependencyViolation.RouteEntry"
    cloud.do("DeleteRouteEntry", **routed)
    cloud.pass_time(3)
    assert entries(cloud, routed["RouteTableId"], RouteEntryType="Custom") == []
    assert cloud.code("DeleteRouteEntry", **routed) == "InvalidRouteEntry.NotFound"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DestinationCidrBlock": "10.0.1.0/24"}, "InvalidCidrBlock"),
        ({"DestinationCidrBlock": "10.0.1.7"}, "InvalidCidrBlock"),
        ({"DestinationCidrBlock": "100.64.0.0/10"}, "InvalidCidrBlock"),
        ({"DestinationCidrBlock": "there"}, "InvalidCidrBlock.Malformed"),
        ({"NextHopId": "ngw-none"}, "InvalidNatGatewayId.NotFound"),
        ({"NextHopType": "Teapot"}, "InvalidNextHopType"),
        ({"RouteTableId": "vtb-none"}, "InvalidRouteTableId.NotFound"),
    ],
)
def test_entries_that_are_refused(cloud: LocalCloud, routed: dict[str, str], changes: dict[str, str], code: str) -> None:
    assert cloud.code("CreateRouteEntry", **{**routed, **changes}) == code


def test_an_entry_of_the_system_stays(cloud: LocalCloud, routed: dict[str, str]) -> None:
    system = {"RouteTableId": routed["RouteTableId"], "DestinationCidrBlock": "10.0.1.0/24"}
    assert cloud.code("DeleteRouteEntry", **system) == "OperationDenied"


def test_an_entry_is_renamed_and_routed_anew(cloud: LocalCloud, routed: dict[str, str]) -> None:
    entry_id = cloud.do("CreateRouteEntry", **routed)["RouteEntryId"]
    cloud.pass_time(3)
    hop = {"NewNextHopType": "NatGateway", "NewNextHopId": routed["NextHopId"]}
    cloud.do("ModifyRouteEntry", RouteEntryId=entry_id, RouteEntryName="n", **hop)
    (entry,) = entries(cloud, routed["RouteTableId"], RouteEntryId=entry_id)
    assert (entry["RouteEntryName"], entry["Status"]) == ("n", "Modifying")
    cloud.pass_time(3)
    assert entries(cloud, routed["RouteTableId"], RouteEntryId=entry_id)[0]["Status"] == "Available"


def test_entries_in_a_batch(cloud: LocalCloud, routed: dict[str, str]) -> None:
    fields = {}
    for number, cidr in enumerate(["192.168.1.0/24", "192.168.2.0/24", "10.0.1.0/24"], start=1):
        stem = f"RouteEntries.{number}"
        fields[f"{stem}.RouteTableId"] = routed["RouteTableId"]
        fields[f"{stem}.DstCidrBlock"] = cidr
        fields[f"{stem}.NextHop"] = routed["NextHopId"]
        fields[f"{stem}.NextHopType"] = "NatGateway"
    made = cloud.do("CreateRouteEntries", **fields)
    assert (made["SuccessCount"], made["FailedCount"], made["FailedRouteEntries"][0]["FailedCode"]) == (
        2,
        1,
        "InvalidCidrBlock",
    )
    cloud.pass_time(3)
    del fields["RouteEntries.1.NextHopType"], fields["RouteEntries.2.NextHopType"], fields["RouteEntries.3.NextHopType"]
    gone = cloud.do("DeleteRouteEntries", **fields)
    assert (gone["SuccessCount"], gone["FailedCount"]) == (2, 1)


def test_entries_come_in_pages(cloud: LocalCloud, routed: dict[str, str]) -> None:
    for number in range(3):
        cloud.do("CreateRouteEntry", **{**routed, "DestinationCidrBlock": f"192.168.{number}.0/24"})
        cloud.pass_time(3)
    seen: list[str] = []
    token = ""
    for _ in range(3):
        page = cloud.do("DescribeRouteEntryList", RouteTableId=routed["RouteTableId"], MaxResult=2, NextToken=token)
        seen += [one["DestinationCidrBlock"] for one in page["RouteEntrys"]["RouteEntry"]]
        token = page["NextToken"]
    assert token == ""
    assert seen == ["192.168.0.0/24", "192.168.1.0/24", "192.168.2.0/24", "10.0.1.0/24", "100.64.0.0/10"]
    wrong = cloud.code("DescribeRouteEntryList", RouteTableId=routed["RouteTableId"], NextToken="made up")
    assert wrong == "IllegalParam.NextToken"


def test_the_older_lists(cloud: LocalCloud) -> None:
    vpc_id = make_vpc(cloud)
    vswitch_id = make_vswitch(cloud, vpc_id)
    (router,) = cloud.do("DescribeVRouters")["VRouters"]["VRouter"]
    (table,) = cloud.do("DescribeRouteTables", VRouterId=router["VRouterId"])["RouteTables"]["RouteTable"]
    assert router["RouteTableIds"]["RouteTableId"] == [table["RouteTableId"]]
    assert table["VSwitchIds"]["VSwitchId"] == [vswitch_id]
    assert [one["DestinationCidrBlock"] for one in table["RouteEntrys"]["RouteEntry"]] == ["10.0.1.0/24", "100.64.0.0/10"]
