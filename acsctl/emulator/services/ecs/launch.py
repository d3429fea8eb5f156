"""RunInstances and CreateInstance (sheet compute.md 1.1): everything is checked first, then sold, then made."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_minutes
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs import launch_checks as checks
from acsctl.emulator.services.ecs.disk import IN_USE, create_disk
from acsctl.emulator.services.ecs.disk_plan import DiskPlan, data_disks, system_disk
from acsctl.emulator.services.ecs.image import Image, choose_image
from acsctl.emulator.services.ecs.instance import (
    INSTANCE,
    PENDING,
    PENDING_FOR,
    RUNNING,
    STARTING,
    STARTING_FOR,
    STOPPED,
    living,
)
from acsctl.emulator.services.ecs.instance_type import Type, types
from acsctl.emulator.services.ecs.interface import IN_USE as INTERFACE_IN_USE
from acsctl.emulator.services.ecs.interface import create_interface
from acsctl.emulator.services.ecs.late_failure import doom
from acsctl.emulator.services.ecs.launch_names import Names, read_names
from acsctl.emulator.services.ecs.launch_network import Network, read_network
from acsctl.emulator.services.ecs.public_address import new_address
from acsctl.emulator.services.ecs.stock import sell, sellable
from acsctl.emulator.services.network_use import free_addresses
from acsctl.emulator.services.tagging import read_tags


@dataclass(frozen=True)
class Launch:
    """A checked order for instances that differ in name and addresses only."""

    amount: int
    kind: Type
    image: Image
    network: Network
    disks: list[DiskPlan]
    names: Names
    attributes: Mapping[str, Any]
    tags: Mapping[str, str]


@action("ecs.RunInstances")
def run_instances(call: Call) -> dict[str, Any]:
    amount = call.number("Amount", default=1)
    least = call.number("MinAmount", default=amount)
    if least > amount:
        raise ApiError("InvalidMinAmount.Malformed", message="MinAmount is at most Amount.")
    launch = _read(call, amount=amount, least=least)
    call.end_dry_run()
    made = _make(call, launch=launch)
    for instance in doom(call, instances=made):
        instance.later(PENDING_FOR, Status=STARTING)
        running = PENDING_FOR + STARTING_FOR
        instance.later(running, Status=RUNNING, StartTime=iso_minutes(call.now + running))
        if launch.attributes["InternetMaxBandwidthOut"] > 0:
            instance.set(PublicIpAddress=new_address(call))
    return {"InstanceIdSets": {"InstanceIdSet": [one.id for one in made]}, **_order(launch)}


@action("ecs.CreateInstance")
def create_instance(call: Call) -> dict[str, Any]:
    """Ends Stopped, and has no public address until AllocatePublicIpAddress."""
    launch = _read(call, amount=1, least=1)
    call.end_dry_run()
    (instance,) = _make(call, launch=launch)
    instance.later(PENDING_FOR, Status=STOPPED, StoppedMode="KeepCharging")
    return {"InstanceId": instance.id, **_order(launch)}


def _order(launch: Launch) -> dict[str, Any]:
    """A subscription is an order; its number stands for a paid one."""
    prepaid = launch.attributes["InstanceChargeType"] == "PrePaid"
    return {"OrderId": f"2{secrets.randbelow(10**14):014d}"} if prepaid else {}


def _read(call: Call, *, amount: int, least: int) -> Launch:
    """All checks. Raises the codes of sheet compute.md 1.1."""
    checks.check_absent(call)
    image = choose_image(call)
    kind = checks.read_type(call, image=image)
    network = read_network(call, amount=least)
    names = read_names(call, amount=amount, image=image)
    attributes = {
        **checks.billing(call),
        **checks.internet(call),
        **checks.login(call, image=image),
        **checks.other(call),
    }
    disks = [system_disk(call, kind=kind, image=image), *data_disks(call)]
    tags = read_tags(call)
    wanted = max(least, min(amount, free_addresses(call, vswitch=network.vswitch)))
    found = sellable(call, zone=network.vswitch["ZoneId"], kind=kind["id"], amount=wanted, least=least)
    cores = sum(int(types()[one["InstanceType"]]["cpu"]) for one in living(call)) + found * int(kind["cpu"])
    call.within_quota("ecs.vcpus", used=cores - 1, code="QuotaExceed.ElasticQuota")
    return Launch(found, kind, image, network, disks, names, attributes, tags)


def _make(call: Call, *, launch: Launch) -> list[Resource]:
    """The instances with their disks and interfaces, Pending. Raises when addresses run out, and then nothing was sold."""
    made = [_one(call, launch=launch, number=number) for number in range(launch.amount)]
    sell(call, zone=launch.network.vswitch["ZoneId"], kind=launch.kind["id"], amount=launch.amount)
    return made


def _one(call: Call, *, launch: Launch, number: int) -> Resource:
    vswitch = launch.network.vswitch
    instance = call.create(
        INSTANCE,
        attributes={
            **launch.attributes,
            "Status": PENDING,
            "Releasing": False,
            "InstanceType": launch.kind["id"],
            "ImageId": launch.image["id"],
            "ZoneId": vswitch["ZoneId"],
            "VpcId": vswitch["VpcId"],
            "VSwitchId": vswitch.id,
            "SecurityGroupIds": launch.network.primary.group_ids,
            "PublicIpAddress": "",
            "StoppedMode": "Not-applicable",
            "StartTime": "",
        },
        tags=launch.tags,
    )
    interfaces = [
        create_interface(
            call,
            plan=replace(
                plan,
                instance_id=instance.id,
                tags=launch.tags if plan is launch.network.primary else {},
                resource_group=launch.attributes["ResourceGroupId"],
            ),
            status=INTERFACE_IN_USE,
        )
        for plan in (launch.network.primary, *launch.network.secondaries)
    ]
    instance.set(
        InstanceName=launch.names.instance_name(number, id=instance.id),
        HostName=launch.names.host_name(number, id=instance.id),
        NetworkInterfaceIds=[one.id for one in interfaces],
        PrivateIpAddress=interfaces[0]["PrivateIpAddress"],
    )
    for plan in launch.disks:
        _disk(call, launch=launch, plan=plan, instance=instance)
    return instance


def _disk(call: Call, *, launch: Launch, plan: DiskPlan, instance: Resource) -> None:
    create_disk(
        call,
        plan=plan,
        attributes={
            "Status": IN_USE,
            "ZoneId": instance["ZoneId"],
            "InstanceId": instance.id,
            "Device": plan.device,
            "AttachedTime": call.time_minutes,
            "ImageId": launch.image["id"] if plan.type == "system" else "",
            "ResourceGroupId": launch.attributes["ResourceGroupId"],
            "DiskChargeType": launch.attributes["InstanceChargeType"],
        },
        tags=launch.tags,
    )
