import base64
from dataclasses import replace

import pytest

from acsctl.errors import CloudError
from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.instance import Instance
from acsctl.model.change import FieldChange
from tests.kinds.door import Door, page, refusal, run, token
from tests.kinds.instance_rows import SPEC, disk, member
from tests.kinds.values import change, want

INSTANCE = Instance()
NO_STOCK = refusal("OperationDenied.NoStock")
STOPPED = Wait(("i-1",), until="stopped")


def made(*ids):
    return {"InstanceIdSets": {"InstanceIdSet": list(ids)}}


def launched(answers, *, spec=None, numbers=(1, 2)):
    door = Door({"RunInstances": answers})
    wanted = want("instance.node", {**SPEC, **(spec or {})}, name="shop-node", numbers=numbers)
    return door, INSTANCE.create(door, wanted, token)


def updated(update, *, lives=None, **answers):
    door = Door(answers)
    return door, run(INSTANCE.update(door, lives or (member(),), update, token))


def with_spec(item, **spec):
    return replace(item, spec={**item.spec, **spec})


def test_a_fleet_is_one_call():
    door, steps = launched(made("i-1", "i-2"))
    assert run(steps) == [Made(("i-1", "i-2")), Wait(("i-1", "i-2"))]
    (sent,) = door.sent("RunInstances")
    assert [tag["Key"] for tag in sent.pop("Tag")] == ["acsctl:address", "acsctl:stack", "team"]
    assert sent == {
        "Amount": 2,
        "InstanceName": "shop-node-[1,3]",
        "InstanceType": "ecs.g7.xlarge",
        "ImageId": "aliyun_3_x64_20G_alibase_20240528.vhd",
        "VSwitchId": "vsw-1",
        "SecurityGroupIds": ["sg-1"],
        "InstanceChargeType": "PostPaid",
    }
    assert door.calls[0][1]["ClientToken"] == "token"


def test_all_that_can_be_written_is_sent():
    disks = {
        "system_disk": {"category": "cloud_essd", "size": 60, "performance_level": "PL0"},
        "data_disks": [{"category": "cloud_auto", "size": 100, "delete_with_instance": False}],
    }
    rest = {"key_pair": "k", "ram_role": "r", "user_data": "#!/bin/sh", "description": "d"}
    door, steps = launched(made("i-1"), spec={**disks, **rest, "charge": "spot", "spot_price_limit": 0.3}, numbers=())
    run(steps)
    (sent,) = door.sent("RunInstances")
    assert sent["SystemDisk"] == {"Category": "cloud_essd", "Size": "60", "PerformanceLevel": "PL0"}
    assert sent["DataDisk"] == [{"Category": "cloud_auto", "Size": 100, "DeleteWithInstance": False}]
    assert (sent["KeyPairName"], sent["RamRoleName"], sent["Description"]) == ("k", "r", "d")
    assert base64.b64decode(sent["UserData"]) == b"#!/bin/sh"
    assert (sent["SpotStrategy"], sent["SpotPriceLimit"]) == ("SpotWithPriceLimit", 0.3)
    assert (sent["Amount"], sent["InstanceName"]) == (1, "shop-node")


@pytest.mark.parametrize(
    ("numbers", "name"), [((4,), "shop-node-[4,3]"), ((101, 102), "shop-node-[101,3]"), ((1001, 1002), "shop-node-[1001,4]")]
)
def test_the_name_counts_from_the_first_number(numbers, name):
    door, steps = launched(made(*[f"i-{number}" for number in numbers]), numbers=numbers)
    run(steps)
    assert door.sent("RunInstances")[0]["InstanceName"] == name


def test_without_stock_the_next_type_is_tried_with_a_token_of_its_own():
    door, steps = launched([NO_STOCK, made("i-1", "i-2")])
    run(steps)
    sent = [(params["InstanceType"], params["ClientToken"]) for _, params in door.calls]
    assert sent == [("ecs.g7.xlarge", "token"), ("ecs.g6.xlarge", "token-type-ecs.g6.xlarge")]


def test_when_none_is_in_stock_all_that_were_tried_are_told():
    door, steps = launched(NO_STOCK)
    with pytest.raises(CloudError, match=r"OperationDenied\.NoStock \(ecs\.g7\.xlarge, ecs\.g6\.xlarge") as told:
        run(steps)
    assert told.value.remedy
    assert len(door.calls) == 2


