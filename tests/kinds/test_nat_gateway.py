from dataclasses import replace

import pytest

from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.nat_gateway import NatGateway, read
from acsctl.model.unknown import UNKNOWN
from acsctl.plan import compare
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, change, items, live, ref, stack, want

NAT = NatGateway()
LIST = "NatGateways.NatGateway"
ENTRIES = "SnatTableEntries.SnatTableEntry"
ROW = {
    "NatGatewayId": "ngw-1",
    "VpcId": "vpc-1",
    "NatGatewayPrivateInfo": {"VswitchId": "vsw-1", "PrivateIpAddress": "10.0.1.9"},
    "Name": "shop-out",
    "Description": "",
    "Status": "Available",
    "IpLists": {
        "IpList": [
            {"AllocationId": "eip-2", "IpAddress": "47.0.0.2", "UsingStatus": "Idle"},
            {"AllocationId": "eip-1", "IpAddress": "47.0.0.1", "UsingStatus": "UsedBySnatTable"},
        ]
    },
    "SnatTableIds": {"SnatTableId": ["stb-1"]},
    "ForwardTableIds": {"ForwardTableId": ["ftb-1"]},
    "CreationTime": "2026-11-20T10:00:00Z",
    "Tags": tags("nat_gateway.out", prefix="Tag"),
}
ENTRY = {
    "SnatEntryId": "snat-1",
    "SnatTableId": "stb-1",
    "SourceVSwitchId": "vsw-1",
    "SourceCIDR": "10.0.1.0/24",
    "SnatIp": "47.0.0.2,47.0.0.1",
    "Status": "Available",
}
CIDR_ENTRY = {**ENTRY, "SnatEntryId": "snat-2", "SourceVSwitchId": "", "SourceCIDR": "10.0.2.0/24", "SnatIp": "47.0.0.2"}
EIPS = {"eip-1": {"address": "47.0.0.1"}, "eip-2": {"address": "47.0.0.2"}, "eip-3": {"address": "47.0.0.3"}}
BOTH = {"vswitch": "vsw-1", "eips": ["eip-1", "eip-2"]}
SPEC = {"vpc": "vpc-1", "vswitch": "vsw-1"}


def entries(*rows):
    return page(ENTRIES, rows)


def gateway(**spec):
    return (replace(live("nat_gateway.out", "ngw-1", **SPEC, **spec), outputs={"snat_table_id": "stb-1"}),)


def bound(eip):
    return Wait((eip,), until="bound to ngw-1", kind="eip")


def free(eip):
    return Wait((eip,), until="free", kind="eip")


def faults(spec, **others):
    return [(fault.path, fault.message) for fault in NAT.schema.check({**SPEC, **spec}, stack(**others))]


def test_list_reads_the_entries_with_their_parent():
    door = Door({"DescribeNatGateways": page(LIST, [ROW]), "DescribeSnatTableEntries": entries(ENTRY, CIDR_ENTRY)})
    (item,) = NAT.list(door, SCOPE)
    assert item.spec == {
        **SPEC,
        "name": "shop-out",
        "description": "",
        "eips": ["eip-1", "eip-2"],
        "snat": [BOTH, {"cidr": "10.0.2.0/24", "eips": ["eip-2"]}],
    }
    assert set(item.spec) == set(NAT.schema.fields) and item.outputs == {"snat_table_id": "stb-1"}
    assert door.actions == ["DescribeNatGateways", "DescribeSnatTableEntries"]


def test_a_gateway_that_is_being_made_is_pending():
    young = {key: value for key, value in ROW.items() if key not in ("IpLists", "NatGatewayPrivateInfo")}
    item = read({**young, "Status": "Creating"})
    assert (item.state, item.reason, item.spec["eips"]) == ("pending", "Creating", [])


def test_entries_that_are_going_are_not_there():
    rows = entries({**ENTRY, "Status": "Deleting"}, CIDR_ENTRY)
    door = Door({"DescribeNatGateways": page(LIST, [ROW]), "DescribeSnatTableEntries": rows})
    (item,) = NAT.find(door, SCOPE, {"id": "ngw-1"})
    assert [entry.get("cidr") for entry in item.spec["snat"]] == ["10.0.2.0/24"]
    assert list(NAT.find(door, SCOPE, {"vswitch": "vsw-9"})) == []


def test_entries_without_addresses_have_all_of_the_gateway():
    written = {"eips": ["eip-2", "eip-1"], "snat": [{"vswitch": "vsw-1"}, {"cidr": "10.0.2.0/24", "eips": ["eip-2"]}]}
    found = NAT.schema.normalise(written)
    assert found["snat"] == [BOTH, {"cidr": "10.0.2.0/24", "eips": ["eip-2"]}]
    assert NAT.schema.normalise(found) == found
    assert NAT.schema.normalise({"vpc": "vpc-1"}) == {"vpc": "vpc-1"}
    assert NAT.schema.normalise({"eips": [UNKNOWN, "eip-1"], "snat": [{"vswitch": UNKNOWN}]})["snat"][0]["vswitch"] is UNKNOWN


