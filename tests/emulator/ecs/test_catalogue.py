"""What can be bought: images, instance types, regions, zones, stock, prices, through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import IMAGE, TYPE, ZONE

FAMILY = "acs:alibaba_cloud_linux_3_2104_lts_x64"


def images(cloud: LocalCloud, **parameters: object) -> m.DescribeImagesResponseBody:
    return cloud.ecs.describe_images(m.DescribeImagesRequest(region_id=REGION, **parameters)).body


def test_images_by_id_name_and_family(cloud: LocalCloud) -> None:
    (image,) = images(cloud, image_id=IMAGE).images.image
    assert (image.image_id, image.image_family, image.ostype, image.architecture, image.size) == (
        IMAGE,
        FAMILY,
        "linux",
        "x86_64",
        20,
    )
    assert images(cloud, image_id="nothing").images.image == []
    family = [one.image_id for one in images(cloud, image_family=FAMILY, page_size=100).images.image]
    assert family[0] == IMAGE
    named = images(cloud, image_name="ubuntu_24_04_*", page_size=100).images.image
    assert named and all(one.image_id.startswith("ubuntu_24_04_") for one in named)
    request = m.DescribeImageFromFamilyRequest(region_id=REGION, image_family=FAMILY)
    assert cloud.ecs.describe_image_from_family(request).body.image.image_id == IMAGE


def test_images_by_page_and_kind(cloud: LocalCloud) -> None:
    first = images(cloud)
    assert (len(first.images.image), first.page_size) == (10, 10)
    assert first.total_count > 50
    windows = images(cloud, ostype="windows", page_size=100).images.image
    assert windows and {one.ostype for one in windows} == {"windows"}
    arm = images(cloud, instance_type="ecs.g8y.large", page_size=100).images.image
    assert arm and {one.architecture for one in arm} == {"arm64"}
    assert images(cloud, image_owner_alias="self").images.image == []


def test_instance_types(cloud: LocalCloud) -> None:
    request = m.DescribeInstanceTypesRequest(instance_types=[TYPE])
    (kind,) = cloud.ecs.describe_instance_types(request).body.instance_types.instance_type
    assert (kind.instance_type_id, kind.instance_type_family, kind.cpu_core_count, kind.memory_size) == (TYPE, "ecs.g7", 2, 8.0)
    request = m.DescribeInstanceTypesRequest(instance_type_family="ecs.g7", minimum_cpu_core_count=4, maximum_cpu_core_count=8)
    found = cloud.ecs.describe_instance_types(request).body.instance_types.instance_type
    assert {one.cpu_core_count for one in found} == {4, 8}
    body = cloud.ecs.describe_instance_types(m.DescribeInstanceTypesRequest(max_results=1000)).body
    assert len(body.instance_types.instance_type) == 1000
    rest = cloud.ecs.describe_instance_types(m.DescribeInstanceTypesRequest(max_results=1000, next_token=body.next_token)).body
    assert rest.instance_types.instance_type and rest.next_token == ""


def test_instance_type_families(cloud: LocalCloud) -> None:
    request = m.DescribeInstanceTypeFamiliesRequest(region_id=REGION, generation="ecs-5")
    found = cloud.ecs.describe_instance_type_families(request).body.instance_type_families.instance_type_family
    assert "ecs.g6" in {one.instance_type_family_id for one in found}
    assert {one.generation for one in found} == {"ecs-5"}


def test_regions_and_zones(cloud: LocalCloud) -> None:
    request = m.DescribeRegionsRequest(accept_language="en-US")
    regions = {one.region_id: one.local_name for one in cloud.ecs.describe_regions(request).body.regions.region}
    assert regions[REGION] == "China (Hangzhou)"
    zones = cloud.ecs.describe_zones(m.DescribeZonesRequest(region_id=REGION, accept_language="en-US")).body.zones.zone
    by_id = {one.zone_id: one for one in zones}
    assert by_id[ZONE].local_name == "Hangzhou Zone H"
    assert TYPE in by_id[ZONE].available_instance_types.instance_types
    brief = cloud.ecs.describe_zones(m.DescribeZonesRequest(region_id=REGION, verbose=False)).body.zones.zone
    assert [one.zone_id for one in brief] == list(by_id)


def available(cloud: LocalCloud, destination: str, **parameters: object) -> dict[str, dict[str, str]]:
    """Zone -> value -> status."""
    request = m.DescribeAvailableResourceRequest(region_id=REGION, destination_resource=destination, **parameters)
    zones = cloud.ecs.describe_available_resource(request).body.available_zones.available_zone
    return {
        zone.zone_id: {
            one.value: one.status_category
            for one in zone.available_resources.available_resource[0].supported_resources.supported_resource
        }
        for zone in zones
    }


def test_available_resources_follow_the_stock(cloud: LocalCloud) -> None:
    cloud.settings(stock={ZONE: {TYPE: 0}})
    found = available(cloud, "InstanceType", instance_type=TYPE)
    assert found.pop(ZONE) == {TYPE: "WithoutStock"}
    assert found and all(one == {TYPE: "WithStock"} for one in found.values())
    assert available(cloud, "InstanceType", instance_type="ecs.none.large") == {}
    (small,) = available(cloud, "InstanceType", zone_id=ZONE, cores=2, memory=8.0).values()
    assert TYPE in small and "ecs.g7.xlarge" not in small


def test_available_disks(cloud: LocalCloud) -> None:
    (found,) = available(cloud, "SystemDisk", zone_id=ZONE, instance_type=TYPE).values()
    assert {"cloud_essd", "cloud_efficiency", "cloud_ssd"} <= set(found)
    assert "cloud" not in found


def test_an_unknown_destination(cloud: LocalCloud) -> None:
    with pytest.raises(DaraException) as failure:
        available(cloud, "Moon")
    assert (code_of(failure), failure.value.status_code) == ("Invalid.DestinationResource", 404)


def test_prices(cloud: LocalCloud) -> None:
    request = m.DescribePriceRequest(region_id=REGION, instance_type="ecs.c7.large", amount=2)
    price = cloud.ecs.describe_price(request).body.price_info.price
    assert (price.currency, price.trade_price) == ("CNY", pytest.approx(2 * 0.407698))


def test_account_attributes(cloud: LocalCloud) -> None:
    request = m.DescribeAccountAttributesRequest(region_id=REGION, attribute_name=["max-security-groups"])
    (item,) = cloud.ecs.describe_account_attributes(request).body.account_attribute_items.account_attribute_item
    assert (item.attribute_name, item.attribute_values.value_item[0].value) == ("max-security-groups", "100")