def test_another_refusal_is_not_answered_with_another_type():
    door, steps = launched(refusal("QuotaExceed.ElasticQuota"))
    with pytest.raises(CloudError, match=r"QuotaExceed"):
        run(steps)
    assert len(door.calls) == 1


def test_fewer_than_asked_for_are_claimed_and_then_told():
    _, steps = launched(made("i-1"))
    assert next(steps) == Made(("i-1",))
    next(steps)
    with pytest.raises(CloudError, match="1 instances were made of 2"):
        steps.send({"i-1": {}})


def test_a_prefix_that_the_plan_did_not_settle_is_settled_now():
    images = page("Images.Image", [{"ImageId": "aliyun_3_1.vhd"}, {"ImageId": "aliyun_3_2.vhd"}])
    door = Door({"RunInstances": made("i-1"), "DescribeImages": images})
    run(INSTANCE.create(door, want("instance.node", {**SPEC, "image": "aliyun_3"}), token))
    assert door.sent("RunInstances")[0]["ImageId"] == "aliyun_3_2.vhd"


def test_one_that_should_not_run_is_stopped_once_it_ran():
    door, steps = launched(made("i-1"), spec={"running": False}, numbers=())
    assert run(steps) == [Made(("i-1",)), Wait(("i-1",)), STOPPED]
    assert door.actions == ["RunInstances", "StopInstances"]


def test_what_needs_no_restart_is_one_call_each():
    update = replace(change({"security_groups": ["sg-1", "sg-2"]}, security_groups=[], description=""), names={"i-1": "new"})
    door, seen = updated(update)
    assert door.calls == [
        (
            "ModifyInstanceAttribute",
            {"InstanceId": "i-1", "InstanceName": "new", "Description": "", "SecurityGroupIds": ["sg-1", "sg-2"]},
        )
    ]
    assert seen == []


def test_tags_are_written_in_bulk():
    update = replace(change(SPEC), set_tags={"team": "b"}, unset_tags=("old",))
    door, _ = updated(update, lives=(member(1), member(2)))
    assert door.sent("UntagResources") == [{"ResourceType": "instance", "ResourceId": ["i-1", "i-2"], "TagKey": ["old"]}]
    assert door.sent("TagResources")[0]["ResourceId"] == ["i-1", "i-2"]
    assert door.actions == ["UntagResources", "TagResources"]


def test_members_change_their_type_one_after_another():
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"])
    door, seen = updated(update, lives=(member(1), member(2)))
    assert door.actions == ["StopInstances", "ModifyInstanceSpec", "StartInstances"] * 2
    assert seen == [STOPPED, Wait(("i-1",)), Wait(("i-2",), until="stopped"), Wait(("i-2",))]
    assert door.sent("StopInstances")[0] == {"InstanceId": ["i-1"], "StoppedMode": "KeepCharging"}
    assert door.sent("ModifyInstanceSpec")[1] == {"InstanceId": "i-2", "InstanceType": "ecs.c7.xlarge"}


def test_a_type_may_be_had_twice_so_its_tokens_are_never_the_same():
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"])
    tokens = {updated(update)[0].calls[1][1]["ClientToken"] for _ in range(2)}
    assert len(tokens) == 2


def test_a_new_type_without_stock_gives_way_to_the_next():
    wanted = ["ecs.c7.xlarge", "ecs.c6.xlarge"]
    door, _ = updated(change({**SPEC, "instance_types": wanted}, instance_types=wanted), ModifyInstanceSpec=[NO_STOCK, {}])
    assert [call["InstanceType"] for call in door.sent("ModifyInstanceSpec")] == wanted


def test_what_is_refused_for_good_leaves_the_machine_running():
    door = Door({"ModifyInstanceSpec": NO_STOCK})
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"])
    with pytest.raises(CloudError, match=r"NoStock"):
        run(INSTANCE.update(door, (member(),), update, token))
    assert door.actions == ["StopInstances", "ModifyInstanceSpec", "StartInstances"]


def test_what_can_be_tried_again_leaves_it_stopped_for_the_next_try():
    door = Door({"ModifyInstanceSpec": refusal("IncorrectInstanceStatus")})
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"])
    with pytest.raises(CloudError, match="IncorrectInstanceStatus"):
        run(INSTANCE.update(door, (member(),), update, token))
    assert door.actions == ["StopInstances", "ModifyInstanceSpec"]