def test_a_live_gateway_is_equal_to_the_written_one():
    door = Door({"DescribeNatGateways": page(LIST, [ROW]), "DescribeSnatTableEntries": entries(ENTRY)})
    (item,) = NAT.list(door, SCOPE)
    written = NAT.schema.normalise({**SPEC, "eips": ["eip-2", "eip-1"], "snat": [{"vswitch": "vsw-1"}]})
    assert list(compare.fields(NAT.schema.fields, written, have=item.spec, past=compare.Past())) == []


def test_create_goes_gateway_addresses_entries():
    made = {"NatGatewayId": "ngw-1", "SnatTableIds": {"SnatTableId": ["stb-1"]}}
    door = Door({"CreateNatGateway": made, "CreateSnatEntry": {"SnatEntryId": "snat-1"}})
    wanted = want("nat_gateway.out", {**SPEC, "eips": ["eip-1", "eip-2"], "snat": [BOTH]})
    assert run(NAT.create(door, wanted, token), EIPS) == [
        Made(("ngw-1",)),
        Wait(("ngw-1",)),
        bound("eip-1"),
        bound("eip-2"),
        Wait(("eip-1", "eip-2"), kind="eip"),
        Wait(("ngw-1/snat-1",), until="out by 47.0.0.1, 47.0.0.2"),
    ]
    (sent,) = door.sent("CreateNatGateway")
    assert (sent["NatType"], sent["InternetChargeType"], sent["VSwitchId"]) == ("Enhanced", "PayByLcu", "vsw-1")
    assert door.sent("CreateSnatEntry") == [{"SnatTableId": "stb-1", "SourceVSwitchId": "vsw-1", "SnatIp": "47.0.0.1,47.0.0.2"}]


def test_create_without_addresses_is_one_write():
    door = Door({"CreateNatGateway": {"NatGatewayId": "ngw-1", "SnatTableIds": {"SnatTableId": ["stb-1"]}}})
    run(NAT.create(door, want("nat_gateway.out", SPEC), token))
    assert door.actions == ["CreateNatGateway"]


def test_an_address_that_changes_place_moves_its_entry_before_it_is_unbound():
    after = {"vswitch": "vsw-1", "eips": ["eip-1", "eip-3"]}
    door = Door({"DescribeSnatTableEntries": entries(ENTRY)})
    update = change(
        {"snat": [after]},
        eips=items("eips", added=("eip-3",), removed=("eip-2",)),
        snat=items("snat", added=(after,), removed=(BOTH,)),
    )
    seen = run(NAT.update(door, gateway(snat=[BOTH]), update, token), EIPS)
    assert [action for action in door.actions if not action.startswith("Describe")] == [
        "AssociateEipAddress",
        "ModifySnatEntry",
        "UnassociateEipAddress",
    ]
    assert door.sent("ModifySnatEntry") == [{"SnatTableId": "stb-1", "SnatEntryId": "snat-1", "SnatIp": "47.0.0.1,47.0.0.3"}]
    assert [seen[0], *seen[-2:]] == [
        bound("eip-3"),
        Wait(("ngw-1/snat-1",), until="out by 47.0.0.1, 47.0.0.3"),
        free("eip-2"),
    ]


def test_entries_that_leave_go_first_and_new_ones_come():
    door = Door({"DescribeSnatTableEntries": entries(ENTRY), "CreateSnatEntry": {"SnatEntryId": "snat-3"}})
    cidr = {"cidr": "10.0.2.0/24", "eips": ["eip-2"]}
    update = change({"snat": [cidr]}, snat=items("snat", added=(cidr,), removed=(BOTH,)))
    run(NAT.update(door, gateway(snat=[BOTH]), update, token), EIPS)
    writes = [action for action in door.actions if not action.startswith("Describe")]
    assert writes == ["DeleteSnatEntry", "CreateSnatEntry"]
    assert door.sent("CreateSnatEntry")[0]["SourceCIDR"] == "10.0.2.0/24"


def test_entries_are_not_touched_where_only_addresses_change():
    door = Door()
    run(NAT.update(door, gateway(), change({}, eips=items("eips", removed=("eip-2",))), token), EIPS)
    assert door.actions == ["UnassociateEipAddress"]


def test_entries_that_are_no_longer_in_the_file_go():
    door = Door({"DescribeSnatTableEntries": [entries(ENTRY), entries()]})
    run(NAT.update(door, gateway(), change({"snat": []}, snat=items("snat", removed=(BOTH,))), token), EIPS)
    assert door.sent("DeleteSnatEntry") == [{"SnatTableId": "stb-1", "SnatEntryId": "snat-1"}]


def test_update_of_name():
    door = Door()
    assert run(NAT.update(door, gateway(), change(name="other"), token)) == [Wait(("ngw-1",))]
    assert door.sent("ModifyNatGatewayAttribute") == [{"NatGatewayId": "ngw-1", "Name": "other"}]


