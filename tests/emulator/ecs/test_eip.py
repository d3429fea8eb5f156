"""Elastic addresses on instances and interfaces, through the real SDK of both products."""

import pytest
from alibabacloud_ecs20140526 import models as m
from alibabacloud_vpc20160428 import models as v
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, instance, instances, launch, running


def allocate(cloud: LocalCloud) -> v.AllocateEipAddressResponseBody:
    return cloud.vpc.allocate_eip_address(v.AllocateEipAddressRequest(region_id=REGION)).body


def associate(cloud: LocalCloud, allocation_id: str, id_: str) -> None:
    request = v.AssociateEipAddressRequest(region_id=REGION, allocation_id=allocation_id, instance_id=id_)
    cloud.vpc.associate_eip_address(request)
    cloud.pass_time(20)


def test_an_instance_shows_its_address_and_gives_it_back(cloud: LocalCloud, net: Net) -> None:
    id_, eip = running(cloud, net), allocate(cloud)
    associate(cloud, eip.allocation_id, id_)
    found = instance(cloud, id_)
    assert (found.eip_address.allocation_id, found.eip_address.ip_address) == (eip.allocation_id, eip.eip_address)
    assert [one.instance_id for one in instances(cloud, eip_addresses=f'["{eip.eip_address}"]')] == [id_]
    cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=id_, force=True))
    cloud.pass_time(20)
    (left,) = cloud.vpc.describe_eip_addresses(v.DescribeEipAddressesRequest(region_id=REGION)).body.eip_addresses.eip_address
    assert (left.status, left.instance_id) == ("Available", "")


def test_what_takes_no_address(cloud: LocalCloud, net: Net) -> None:
    eip = allocate(cloud)
    public = running(cloud, net, internet_max_bandwidth_out=1)
    (pending,) = launch(cloud, net)
    cases = [
        ("i-none", "InvalidInstanId.NotFound", 404),
        (pending, "IncorrectInstanceStatus", 400),
        (public, "InvalidStatus.InstanceHasBandWidth", 400),
    ]
    for id_, code, status in cases:
        with pytest.raises(DaraException) as failure:
            cloud.vpc.associate_eip_address(
                v.AssociateEipAddressRequest(region_id=REGION, allocation_id=eip.allocation_id, instance_id=id_)
            )
        assert (code_of(failure), failure.value.status_code) == (code, status)