def test_one_that_a_kill_left_stopped_is_changed_and_started():
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"], running=True)
    door, seen = updated(update, lives=(member(Status="Stopping"),))
    assert door.actions == ["ModifyInstanceSpec", "StartInstances"]
    assert seen == [STOPPED, Wait(("i-1",))]


def test_one_that_should_not_run_stays_stopped():
    update = change({**SPEC, "instance_types": ["ecs.c7.xlarge"]}, instance_types=["ecs.c7.xlarge"])
    door, _ = updated(update, lives=(member(Status="Stopped"),))
    assert door.actions == ["ModifyInstanceSpec"]


def test_power_is_switched_for_all_at_once():
    stopped = (member(1, Status="Stopped"), member(2, Status="Stopping"), member(3))
    door, seen = updated(change({**SPEC, "running": True}, running=True), lives=stopped)
    assert door.sent("StartInstances") == [{"InstanceId": ["i-1", "i-2"]}]
    assert seen == [Wait(("i-1", "i-2"), until="stopped|running"), Wait(("i-1", "i-2"))]
    door, seen = updated(change({**SPEC, "running": False}, running=False), lives=(member(1),))
    assert door.actions == ["StopInstances"] and seen == [STOPPED]


def test_another_vswitch_is_one_of_its_own_zone():
    switches = page("VSwitches.VSwitch", [{"VSwitchId": "vsw-3", "ZoneId": "cn-hangzhou-h"}])
    wanted = ["vsw-2", "vsw-3"]
    door, _ = updated(change({**SPEC, "vswitch": wanted}, vswitch=wanted), DescribeVSwitches=switches)
    assert door.actions == ["StopInstances", "DescribeVSwitches", "ModifyInstanceVpcAttribute", "StartInstances"]
    assert door.sent("DescribeVSwitches")[0]["ZoneId"] == "cn-hangzhou-h"
    assert door.sent("ModifyInstanceVpcAttribute") == [{"InstanceId": "i-1", "VSwitchId": "vsw-3"}]


def test_another_image_is_a_new_system_disk_of_at_least_the_size():
    image = "aliyun_3_x64_20G_alibase_20240819.vhd"
    disks = page("Disks.Disk", [disk("d-1", Size=60)])
    spec = {**SPEC, "image": image, "key_pair": "k"}
    door, _ = updated(change(spec, image=image), DescribeDisks=disks, ReplaceSystemDisk={"DiskId": "d-2"})
    assert door.actions == ["StopInstances", "DescribeDisks", "ReplaceSystemDisk", "TagResources", "StartInstances"]
    assert door.sent("ReplaceSystemDisk") == [
        {"InstanceId": "i-1", "ImageId": image, "SystemDisk": {"Size": 60}, "KeyPairName": "k"}
    ]
    (tagged,) = door.sent("TagResources")
    assert (tagged["ResourceType"], tagged["ResourceId"]) == ("disk", ["d-2"])
    assert {"Key": "acsctl:stack", "Value": "shop"} in tagged["Tag"]


def test_user_data_change_before_their_digest_says_so():
    digest = {"acsctl:digest:user_data": "abc"}
    update = replace(change({**SPEC, "user_data": "#!/bin/sh"}, user_data="#!/bin/sh"), set_tags={**digest, "team": "b"})
    door, _ = updated(update)
    assert door.actions == ["TagResources", "StopInstances", "ModifyInstanceAttribute", "TagResources", "StartInstances"]
    assert door.sent("TagResources")[0]["Tag"] == [{"Key": "team", "Value": "b"}]
    assert door.sent("TagResources")[1]["Tag"] == [{"Key": "acsctl:digest:user_data", "Value": "abc"}]
    assert door.sent("ModifyInstanceAttribute")[0]["UserData"] == "IyEvYmluL3No"


def test_user_data_that_left_the_file_go_before_their_digest():
    update = replace(change(SPEC, user_data=""), unset_tags=("acsctl:digest:user_data",))
    door, _ = updated(update)
    assert door.actions == ["StopInstances", "ModifyInstanceAttribute", "UntagResources", "StartInstances"]
    assert door.sent("ModifyInstanceAttribute") == [{"InstanceId": "i-1", "UserData": ""}]