@pytest.mark.parametrize(
    ("row", "at", "absent"),
    [
        ({**ENTRY, "SnatIp": "47.0.0.2,47.0.0.1"}, "out by 47.0.0.1, 47.0.0.2", False),
        ({**ENTRY, "Status": "Modifying"}, "", False),
        ({**ENTRY, "Status": "Deleting"}, "", False),
        (None, "", True),
    ],
)
def test_how_far_an_entry_is_shows_in_the_table(row, at, absent):
    door = Door({"DescribeSnatTableEntries": entries(*([row] if row else [])), "DescribeNatGateways": page(LIST, [ROW])})
    found = NAT.ready(door, ["ngw-1/snat-1", "ngw-1"])
    assert (found["ngw-1/snat-1"].at, found["ngw-1/snat-1"].absent) == (at, absent)
    assert found["ngw-1"].state == "ready"


def test_delete_goes_entries_addresses_gateway():
    door = Door({"DescribeNatGateways": page(LIST, [ROW]), "DescribeSnatTableEntries": entries(ENTRY)})
    assert run(NAT.delete(door, gateway(), token)) == [
        Wait(("ngw-1/snat-1",), until="gone"),
        free("eip-2"),
        free("eip-1"),
        Wait(("ngw-1",), until="gone"),
    ]
    assert [action for action in door.actions if not action.startswith("Describe")] == [
        "DeleteSnatEntry",
        "UnassociateEipAddress",
        "UnassociateEipAddress",
        "DeleteNatGateway",
    ]


@pytest.mark.parametrize("rows", [[], [{**ROW, "Status": "Deleting"}]])
def test_delete_may_run_again(rows):
    door = Door({"DescribeNatGateways": page(LIST, rows), "DeleteNatGateway": refusal("InvalidNatGatewayId.NotFound")})
    assert run(NAT.delete(door, gateway(), token)) == [Wait(("ngw-1",), until="gone")]


def test_ready_looks_at_no_entries():
    door = Door({"DescribeNatGateways": [page(LIST, [ROW]), page(LIST, [])]})
    found = NAT.ready(door, ["ngw-1", "ngw-2"])
    assert found["ngw-1"].outputs["snat_table_id"] == "stb-1" and "snat" not in found["ngw-1"].outputs
    assert found["ngw-2"].absent and set(door.actions) == {"DescribeNatGateways"}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"eips": ["eip-1"], "snat": [{}]}, ("snat", 0)),
        ({"eips": ["eip-1"], "snat": [{"vswitch": "vsw-1", "cidr": "10.0.1.0/24"}]}, ("snat", 0)),
        ({"eips": ["eip-1"], "snat": [{"vswitch": "vsw-1"}, {"vswitch": "vsw-1"}]}, ("snat", 1)),
        ({"snat": [{"vswitch": "vsw-1"}]}, ("snat", 0)),
        ({"eips": ["eip-1"], "snat": [{"vswitch": "vsw-1", "eips": []}]}, ("snat", 0)),
        ({"eips": ["eip-1"], "snat": [{"vswitch": "vsw-1", "eips": ["eip-1", "eip-2"]}]}, ("snat", 0, "eips", 1)),
    ],
)
def test_a_wrong_entry_is_refused_where_it_stands(spec, path):
    assert [found for found, _ in faults(spec)] == [path]


def test_an_address_has_one_gateway():
    others = stack(nat_gateway_a={**SPEC, "eips": [ref("eip.x")]}, nat_gateway_b={**SPEC, "eips": [ref("eip.y"), ref("eip.x")]})
    found = [[fault.path for fault in NAT.schema.check(item.spec, others)] for item in others.values()]
    assert found == [[], [("eips", 1)]]


def test_right_entries_are_not_refused():
    right = [{"vswitch": ref("vswitch.a")}, {"cidr": "10.0.2.0/24", "eips": [ref("eip.a")]}]
    assert faults({"eips": [ref("eip.a"), "eip-2"], "snat": right}) == []
    assert faults({"eips": [UNKNOWN], "snat": [{"vswitch": "vsw-1", "eips": ["eip-1"]}]}) == []


def test_everything_is_in_one_vpc():
    home = {"vpc_a": {"cidr": "10.0.0.0/16"}, "vswitch_b": {"vpc": ref("vpc.b"), "cidr": "10.9.0.0/24"}}
    spec = {"vpc": ref("vpc.a"), "vswitch": ref("vswitch.b"), "eips": ["eip-1"]}
    entries = [{"vswitch": ref("vswitch.b")}, {"cidr": "192.168.0.0/24"}]
    found = [path for path, _ in faults({**spec, "snat": entries}, **home)]
    assert found == [("vswitch",), ("snat", 0, "vswitch"), ("snat", 1, "cidr")]


def test_keys():
    spec = {**SPEC, "eips": ["eip-1"]}
    assert NAT.schema.keys("create", spec) == ("eip:eip-1",)
    assert NAT.schema.keys("update", {**spec, "id": "ngw-1"}) == ("eip:eip-1", "nat:ngw-1")
    assert NAT.schema.keys("delete", {**spec, "id": "ngw-1"}) == ("eip:eip-1", "nat:ngw-1")
