"""Network interfaces through the real SDK."""

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, instance, interfaces, make_group, make_vswitch, running


def create(cloud: LocalCloud, net: Net, **parameters: object) -> m.CreateNetworkInterfaceResponseBody:
    defaults: dict[str, object] = {"region_id": REGION, "v_switch_id": net.vswitch_id, "security_group_id": net.group_id}
    return cloud.ecs.create_network_interface(m.CreateNetworkInterfaceRequest(**{**defaults, **parameters})).body


def available(cloud: LocalCloud, net: Net, **parameters: object) -> str:
    id_ = create(cloud, net, **parameters).network_interface_id
    cloud.pass_time(2)
    return id_


def attach(cloud: LocalCloud, id_: str, instance_id: str) -> None:
    request = m.AttachNetworkInterfaceRequest(region_id=REGION, network_interface_id=id_, instance_id=instance_id)
    cloud.ecs.attach_network_interface(request)


def detach(cloud: LocalCloud, id_: str, instance_id: str) -> None:
    request = m.DetachNetworkInterfaceRequest(region_id=REGION, network_interface_id=id_, instance_id=instance_id)
    cloud.ecs.detach_network_interface(request)


def delete(cloud: LocalCloud, id_: str) -> None:
    cloud.ecs.delete_network_interface(m.DeleteNetworkInterfaceRequest(region_id=REGION, network_interface_id=id_))


def status(cloud: LocalCloud, id_: str) -> str:
    (found,) = interfaces(cloud, network_interface_id=[id_])
    return found.status


def test_a_whole_life(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    made = create(cloud, net, primary_ip_address="10.0.0.40", network_interface_name="second")
    id_ = made.network_interface_id
    assert (made.status, made.type, made.private_ip_address) == ("Creating", "Secondary", "10.0.0.40")
    cloud.pass_time(2)
    attach(cloud, id_, instance_id)
    assert status(cloud, id_) == "Attaching"
    cloud.pass_time(4)
    assert status(cloud, id_) == "InUse"
    listed = instance(cloud, instance_id).network_interfaces.network_interface
    assert [(one.type, one.primary_ip_address) for one in listed] == [("Primary", "10.0.0.1"), ("Secondary", "10.0.0.40")]
    detach(cloud, id_, instance_id)
    cloud.pass_time(5)
    assert status(cloud, id_) == "Available"
    delete(cloud, id_)
    assert status(cloud, id_) == "Deleting"
    cloud.pass_time(2)
    assert interfaces(cloud, network_interface_id=[id_]) == []


def test_what_it_is_not_ready_for(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    (primary,) = interfaces(cloud)
    made = create(cloud, net).network_interface_id
    with pytest.raises(DaraException) as failure:
        attach(cloud, made, instance_id)
    assert (code_of(failure), failure.value.status_code) == ("InvalidOperation.InvalidEniState", 400)
    with pytest.raises(DaraException) as failure:
        detach(cloud, primary.network_interface_id, instance_id)
    assert code_of(failure) == "InvalidOperation.DetachPrimaryEniNotAllowed"
    with pytest.raises(DaraException) as failure:
        delete(cloud, primary.network_interface_id)
    assert code_of(failure) == "InvalidOperation.InvalidEniState"
    with pytest.raises(DaraException) as failure:
        delete(cloud, "eni-none")
    assert (code_of(failure), failure.value.status_code) == ("InvalidEniId.NotFound", 404)


def test_zones_and_counts(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net, instance_type="ecs.e-c1m2.large")
    far = make_vswitch(cloud, net.vpc_id, cidr="10.0.1.0/24", zone="cn-hangzhou-i")
    stranger = available(cloud, net, v_switch_id=far)
    with pytest.raises(DaraException) as failure:
        attach(cloud, stranger, instance_id)
    assert (code_of(failure), failure.value.status_code) == ("InvalidOperation.AvailabilityZoneMismatch", 403)
    attach(cloud, available(cloud, net), instance_id)
    with pytest.raises(DaraException) as failure:
        attach(cloud, available(cloud, net), instance_id)
    assert (code_of(failure), failure.value.status_code) == ("EniPerInstanceLimitExceeded", 403)


def test_with_its_instance_it_goes_or_stays(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    goes, stays = available(cloud, net), available(cloud, net, delete_on_release=False)
    for id_ in (goes, stays):
        attach(cloud, id_, instance_id)
    cloud.pass_time(4)
    cloud.ecs.delete_instance(m.DeleteInstanceRequest(instance_id=instance_id, force=True))
    cloud.pass_time(10)
    (left,) = interfaces(cloud)
    assert (left.network_interface_id, left.status, left.instance_id) == (stays, "Available", "")


def test_changes(cloud: LocalCloud, net: Net) -> None:
    id_, group = available(cloud, net), make_group(cloud, net.vpc_id)
    request = m.ModifyNetworkInterfaceAttributeRequest(
        region_id=REGION, network_interface_id=id_, network_interface_name="new", security_group_id=[group]
    )
    cloud.ecs.modify_network_interface_attribute(request)
    (found,) = interfaces(cloud, security_group_id=group)
    assert (found.network_interface_id, found.network_interface_name) == (id_, "new")
    assert interfaces(cloud, security_group_id=net.group_id) == []


def test_filters(cloud: LocalCloud, net: Net) -> None:
    instance_id = running(cloud, net)
    tag = m.CreateNetworkInterfaceRequestTag(key="k", value="v")
    id_ = available(cloud, net, tag=[tag])

    def ids(**parameters: object) -> list[str]:
        return [one.network_interface_id for one in interfaces(cloud, **parameters)]

    assert ids(type="Secondary") == ids(status="Available") == [id_]
    assert ids(tag=[m.DescribeNetworkInterfacesRequestTag(key="k", value="v")]) == [id_]
    (primary,) = ids(instance_id=instance_id)
    assert ids(primary_ip_address="10.0.0.1") == [primary]
    assert ids(v_switch_id=net.vswitch_id, vpc_id=net.vpc_id) == [primary, id_]
