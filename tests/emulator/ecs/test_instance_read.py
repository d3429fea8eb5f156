"""Reading instances through the real SDK: filters, pages, lag."""

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import BOOT, IMAGE, ZONE, Net, instances, launch, make_group, make_vswitch, running


def body(cloud: LocalCloud, **parameters: object) -> m.DescribeInstancesResponseBody:
    return cloud.ecs.describe_instances(m.DescribeInstancesRequest(region_id=REGION, **parameters)).body


def test_filters(cloud: LocalCloud, net: Net) -> None:
    group = make_group(cloud, net.vpc_id)
    tag = m.RunInstancesRequestTag(key="role", value="web")
    web = running(cloud, net, instance_name="web-1", tag=[tag], security_group_id=group, instance_type="ecs.c7.large")
    (db,) = launch(cloud, net, instance_name="db-1", private_ip_address="10.0.0.50")

    def ids(**parameters: object) -> list[str]:
        return [one.instance_id for one in instances(cloud, **parameters)]

    assert ids(instance_ids=f'["{db}"]') == [db]
    assert ids(instance_ids="[]") == []
    assert ids(instance_ids=f"['{db}', 'i-none']") == [db]
    assert ids(status="Running") == [web]
    assert ids(instance_name="*-1") == [web, db]
    assert ids(instance_name="web*") == [web]
    assert ids(security_group_id=group) == [web]
    assert ids(instance_type_family="ecs.c7") == [web]
    assert ids(private_ip_addresses='["10.0.0.50"]') == [db]
    assert ids(tag=[m.DescribeInstancesRequestTag(key="role", value="web")]) == [web]
    assert ids(tag=[m.DescribeInstancesRequestTag(key="role", value="db")]) == []
    assert ids(vpc_id=net.vpc_id, v_switch_id=net.vswitch_id, zone_id=ZONE, image_id=IMAGE) == [web, db]
    assert ids(vpc_id="vpc-none") == []
    assert ids(instance_charge_type="PrePaid") == []
    assert ids(instance_network_type="classic") == []
    assert ids(filter=[m.DescribeInstancesRequestFilter(key="CreationStartTime", value="2999-01-01T00:00Z")]) == []


def test_both_ways_of_paging(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=25)
    by_number = [body(cloud, page_size=10, page_number=number) for number in (1, 2, 3)]
    assert [one.instance_id for page in by_number for one in page.instances.instance] == ids
    assert {(page.total_count, page.page_size) for page in by_number} == {(25, 10)}
    first = body(cloud, max_results=10)
    second = body(cloud, max_results=10, next_token=first.next_token)
    third = body(cloud, max_results=10, next_token=second.next_token)
    assert [one.instance_id for page in (first, second, third) for one in page.instances.instance] == ids
    assert (first.total_count, third.next_token) == (25, "")
    assert len(body(cloud, max_results=3).instances.instance) == 10


def test_a_token_goes_on_although_instances_went(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=12)
    cloud.pass_time(BOOT)
    first = body(cloud, max_results=10)
    cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=ids[0], force=True))
    cloud.pass_time(3)
    rest = body(cloud, max_results=10, next_token=first.next_token)
    assert [one.instance_id for one in rest.instances.instance] == ids[10:]


def test_statuses_come_fifty_a_page(cloud: LocalCloud, net: Net) -> None:
    ids = launch(cloud, net, amount=60)
    request = m.DescribeInstanceStatusRequest(region_id=REGION, instance_id=ids, page_size=50, page_number=2)
    found = cloud.ecs.describe_instance_status(request).body
    assert [one.instance_id for one in found.instance_statuses.instance_status] == ids[50:]
    assert (found.total_count, found.instance_statuses.instance_status[0].status) == (60, "Pending")
    with pytest.raises(DaraException):
        cloud.ecs.describe_instance_status(m.DescribeInstanceStatusRequest(region_id=REGION, page_size=51))


def test_at_most_a_thousand_by_tag(cloud: LocalCloud, net: Net) -> None:
    wide = Net(net.vpc_id, make_vswitch(cloud, net.vpc_id, cidr="10.1.0.0/20"), net.group_id)
    tag = m.RunInstancesRequestTag(key="fleet", value="big")
    for _ in range(11):
        launch(cloud, wide, amount=100, tag=[tag])
    assert body(cloud, max_results=10).total_count == 1100
    assert body(cloud, max_results=10, tag=[m.DescribeInstancesRequestTag(key="fleet")]).total_count == 1000


def test_one_instance_attribute(cloud: LocalCloud, net: Net) -> None:
    id_ = running(cloud, net)
    found = cloud.ecs.describe_instance_attribute(m.DescribeInstanceAttributeRequest(instance_id=id_)).body
    assert (found.instance_id, found.status, found.io_optimized) == (id_, "Running", "optimized")
    with pytest.raises(DaraException) as failure:
        cloud.ecs.describe_instance_attribute(m.DescribeInstanceAttributeRequest(instance_id="i-none"))
    assert (code_of(failure), failure.value.status_code) == ("InvalidInstanceId.NotFound", 404)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"status": "Asleep"}, "InvalidStatus.NotFound"),
        ({"instance_ids": "i-1"}, "InvalidParameter"),
        ({"instance_network_type": "tin"}, "InvalidNetworkType.NotFound"),
        ({"filter": [m.DescribeInstancesRequestFilter(key="Colour", value="red")]}, "InvalidFilterKey.NotFound"),
        ({"dry_run": True}, "DryRunOperation"),
    ],
)
def test_what_cannot_be_asked(cloud: LocalCloud, parameters: dict[str, object], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        instances(cloud, **parameters)
    assert code_of(failure) == code


def test_lists_lag_but_operations_do_not(cloud: LocalCloud, net: Net) -> None:
    cloud.settings(list_lag=20.0)
    (id_,) = launch(cloud, net)
    assert instances(cloud, instance_ids=f'["{id_}"]') == []
    cloud.pass_time(BOOT)
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cloud.pass_time(7)
    assert instances(cloud)[0].status == "Stopping"
