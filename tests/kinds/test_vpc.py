from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.vpc import Vpc, read
from acsctl.model.unknown import UNKNOWN
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, change, items, live, want

VPC = Vpc()
ROW = {
    "VpcId": "vpc-1",
    "CidrBlock": "10.0.0.0/16",
    "SecondaryCidrBlocks": {"SecondaryCidrBlock": ["10.1.0.0/16"]},
    "VpcName": "shop-network",
    "Description": "",
    "VRouterId": "vrt-1",
    "RouterTableIds": {"RouterTableIds": ["vtb-1"]},
    "Status": "Available",
    "CreationTime": "2026-11-20T10:00:00Z",
    "Tags": tags("vpc.network", team="a"),
}


def faults(**spec):
    return [(fault.path, fault.message) for fault in VPC.schema.check(spec, {})]


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = read(ROW)
    assert item.spec == {
        "cidr": "10.0.0.0/16",
        "secondary_cidrs": ["10.1.0.0/16"],
        "name": "shop-network",
        "description": "",
    }
    assert (item.id, item.tags, item.outputs["route_table_id"]) == ("vpc-1", {"team": "a"}, "vtb-1")
    assert str(item.address) == "vpc.network"
    assert set(item.spec) == set(VPC.schema.fields) and set(item.outputs) == set(VPC.schema.outputs)


def test_list_filters_by_mark_and_leaves_other_kinds_out():
    foreign = {**ROW, "VpcId": "vpc-2", "Tags": tags("instance.web")}
    door = Door({"DescribeVpcs": page("Vpcs.Vpc", [ROW, foreign])})
    assert [item.id for item in VPC.list(door, SCOPE)] == ["vpc-1"]
    assert door.sent("DescribeVpcs")[0]["Tag"] == [{"Key": "acsctl:stack", "Value": "shop"}]


def test_create_waits_before_each_further_range():
    door = Door({"CreateVpc": {"VpcId": "vpc-1"}})
    seen = run(VPC.create(door, want("vpc.network", {"cidr": "10.0.0.0/16", "secondary_cidrs": ["10.1.0.0/16"]}), token))
    assert seen == [Made(("vpc-1",)), Wait(("vpc-1",)), Wait(("vpc-1",))]
    assert door.actions == ["CreateVpc", "AssociateVpcCidrBlock"]
    sent = door.calls[0][1]
    assert sent["ClientToken"] == "token" and {"Key": "acsctl:address", "Value": "vpc.network"} in sent["Tag"]
    assert door.sent("AssociateVpcCidrBlock") == [{"VpcId": "vpc-1", "SecondaryCidrBlock": "10.1.0.0/16"}]


def test_update_sends_only_what_differs_and_takes_ranges_away_first():
    door = Door()
    ranges = items("secondary_cidrs", added=("10.2.0.0/16",), removed=("10.1.0.0/16",))
    run(VPC.update(door, (live("vpc.network", "vpc-1"),), change(description="", secondary_cidrs=ranges), token))
    assert door.actions == ["ModifyVpcAttribute", "UnassociateVpcCidrBlock", "AssociateVpcCidrBlock"]
    assert door.sent("ModifyVpcAttribute") == [{"VpcId": "vpc-1", "Description": ""}]


def test_delete_of_what_is_gone_is_done():
    door = Door({"DeleteVpc": refusal("InvalidVpcId.NotFound")})
    assert run(VPC.delete(door, (live("vpc.network", "vpc-1"),), token)) == [Wait(("vpc-1",), until="gone")]


def test_ready_asks_twenty_ids_a_call():
    door = Door({"DescribeVpcs": [page("Vpcs.Vpc", [{**ROW, "Status": "Pending"}]), page("Vpcs.Vpc", [])]})
    found = VPC.ready(door, ["vpc-1", *(f"vpc-x{number}" for number in range(20))])
    assert len(door.calls) == 2
    assert found["vpc-1"].state == "pending" and not found["vpc-1"].absent
    assert found["vpc-x19"].absent


def test_check_knows_masks_reserved_ranges_and_overlaps():
    assert faults(cidr="10.0.0.0/16", secondary_cidrs=["10.1.0.0/16", "192.168.0.0/28"]) == []
    assert [path for path, _ in faults(cidr="0.0.0.0/0")] == [("cidr",)]
    assert "100.64.0.0/10" in faults(cidr="100.64.8.0/24")[0][1]
    assert faults(cidr="10.0.0.0/29")[0][0] == ("cidr",)
    overlapping = faults(cidr="10.0.0.0/16", secondary_cidrs=["10.1.0.0/16", "10.1.2.0/24", "10.0.3.0/24"])
    assert [path for path, _ in overlapping] == [("secondary_cidrs", 1), ("secondary_cidrs", 2)]
    assert faults(cidr=UNKNOWN, secondary_cidrs=["10.1.0.0/16"]) == []


def test_keys():
    assert VPC.schema.keys("create", {"cidr": "10.0.0.0/16"}) == ()
    assert VPC.schema.keys("update", {"id": "vpc-1"}) == ("vpc:vpc-1",)
