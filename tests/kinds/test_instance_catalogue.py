import pytest

from acsctl.errors import CloudError
from acsctl.kinds.ecs import catalogue
from acsctl.kinds.instance import Instance
from tests.kinds.door import Door, page
from tests.kinds.instance_rows import SPEC
from tests.kinds.values import ref

INSTANCE = Instance()
G7, G6, C7 = "ecs.g7.xlarge", "ecs.g6.xlarge", "ecs.c7.xlarge"
H, I = "cn-hangzhou-h", "cn-hangzhou-i"  # noqa: E741
PREFIX = "aliyun_3_x64_20G_alibase"
IMAGES = page(
    "Images.Image",
    [
        {"ImageId": f"{PREFIX}_20240528.vhd", "CreationTime": "2024-05-28T00:00:00Z"},
        {"ImageId": f"{PREFIX}_20240819.vhd", "CreationTime": "2024-08-19T00:00:00Z"},
        {"ImageId": "aliyun_3_arm64_20G_alibase_20240901.vhd", "CreationTime": "2024-09-01T00:00:00Z"},
    ],
)


def offer(**zones):
    """`h={type: status category}`."""
    return {
        "AvailableZones": {
            "AvailableZone": [
                {
                    "ZoneId": f"cn-hangzhou-{zone}",
                    "Status": "Available",
                    "StatusCategory": "WithStock",
                    "AvailableResources": {
                        "AvailableResource": [
                            {
                                "Type": "InstanceType",
                                "SupportedResources": {"SupportedResource": [_type(*row) for row in types.items()]},
                            }
                        ]
                    },
                }
                for zone, types in zones.items()
            ]
        }
    }


def _type(name, category):
    status = "Available" if category in ("WithStock", "ClosedWithStock") else "SoldOut"
    return {"Value": name, "Status": status, "StatusCategory": category}


def prepared(offered, *, spec=None, zones=(H,), images=IMAGES):
    door = Door({"DescribeImages": images, "DescribeAvailableResource": offered})
    switches = {ref(f"vswitch.{zone}"): {"zone": zone} for zone in zones}
    wanted = {**SPEC, "vswitch": list(switches), "image": PREFIX, **(spec or {})}
    return INSTANCE.prepare(door, wanted, switches.get), door


def test_the_newest_image_of_a_prefix():
    found, door = prepared(offer(h={G7: "WithStock"}))
    assert found.spec["image"] == f"{PREFIX}_20240819.vhd"
    assert door.sent("DescribeImages") == [{"ImageName": f"{PREFIX}*", "PageNumber": 1, "PageSize": 100}]


def test_an_image_that_there_is_not_is_told_with_those_that_there_are():
    found, _ = prepared(offer(h={G7: "WithStock"}), spec={"image": "aliyun_9"})
    (finding,) = found.findings
    assert (finding.severity, finding.message) == ("error", "no image begins with 'aliyun_9'")
    assert f"{PREFIX}_20240819.vhd" in finding.remedy


def test_a_full_id_is_looked_up():
    found, door = prepared(offer(h={G7: "WithStock"}), spec={"image": "m-bp1"}, images=page("Images.Image", []))
    assert door.sent("DescribeImages")[0]["ImageId"] == "m-bp1"
    assert found.findings[0].message == "there is no image 'm-bp1' in cn-hangzhou"


def test_a_prefix_without_image_is_refused_when_it_is_needed():
    with pytest.raises(CloudError, match="no image begins with other"):
        catalogue.image_id(Door({"DescribeImages": IMAGES}), "other")
    assert catalogue.image_id(Door(), "m-bp1") == "m-bp1"


def test_the_first_choice():
    found, door = prepared(offer(h={G7: "WithStock", G6: "WithStock"}))
    assert (found.spec["instance_types"], found.note, found.findings) == ([G7, G6], "1st choice, in stock", ())
    (asked,) = door.sent("DescribeAvailableResource")
    assert asked == {"DestinationResource": "InstanceType", "InstanceChargeType": "PostPaid", "ZoneId": H}


def test_the_second_choice_says_why():
    found, _ = prepared(offer(h={G7: "WithoutStock", G6: "ClosedWithStock"}))
    assert found.spec["instance_types"] == [G6, G7]
    assert found.note == "2nd choice: ecs.g7.xlarge is sold out in cn-hangzhou-h"


def test_a_type_that_a_zone_does_not_have():
    found, _ = prepared(offer(h={G6: "WithStock"}))
    assert found.note == "2nd choice: ecs.g7.xlarge is not offered in cn-hangzhou-h"


def test_several_zones_are_one_call_and_what_all_have_is_first():
    found, door = prepared(offer(h={G7: "WithStock", G6: "WithStock"}, i={G7: "WithoutStock", G6: "WithStock"}), zones=(H, I))
    assert found.spec["instance_types"] == [G6, G7]
    assert found.note == "2nd choice: ecs.g7.xlarge is sold out in cn-hangzhou-i"
    assert "ZoneId" not in door.sent("DescribeAvailableResource")[0]


def test_a_zone_that_has_none_is_a_warning():
    found, _ = prepared(offer(h={G7: "WithStock"}, i={C7: "WithStock"}), zones=(H, I))
    (finding,) = found.findings
    assert finding.severity == "warning"
    assert "ecs.g7.xlarge is not offered in cn-hangzhou-i" in finding.message
    assert found.note == "1st choice, in stock in cn-hangzhou-h only"


def test_no_stock_is_told_with_what_is_like_it():
    there = {"ecs.g7.large": "WithStock", C7: "WithStock", "ecs.g8i.xlarge": "WithStock", "ecs.r7.xlarge": "WithStock"}
    found, _ = prepared(offer(h={G7: "WithoutStock", G6: "ClosedWithoutStock", **there}))
    (finding,) = found.findings
    assert finding.severity == "error"
    assert "ecs.g7.xlarge is sold out in cn-hangzhou-h; ecs.g6.xlarge is sold out in cn-hangzhou-h" in finding.message
    assert "in stock there: ecs.g8i.xlarge, ecs.c7.xlarge, ecs.r7.xlarge" in finding.remedy


def test_a_zone_that_there_is_not():
    found, _ = prepared(offer())
    assert [finding.message for finding in found.findings] == ["cn-hangzhou has no zone cn-hangzhou-h"]
    assert "instance_types" not in found.spec


def test_the_spot_market_has_its_own_stock():
    _, door = prepared(offer(h={G7: "WithStock"}), spec={"charge": "spot"})
    assert door.sent("DescribeAvailableResource")[0]["SpotStrategy"] == "SpotAsPriceGo"


def test_the_zone_of_anothers_vswitch_is_asked_for():
    switches = page("VSwitches.VSwitch", [{"VSwitchId": "vsw-9", "ZoneId": H}])
    door = Door({"DescribeVSwitches": switches})
    assert catalogue.zones(door, ["vsw-9"], {}.get) == [H]


def test_what_is_not_known_yet_is_left_as_it_is():
    door = Door()
    found = INSTANCE.prepare(door, {**SPEC, "vswitch": [ref("vswitch.x")], "image": None}, {}.get)
    assert (found.spec, found.note, found.findings, door.calls) == ({}, "", (), [])
