from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.vswitch import VSwitch, read
from acsctl.model.unknown import UNKNOWN
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, change, live, ref, stack, want

VSWITCH = VSwitch()
ROW = {
    "VSwitchId": "vsw-1",
    "VpcId": "vpc-1",
    "ZoneId": "cn-hangzhou-h",
    "CidrBlock": "10.0.1.0/24",
    "VSwitchName": "shop-subnet",
    "Description": "d",
    "Status": "Available",
    "CreationTime": "2026-11-20T10:00:00Z",
    "AvailableIpAddressCount": 252,
    "Tags": tags("vswitch.subnet", team="a"),
}
SPEC = {"vpc": "vpc-1", "zone": "cn-hangzhou-h", "cidr": "10.0.1.0/24"}
NETWORK = {"cidr": "10.0.0.0/16", "secondary_cidrs": ["192.168.0.0/16"]}


def faults(name="b", **others):
    resources = stack(**others)
    spec = next(item.spec for item in resources.values() if item.address.path == (name,))
    return [fault.message for fault in VSWITCH.schema.check(spec, resources)]


def subnet(cidr, **rest):
    return {"vpc": ref("vpc.network"), "zone": "cn-hangzhou-h", "cidr": cidr, **rest}


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = read(ROW)
    assert item.spec == {**SPEC, "name": "shop-subnet", "description": "d"}
    assert set(item.spec) == set(VSWITCH.schema.fields)
    assert (item.tags, item.state, item.mark.stack) == ({"team": "a"}, "ready", "shop")
    assert read({**ROW, "Status": "Pending"}).state == "pending"


def test_list_is_by_mark():
    door = Door({"DescribeVSwitches": page("VSwitches.VSwitch", [ROW])})
    assert [item.id for item in VSWITCH.list(door, SCOPE)] == ["vsw-1"]


def test_find_by_its_own_fields():
    door = Door({"DescribeVSwitches": page("VSwitches.VSwitch", [ROW])})
    assert [item.id for item in VSWITCH.find(door, SCOPE, {"vpc": "vpc-1", "cidr": "10.0.1.0/24"})] == ["vsw-1"]
    assert list(VSWITCH.find(door, SCOPE, {"cidr": "10.0.9.0/24"})) == []
    assert door.sent("DescribeVSwitches")[0]["VpcId"] == "vpc-1"


def test_create_is_one_call_with_its_tags():
    door = Door({"CreateVSwitch": {"VSwitchId": "vsw-1"}})
    seen = run(VSWITCH.create(door, want("vswitch.subnet", SPEC, name="shop-subnet"), token))
    assert seen == [Made(("vsw-1",)), Wait(("vsw-1",))]
    (sent,) = door.sent("CreateVSwitch")
    assert {key: sent[key] for key in ("VpcId", "ZoneId", "CidrBlock", "VSwitchName")} == {
        "VpcId": "vpc-1",
        "ZoneId": "cn-hangzhou-h",
        "CidrBlock": "10.0.1.0/24",
        "VSwitchName": "shop-subnet",
    }
    assert "Description" not in sent and len(sent["Tag"]) == 3


def test_update_sends_only_what_differs():
    door = Door()
    seen = run(VSWITCH.update(door, (live("vswitch.subnet", "vsw-1"),), change(name="other"), token))
    assert door.sent("ModifyVSwitchAttribute") == [{"VSwitchId": "vsw-1", "VSwitchName": "other"}]
    assert seen == [Wait(("vsw-1",))]


def test_delete_of_what_is_gone_is_done():
    door = Door({"DeleteVSwitch": refusal("InvalidVSwitchId.NotFound")})
    assert run(VSWITCH.delete(door, (live("vswitch.subnet", "vsw-1"),), token)) == [Wait(("vsw-1",), until="gone")]


def test_ready_asks_a_few_one_by_one_and_many_by_page():
    few = Door({"DescribeVSwitches": [page("VSwitches.VSwitch", [ROW]), page("VSwitches.VSwitch", [])]})
    found = VSWITCH.ready(few, ["vsw-1", "vsw-2"])
    assert found["vsw-1"].state == "ready" and found["vsw-2"].absent
    assert [sent["VSwitchId"] for sent in few.sent("DescribeVSwitches")] == ["vsw-1", "vsw-2"]
    many = Door({"DescribeVSwitches": page("VSwitches.VSwitch", [ROW, {**ROW, "VSwitchId": "vsw-9"}])})
    found = VSWITCH.ready(many, ["vsw-1", "vsw-2", "vsw-3", "vsw-4"])
    assert len(many.calls) == 1 and set(found) == {"vsw-1", "vsw-2", "vsw-3", "vsw-4"}


def test_it_lies_inside_its_vpc():
    assert faults(vpc_network=NETWORK, vswitch_b=subnet("10.0.1.0/24")) == []
    assert faults(vpc_network=NETWORK, vswitch_b=subnet("192.168.1.0/24")) == []
    assert faults(vpc_network=NETWORK, vswitch_b=subnet("172.16.0.0/24")) == ["172.16.0.0/24 is outside vpc.network"]
    assert faults(vpc_network={"cidr": UNKNOWN}, vswitch_b=subnet("172.16.0.0/24")) == []


def test_it_does_not_overlap_a_sibling_and_only_the_later_one_is_blamed():
    pair = {"vpc_network": NETWORK, "vswitch_a": subnet("10.0.0.0/20"), "vswitch_b": subnet("10.0.1.0/24")}
    assert faults("b", **pair) == ["10.0.1.0/24 overlaps vswitch.a, which has 10.0.0.0/20"]
    assert faults("a", **pair) == []
    assert faults("b", **{**pair, "vswitch_a": subnet("10.0.0.0/20", vpc="vpc-other")}) == []


def test_two_equal_ones_overlap():
    pair = {"vpc_network": NETWORK, "vswitch_a": subnet("10.0.1.0/24"), "vswitch_b": subnet("10.0.1.0/24")}
    assert len(faults("b", **pair)) == 1


def test_masks_and_reserved_ranges():
    assert "/16 to /29" in next(iter(VSWITCH.schema.check({"vpc": "vpc-1", "cidr": "10.0.0.0/30"}, {}))).hint
    assert len(list(VSWITCH.schema.check({"vpc": "vpc-1", "cidr": "169.254.0.0/24"}, {}))) == 1


def test_a_replacement_comes_first_where_it_fits_beside():
    old = live("vswitch.subnet", "vsw-1", vpc="vpc-1", cidr="10.0.1.0/24")
    assert VSWITCH.schema.create_first(old, {**SPEC, "cidr": "10.0.2.0/24"})
    assert not VSWITCH.schema.create_first(old, {**SPEC, "cidr": "10.0.0.0/23"})
    assert not VSWITCH.schema.create_first(old, {**SPEC, "vpc": "vpc-2", "cidr": "10.0.2.0/24"})


def test_the_zone_is_of_the_region():
    assert not VSWITCH.prepare(Door(), SPEC, lambda _: None).findings
    (finding,) = VSWITCH.prepare(Door(), {**SPEC, "zone": "cn-beijing-h"}, lambda _: None).findings
    assert "cn-beijing-h" in finding.message


def test_keys_serialise_the_writes_of_one_vpc():
    assert VSWITCH.schema.keys("create", SPEC) == VSWITCH.schema.keys("delete", {**SPEC, "id": "vsw-1"}) == ("vpc:vpc-1",)
