from dataclasses import replace

import pytest

from acsctl.kinds.instance import Instance, InstanceSpec, same_disks
from acsctl.model.address import parse
from acsctl.model.resource import Desired
from acsctl.model.unknown import UNKNOWN, Secret
from tests.kinds.door import Door, page
from tests.kinds.instance_rows import SPEC, disk, instance, member
from tests.kinds.values import SCOPE, ref, stack

INSTANCE = Instance()
SCHEMA = INSTANCE.schema
INSTANCES = "Instances.Instance"
TWO = {"DescribeInstances": page(INSTANCES, [instance("i-1"), instance("i-2")])}
DISK = {"category": "cloud_essd", "size": 100, "performance_level": "PL1", "delete_with_instance": True}


def scope(*, count=3, deep=False, **spec):
    wanted = Desired(parse("instance.node"), {**SPEC, **spec}, count=count)
    return replace(SCOPE, desired={wanted.address: wanted}, deep=deep)


def listed(answers, at=SCOPE):
    door = Door({"DescribeInstances": page(INSTANCES, [instance()]), **answers})
    return list(INSTANCE.list(door, at)), door


def faults(**spec):
    return [(fault.path, fault.message) for fault in SCHEMA.check({**SPEC, **spec}, {})]


def test_the_schema_is_of_a_fleet_that_holds_data():
    assert (SCHEMA.fleet, SCHEMA.spread, SCHEMA.stateful) == (True, "vswitch", True)
    assert SCHEMA.aggregate == {"ids": "id", "private_ips": "private_ip"}
    assert [name for name, field in SCHEMA.fields.items() if field.required] == [
        "vswitch",
        "security_groups",
        "instance_types",
        "image",
    ]
    InstanceSpec.model_validate({**SPEC, "vswitch": ["vsw-1"]})


def test_a_row_is_read_in_the_shape_of_the_schema():
    item = member(number=2)
    assert item.spec == {
        "vswitch": "vsw-1",
        "security_groups": ["sg-1"],
        "instance_types": "ecs.g7.xlarge",
        "image": "aliyun_3_x64_20G_alibase_20240528.vhd",
        "key_pair": None,
        "name": "shop-node-002",
        "description": "",
        "running": True,
        "charge": "postpaid",
        "spot_price_limit": None,
    }
    assert item.outputs == {
        "private_ip": "10.0.1.7",
        "public_ip": None,
        "zone": "cn-hangzhou-h",
        "vpc": "vpc-1",
        "instance_type": "ecs.g7.xlarge",
        "image_id": "aliyun_3_x64_20G_alibase_20240528.vhd",
        "host_name": "host",
    }
    assert set(item.outputs) == set(SCHEMA.outputs)
    assert (item.tags, item.state, item.created) == ({"team": "a"}, "ready", "2026-11-20T10:00Z")