def test_a_system_disk_grows_while_the_machine_runs():
    disks = page("Disks.Disk", [disk("d-1")])
    wanted = {"size": 60, "performance_level": "PL2"}
    update = change({**SPEC, "system_disk": wanted}, **{"system_disk.size": FieldChange("system_disk.size", 40, 60)})
    door, seen = updated(update, DescribeDisks=disks)
    assert door.sent("ResizeDisk") == [{"DiskId": "d-1", "NewSize": 60, "Type": "online"}]
    assert door.sent("ModifyDiskSpec") == [{"DiskId": "d-1", "PerformanceLevel": "PL2"}]
    assert seen == [Wait(("d-1",), until="PL2")]
    door, _ = updated(update, lives=(member(Status="Stopped"),), DescribeDisks=disks)
    assert door.sent("ResizeDisk")[0]["Type"] == "offline"


def test_a_key_pair_takes_the_place_of_the_one_before():
    door, _ = updated(change({**SPEC, "key_pair": "k"}, key_pair="k"), lives=(member(1), member(2)), AttachKeyPair=RESULTS)
    assert door.sent("AttachKeyPair") == [{"KeyPairName": "k", "InstanceIds": '["i-1", "i-2"]'}]


def test_a_key_pair_is_taken_off_those_that_have_it():
    lives = (member(1, KeyPairName="old"), member(2))
    door, _ = updated(change({**SPEC, "key_pair": None}, key_pair=None), lives=lives, DetachKeyPair=RESULTS)
    assert door.sent("DetachKeyPair") == [{"KeyPairName": "old", "InstanceIds": '["i-1"]'}]


RESULTS = {"Results": {"Result": [{"InstanceId": "i-1", "Success": "true"}]}}


def test_a_part_that_failed_is_told():
    result = {"InstanceId": "i-1", "Success": "false", "Code": "InvalidInstance.X", "Message": "windows"}
    with pytest.raises(CloudError, match=r"InvalidInstance\.X \(i-1: windows\)"):
        updated(change({**SPEC, "key_pair": "k"}, key_pair="k"), AttachKeyPair={"Results": {"Result": [result]}})


def test_a_role_is_taken_off_before_another_is_put_on():
    answers = {
        "DetachInstanceRamRole": {"DetachInstanceRamRoleResults": {"DetachInstanceRamRoleResult": []}},
        "AttachInstanceRamRole": {"AttachInstanceRamRoleResults": {"AttachInstanceRamRoleResult": []}},
    }
    lives = (with_spec(member(1), ram_role="old"), with_spec(member(2), ram_role=""))
    door, _ = updated(change({**SPEC, "ram_role": "new"}, ram_role="new"), lives=lives, **answers)
    assert door.sent("DetachInstanceRamRole") == [{"InstanceIds": '["i-1"]'}]
    assert door.sent("AttachInstanceRamRole") == [{"InstanceIds": '["i-1", "i-2"]', "RamRoleName": "new"}]
    door, _ = updated(change({**SPEC, "ram_role": ""}, ram_role=""), lives=lives, **answers)
    assert door.actions == ["DetachInstanceRamRole"]


def test_delete_is_a_hundred_a_call():
    door = Door()
    lives = tuple(member(number) for number in range(1, 102))
    assert run(INSTANCE.delete(door, lives, token)) == [Wait(tuple(item.id for item in lives), until="gone")]
    assert [len(call["InstanceId"]) for call in door.sent("DeleteInstances")] == [100, 1]
    assert door.sent("DeleteInstances")[0]["Force"] is True


def test_one_that_is_gone_does_not_save_the_others():
    door = Door({"DeleteInstances": [refusal("InvalidInstanceId.NotFound"), refusal("InvalidInstanceId.NotFound"), {}]})
    run(INSTANCE.delete(door, (member(1), member(2)), token))
    assert [call["InstanceId"] for call in door.sent("DeleteInstances")] == [["i-1", "i-2"], ["i-1"], ["i-2"]]


def test_a_delete_that_is_refused_is_told():
    with pytest.raises(CloudError, match="DeletionProtection"):
        run(INSTANCE.delete(Door({"DeleteInstances": refusal("InvalidOperation.DeletionProtection")}), (member(),), token))
