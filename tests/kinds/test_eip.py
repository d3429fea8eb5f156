import pytest

from acsctl.errors import CloudError
from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.eip import Eip, bind, read, unbind
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, change, live, want

EIP = Eip()
LIST = "EipAddresses.EipAddress"
ROW = {
    "AllocationId": "eip-1",
    "IpAddress": "47.0.0.1",
    "Bandwidth": "20",
    "Name": "shop-out",
    "Description": "",
    "InternetChargeType": "PayByTraffic",
    "ChargeType": "PostPaid",
    "ISP": "BGP",
    "Status": "Available",
    "InstanceId": "",
    "InstanceType": "",
    "AllocationTime": "2026-11-20T10:00:00Z",
    "Tags": tags("eip.out"),
}
BOUND = {**ROW, "Status": "InUse", "InstanceId": "ngw-1", "InstanceType": "Nat"}
LIVE = (live("eip.out", "eip-1"),)


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = read(ROW)
    assert item.spec == {"bandwidth": 20, "name": "shop-out", "description": "", "charge": "by_traffic", "isp": "BGP"}
    assert set(item.spec) == set(EIP.schema.fields)
    assert item.outputs == {"address": "47.0.0.1", "bound_to": ""} and set(item.outputs) == set(EIP.schema.outputs)
    assert read(BOUND).state == "ready" and read(BOUND).outputs["bound_to"] == "ngw-1"
    assert read({**ROW, "Status": "Associating"}).state == "pending"


def test_list_and_find():
    door = Door({"DescribeEipAddresses": page(LIST, [ROW])})
    assert [item.id for item in EIP.list(door, SCOPE)] == ["eip-1"]
    assert [item.id for item in EIP.find(door, SCOPE, {"address": "47.0.0.1"})] == ["eip-1"]
    assert door.sent("DescribeEipAddresses")[1]["EipAddress"] == "47.0.0.1"


def test_create_leaves_out_what_is_not_written():
    door = Door({"AllocateEipAddress": {"AllocationId": "eip-1", "EipAddress": "47.0.0.1"}})
    assert run(EIP.create(door, want("eip.out", {}), token)) == [Made(("eip-1",)), Wait(("eip-1",))]
    assert set(door.sent("AllocateEipAddress")[0]) == {"InstanceChargeType", "Name", "Tag"}


def test_create_speaks_the_words_of_the_wire():
    door = Door({"AllocateEipAddress": {"AllocationId": "eip-1", "EipAddress": "47.0.0.1"}})
    run(EIP.create(door, want("eip.out", {"bandwidth": 20, "charge": "by_traffic", "isp": "BGP_PRO"}), token))
    (sent,) = door.sent("AllocateEipAddress")
    assert (sent["Bandwidth"], sent["InternetChargeType"], sent["ISP"]) == ("20", "PayByTraffic", "BGP_PRO")


def test_update_is_one_call():
    door = Door()
    assert run(EIP.update(door, LIVE, change(bandwidth=50, description="new"), token)) == [Wait(("eip-1",))]
    assert door.sent("ModifyEipAddressAttribute") == [{"AllocationId": "eip-1", "Bandwidth": "50", "Description": "new"}]


def test_delete_of_a_free_one_is_one_call():
    door = Door()
    assert run(EIP.delete(door, LIVE, token)) == [Wait(("eip-1",), until="gone")]
    assert door.actions == ["ReleaseEipAddress"]


def test_delete_of_what_is_gone_is_done():
    door = Door({"ReleaseEipAddress": refusal("InvalidAllocationId.NotFound")})
    assert run(EIP.delete(door, LIVE, token)) == [Wait(("eip-1",), until="gone")]


def test_delete_unbinds_what_is_still_bound():
    answers = {"ReleaseEipAddress": [refusal("IncorrectEipStatus"), {}], "DescribeEipAddresses": page(LIST, [BOUND])}
    door = Door(answers)
    assert run(EIP.delete(door, LIVE, token)) == [
        Wait(("eip-1",), until="free", kind="eip"),
        Wait(("eip-1",), until="gone"),
    ]
    assert door.actions == ["ReleaseEipAddress", "DescribeEipAddresses", "UnassociateEipAddress", "ReleaseEipAddress"]
    assert door.sent("UnassociateEipAddress") == [{"AllocationId": "eip-1", "InstanceId": "ngw-1", "InstanceType": "Nat"}]


@pytest.mark.parametrize("rows", [[ROW], [{**ROW, "Status": "Unassociating"}], []])
def test_delete_leaves_what_is_in_transition_to_a_later_try(rows):
    door = Door({"ReleaseEipAddress": refusal("IncorrectEipStatus"), "DescribeEipAddresses": page(LIST, rows)})
    with pytest.raises(CloudError, match="IncorrectEipStatus"):
        run(EIP.delete(door, LIVE, token))
    assert "UnassociateEipAddress" not in door.actions


def test_ready_is_in_bulk():
    door = Door({"DescribeEipAddresses": page(LIST, [ROW])})
    found = EIP.ready(door, ["eip-1", "eip-2"])
    assert door.sent("DescribeEipAddresses")[0]["AllocationId"] == "eip-1,eip-2"
    assert found["eip-1"].outputs["address"] == "47.0.0.1" and found["eip-2"].absent


@pytest.mark.parametrize(
    ("row", "at"),
    [
        (ROW, "free"),
        (BOUND, "bound to ngw-1"),
        ({**BOUND, "Status": "Associating"}, ""),
        ({**BOUND, "Status": "Unassociating"}, ""),
    ],
)
def test_ready_tells_what_it_is_bound_to(row, at):
    assert EIP.ready(Door({"DescribeEipAddresses": page(LIST, [row])}), ["eip-1"])["eip-1"].at == at


def test_bind_and_unbind_wait_for_the_address():
    door = Door({"UnassociateEipAddress": refusal("InvalidBindInstance.NotFound")})
    assert run(bind(door, "eip-1", nat="ngw-1")) == [Wait(("eip-1",), until="bound to ngw-1", kind="eip")]
    assert run(unbind(door, "eip-1", owner={"InstanceId": "ngw-1"})) == [Wait(("eip-1",), until="free", kind="eip")]
    assert door.sent("AssociateEipAddress") == [{"AllocationId": "eip-1", "InstanceId": "ngw-1", "InstanceType": "Nat"}]


def test_by_traffic_has_a_lower_limit():
    assert list(EIP.schema.check({"bandwidth": 500, "charge": "by_bandwidth"}, {})) == []
    assert [fault.path for fault in EIP.schema.check({"bandwidth": 201, "charge": "by_traffic"}, {})] == [("bandwidth",)]


def test_keys_and_order_of_replacement():
    assert EIP.schema.keys("delete", {"id": "eip-1"}) == ("eip:eip-1",) and EIP.schema.keys("create", {}) == ()
    assert EIP.schema.create_first(LIVE[0], {})