@pytest.mark.parametrize(
    ("row", "charge", "limit"),
    [
        ({"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.35}, "spot", 0.35),
        ({"SpotStrategy": "SpotAsPriceGo"}, "spot", None),
        ({"InstanceChargeType": "PrePaid"}, "prepaid", None),
    ],
)
def test_how_it_is_paid_for(row, charge, limit):
    assert (member(**row).spec["charge"], member(**row).spec["spot_price_limit"]) == (charge, limit)


def test_a_public_address_is_that_of_its_eip_or_its_own():
    assert member(EipAddress={"IpAddress": "47.1.1.1"}).outputs["public_ip"] == "47.1.1.1"
    assert member(PublicIpAddress={"IpAddress": ["47.2.2.2"]}).outputs["public_ip"] == "47.2.2.2"


@pytest.mark.parametrize(
    ("status", "state", "running"),
    [("Pending", "pending", True), ("Starting", "pending", True), ("Stopping", "ready", False), ("Stopped", "ready", False)],
)
def test_a_stopped_one_is_stable_and_does_not_run(status, state, running):
    item = member(Status=status)
    assert (item.state, item.spec["running"], item.reason) == (state, running, status)


def test_list_numbers_the_members_by_their_names():
    rows = [instance("i-1", name="shop-node-001"), instance("i-2", name="shop-node-1000"), instance("i-3", name="renamed")]
    lives, door = listed({"DescribeInstances": page(INSTANCES, rows)}, scope())
    assert [item.address.number for item in lives] == [1, 1000, None]
    assert door.actions == ["DescribeInstances"]
    assert door.calls[0][1]["MaxResults"] == 100


def test_a_number_that_belongs_to_the_name_is_none():
    rows = [instance(name="db-001")]
    lives, _ = listed({"DescribeInstances": page(INSTANCES, rows)}, scope(name="db-001", count=None))
    assert lives[0].address.number is None
    keyed = [instance(name="shop-node-007", address="instance.node.007")]
    lives, _ = listed({"DescribeInstances": page(INSTANCES, keyed)})
    assert lives[0].address.number is None


def test_list_skips_what_bears_the_tags_of_another_kind():
    assert listed({"DescribeInstances": page(INSTANCES, [instance(address="eni.node")])})[0] == []


def test_above_a_thousand_the_list_goes_by_ids():
    first = [instance(f"i-{number}") for number in range(1000)]
    tagged = [{"ResourceId": f"i-{number}", "TagKey": "acsctl:stack"} for number in range(1001)]
    batches = [page(INSTANCES, [instance(f"i-{number}") for number in range(11)])]
    lives, door = listed(
        {
            "DescribeInstances": [page(INSTANCES, first), *batches],
            "ListTagResources": page("TagResources.TagResource", tagged),
        }
    )
    assert door.actions == ["DescribeInstances", "ListTagResources"] + ["DescribeInstances"] * 11
    assert "InstanceIds" in door.calls[-1][1] and "Tag" not in door.calls[-1][1]
    assert len(lives) == 121


def test_disks_are_read_only_where_the_file_speaks_of_them():
    rows = [disk("d-1"), disk("d-2", of="data", Size=100), disk("d-3", instance="i-2"), disk("d-4", instance="i-9")]
    lives, door = listed({**TWO, "DescribeDisks": page("Disks.Disk", rows)}, scope(system_disk={"size": 40}))
    assert door.actions == ["DescribeInstances", "DescribeDisks"]
    assert lives[0].spec["system_disk"] == {"category": "cloud_essd", "size": 40, "performance_level": "PL1"}
    assert [item.spec["data_disks"] for item in lives] == [[DISK], []]


def test_disks_without_our_tags_are_asked_for_by_instance():
    tagged = page("Disks.Disk", [disk("d-0")])
    adopted = page("Disks.Disk", [disk("d-1", ours=False), disk("d-2", of="data", ours=False, Size=100)])
    lives, door = listed({**TWO, "DescribeDisks": [tagged, adopted]}, scope(data_disks=[]))
    assert door.sent("DescribeDisks")[1] == {"InstanceId": "i-2", "MaxResults": 500}
    assert [item.spec["data_disks"] for item in lives] == [[], [DISK]]


def test_the_disks_of_a_single_one_are_one_call():
    _, door = listed({"DescribeDisks": page("Disks.Disk", [disk("d-1")])}, scope(system_disk={"size": 40}))
    assert door.sent("DescribeDisks") == [{"InstanceId": "i-1", "MaxResults": 500}]


def test_a_volume_that_others_attached_is_none_of_ours():
    every = [disk("d-1", ours=False), disk("d-2", of="data", Size=100), disk("d-9", of="data", ours=False)]
    lives, _ = listed({"DescribeDisks": page("Disks.Disk", every)}, scope(data_disks=[]))
    assert lives[0].spec["data_disks"] == [DISK]


def test_roles_are_read_in_bulk():
    roles = page("InstanceRamRoleSets.InstanceRamRoleSet", [{"InstanceId": "i-1", "RamRoleName": "reader"}])
    lives, door = listed({**TWO, "DescribeInstanceRamRole": roles}, scope(ram_role="reader"))
    assert [item.spec["ram_role"] for item in lives] == ["reader", ""]
    assert door.sent("DescribeInstanceRamRole")[0]["InstanceIds"] == '["i-1", "i-2"]'


def test_user_data_are_read_only_when_asked_to_go_deep():
    answers = {"DescribeUserData": {"InstanceId": "i-1", "UserData": "IyEvYmluL3No"}}
    lives, door = listed(answers, scope(user_data="x"))
    assert "user_data" not in lives[0].spec and "DescribeUserData" not in door.actions
    lives, _ = listed(answers, scope(user_data="x", deep=True))
    assert lives[0].spec["user_data"] == "#!/bin/sh"


def test_found_by_id_it_is_as_whole_as_listed():
    door = Door(
        {
            "DescribeInstances": page(INSTANCES, [instance(Tags={"Tag": []})]),
            "DescribeDisks": page("Disks.Disk", [disk("d-1", ours=False)]),
        }
    )
    (item,) = INSTANCE.find(door, scope(system_disk={"size": 40}), {"id": "i-1"})
    assert item.spec["system_disk"]["size"] == 40
    assert item.address.number == 1


def test_find_by_name():
    door = Door({"DescribeInstances": page(INSTANCES, [instance(name="a"), instance("i-2", name="ab")])})
    assert [item.id for item in INSTANCE.find(door, SCOPE, {"name": "a"})] == ["i-1"]
    assert door.sent("DescribeInstances") == [{"InstanceName": "a", "MaxResults": 100}]


def test_ready_is_running_and_tells_other_states_by_their_word():
    rows = [instance("i-1"), instance("i-2", Status="Stopped"), instance("i-3", Status="Pending")]
    found = INSTANCE.ready(Door({"DescribeInstances": page(INSTANCES, rows)}), ["i-1", "i-2", "i-3", "i-4"])
    assert [(item.state, item.at, item.absent) for item in found.values()] == [
        ("ready", "running", False),
        ("pending", "stopped", False),
        ("pending", "pending", False),
        ("pending", "", True),
    ]
    assert found["i-1"].outputs["private_ip"] == "10.0.1.7"


def test_a_disk_stands_at_its_level():
    found = INSTANCE.ready(Door({"DescribeDisks": page("Disks.Disk", [disk("d-1")])}), ["d-1", "d-2"])
    assert [(item.at, item.absent) for item in found.values()] == [("PL1", False), ("", True)]


def test_ready_asks_a_hundred_at_once():
    door = Door({"DescribeInstances": page(INSTANCES, [])})
    INSTANCE.ready(door, [f"i-{number}" for number in range(101)])
    assert len(door.calls) == 2


def test_user_data_have_a_size():
    assert faults(user_data="x" * 32768) == []
    assert faults(user_data="ä" * 20000)[0][0] == ("user_data",)
    assert faults(user_data=Secret("x" * 32769))[0][0] == ("user_data",)


def test_a_price_limit_is_of_the_spot_market():
    assert faults(charge="spot", spot_price_limit=0.3) == []
    assert faults(spot_price_limit=0.3)[0][0] == ("spot_price_limit",)


@pytest.mark.parametrize(
    ("disk", "field"),
    [
        ({"category": "cloud_essd", "size": 460, "performance_level": "PL2"}, "size"),
        ({"category": "cloud_essd", "size": 19}, "size"),
        ({"category": "cloud_efficiency", "size": 40000}, "size"),
        ({"category": "cloud_ssd", "size": 40, "performance_level": "PL1"}, "performance_level"),
    ],
)
def test_a_disk_has_the_sizes_of_its_category(disk, field):
    assert [path for path, _ in faults(data_disks=[disk])] == [("data_disks", 0, field)]
    assert [path for path, _ in faults(system_disk=disk)] == [("system_disk", field)]


def test_a_disk_of_a_size_that_there_is():
    assert (
        faults(system_disk={"size": 40}, data_disks=[{"category": "cloud_essd", "size": 1, "performance_level": "PL0"}]) == []
    )


def test_vswitch_and_security_group_are_in_one_vpc():
    others = stack(
        vswitch_a={"vpc": ref("vpc.x")}, security_group_b={"vpc": ref("vpc.y")}, security_group_c={"vpc": ref("vpc.x")}
    )

    def checked(group):
        return list(SCHEMA.check({**SPEC, "vswitch": [ref("vswitch.a")], "security_groups": [group]}, others))

    assert checked(ref("security_group.c")) == [] and checked("sg-1") == []
    (fault,) = checked(ref("security_group.b"))
    assert fault.path == ("security_groups", 0)
    assert fault.message == "security_group.b is in vpc.y, but vswitch.a is in vpc.x"


def test_groups_of_two_sorts_are_not_mixed():
    others = stack(security_group_a={}, security_group_b={"type": "enterprise"}, security_group_c={"type": "normal"})

    def checked(*names):
        groups = [ref(f"security_group.{name}") for name in names]
        return [fault.path for fault in SCHEMA.check({**SPEC, "security_groups": groups}, others)]

    assert checked("a", "c") == [] and checked("b") == []
    assert checked("a", "c", "b") == [("security_groups", 2)]


def test_a_system_disk_without_a_size_is_small():
    (found,) = faults(system_disk={"performance_level": "PL2"})
    assert found[0] == ("system_disk", "performance_level") and "at least 461 GiB" in found[1]
    assert faults(system_disk={"performance_level": "PL1"}) == []


def test_data_disks_get_their_default():
    assert SCHEMA.normalise({"data_disks": [{"category": "cloud_essd", "size": 100}]})["data_disks"] == [
        {"category": "cloud_essd", "size": 100, "delete_with_instance": True}
    ]
    assert SCHEMA.normalise(SPEC) == SPEC


def test_data_disks_are_the_same_in_any_order():
    small, large = {**DISK, "size": 20}, {**DISK, "size": 500, "performance_level": "PL2"}
    plain = {"category": "cloud_essd", "size": 20, "delete_with_instance": True}
    assert same_disks([plain, large], [large, small])
    assert same_disks([plain, small], [small, {**small, "performance_level": "PL0"}])
    assert not same_disks([plain], [small, large])
    assert not same_disks([plain, plain], [small])
    assert same_disks([], None)


@pytest.mark.parametrize(
    ("want", "have", "same"),
    [
        ("aliyun_3_x64_20G_alibase", "aliyun_3_x64_20G_alibase_20240528.vhd", True),
        ("aliyun_3_x64_20G_alibase_20240819.vhd", "aliyun_3_x64_20G_alibase_20240528.vhd", False),
        ("aliyun_2", "aliyun_3_x64_20G_alibase_20240528.vhd", False),
        ("m-bp1", "m-bp12", False),
        ("m-bp1", "m-bp1", True),
    ],
)
def test_an_image_of_the_same_prefix_is_as_wanted(want, have, same):
    field = SCHEMA.fields["image"]
    assert field.meta.same(want, have) is same


@pytest.mark.parametrize(
    ("vswitches", "forced"),
    [
        ({"vsw-1": {"zone": "cn-hangzhou-i", "vpc": "vpc-1"}}, []),
        ({"vsw-2": {"zone": "cn-hangzhou-h", "vpc": "vpc-1"}}, []),
        ({"vsw-2": {"zone": "cn-hangzhou-h", "vpc": ref("vpc.network")}}, []),
        ({"vsw-2": None}, []),
        ({"vsw-2": {"zone": "cn-hangzhou-i", "vpc": "vpc-1"}}, ["vswitch"]),
        ({"vsw-2": {"zone": "cn-hangzhou-h", "vpc": "vpc-2"}}, ["vswitch"]),
        ({"vsw-2": {"zone": "cn-hangzhou-h", "vpc": UNKNOWN}}, ["vswitch"]),
        ({"vsw-2": {"zone": "cn-hangzhou-i"}, "vsw-3": {"zone": "cn-hangzhou-h"}}, []),
    ],
)
def test_another_zone_or_vpc_forces_a_replacement(vswitches, forced):
    assert list(SCHEMA.forces(member(), {"vswitch": list(vswitches)}, vswitches.get)) == forced


def test_a_system_disk_cannot_shrink():
    live = replace(member(), spec={**member().spec, "system_disk": {"size": 60}})
    assert list(SCHEMA.forces(live, {"system_disk": {"size": 40}}, {}.get)) == ["system_disk.size"]
    assert list(SCHEMA.forces(live, {"system_disk": {"size": 80}}, {}.get)) == []


def test_one_write_at_a_time_to_one_machine():
    assert SCHEMA.keys("update", {"id": "i-1"}) == ("instance:i-1",)
    assert SCHEMA.keys("create", SPEC) == ()
