"""A network with a security group, and the calls that the tests of ECS have in common."""

from dataclasses import dataclass

import pytest
from alibabacloud_ecs20140526 import models as m
from alibabacloud_vpc20160428 import models as v

from tests.emulator.conftest import REGION, LocalCloud

ZONE = f"{REGION}-h"
IMAGE = "aliyun_3_x64_20G_alibase_20260828.vhd"
TYPE = "ecs.g7.large"
BOOT = 13.0  # cloud seconds from RunInstances to Running


@dataclass(frozen=True)
class Net:
    vpc_id: str
    vswitch_id: str
    group_id: str


def make_vpc(cloud: LocalCloud) -> str:
    vpc_id = cloud.vpc.create_vpc(v.CreateVpcRequest(region_id=REGION, cidr_block="10.0.0.0/8")).body.vpc_id
    cloud.pass_time(10)
    return vpc_id


def make_vswitch(cloud: LocalCloud, vpc_id: str, cidr: str = "10.0.0.0/24", zone: str = ZONE) -> str:
    request = v.CreateVSwitchRequest(region_id=REGION, vpc_id=vpc_id, zone_id=zone, cidr_block=cidr)
    vswitch_id = cloud.vpc.create_vswitch(request).body.v_switch_id
    cloud.pass_time(20)
    return vswitch_id


def make_group(cloud: LocalCloud, vpc_id: str, **parameters: object) -> str:
    request = m.CreateSecurityGroupRequest(region_id=REGION, vpc_id=vpc_id, **parameters)
    return cloud.ecs.create_security_group(request).body.security_group_id


@pytest.fixture
def net(cloud: LocalCloud) -> Net:
    vpc_id = make_vpc(cloud)
    return Net(vpc_id, make_vswitch(cloud, vpc_id), make_group(cloud, vpc_id))


def launch(cloud: LocalCloud, net: Net, **parameters: object) -> list[str]:
    """The ids of instances that are still Pending."""
    defaults: dict[str, object] = {
        "region_id": REGION,
        "instance_type": TYPE,
        "image_id": IMAGE,
        "v_switch_id": net.vswitch_id,
        "security_group_id": net.group_id,
    }
    request = m.RunInstancesRequest(**{**defaults, **parameters})
    return cloud.ecs.run_instances(request).body.instance_id_sets.instance_id_set


def running(cloud: LocalCloud, net: Net, **parameters: object) -> str:
    """The id of one instance that runs."""
    (id_,) = launch(cloud, net, **parameters)
    cloud.pass_time(BOOT)
    return id_


def stopped(cloud: LocalCloud, net: Net, **parameters: object) -> str:
    id_ = running(cloud, net, **parameters)
    cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    cloud.pass_time(8)
    return id_


Instances = list[m.DescribeInstancesResponseBodyInstancesInstance]


def instances(cloud: LocalCloud, **parameters: object) -> Instances:
    return cloud.ecs.describe_instances(m.DescribeInstancesRequest(region_id=REGION, **parameters)).body.instances.instance


def instance(cloud: LocalCloud, id_: str) -> m.DescribeInstancesResponseBodyInstancesInstance:
    (found,) = instances(cloud, instance_ids=f'["{id_}"]')
    return found


def disks(cloud: LocalCloud, **parameters: object) -> list[m.DescribeDisksResponseBodyDisksDisk]:
    return cloud.ecs.describe_disks(m.DescribeDisksRequest(region_id=REGION, **parameters)).body.disks.disk


def interfaces(
    cloud: LocalCloud, **parameters: object
) -> list[m.DescribeNetworkInterfacesResponseBodyNetworkInterfaceSetsNetworkInterfaceSet]:
    request = m.DescribeNetworkInterfacesRequest(region_id=REGION, **parameters)
    return cloud.ecs.describe_network_interfaces(request).body.network_interface_sets.network_interface_set
