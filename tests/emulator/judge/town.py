"""A small world to make claims about: made once per module, since refused calls must leave it as it is."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import Answer, acs3

VERSIONS = {
    "vpc": "2016-04-28",
    "ecs": "2014-05-26",
    "sts": "2015-04-01",
    "tag": "2018-08-28",
    "location": "2015-06-12",
    "ram": "2015-05-01",
    "resourcemanager": "2020-03-31",
    "cr": "2018-12-01",
    "bssopenapi": "2017-12-14",
    "slb": "2014-05-15",
    "quotas": "2020-05-10",
}
IMAGE = "aliyun_3_x64_20G_alibase_20260828.vhd"
ZONE = "cn-hangzhou-h"


@dataclass
class Town:
    """names: what rows call `$vpc`, `$instance`, ... -> the id."""

    cloud: LocalCloud
    names: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, action: str, fields: dict[str, Any]) -> Answer:
        """action: `vpc.CreateVpc`. RegionId is given unless fields set it to None."""
        product, _, name = action.partition(".")
        texts = {key: self.filled(value) for key, value in flat({"RegionId": REGION, **fields}).items()}
        return acs3(self.cloud.address, name, x_acs_version=VERSIONS[product], **texts)

    def filled(self, text: str) -> str:
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(f"${name}", self.names[name])
        return text

    def made(self, action: str, **fields: Any) -> Any:
        """The answer of a call that has to succeed; a minute passes for what is asynchronous."""
        answer = self.call(action, fields)
        assert answer.status == 200, (action, fields, answer.text)
        self.cloud.pass_time(60)
        return answer.json

    def world(self) -> str:
        return json.dumps(self.cloud.control("GET", "world"))


def flat(value: Any, *, name: str = "") -> dict[str, str]:
    """{"Tag": [{"Key": "a"}]} -> {"Tag.1.Key": "a"}; None is left out, {"times": [text, n]} stands for a long text."""
    if isinstance(value, dict) and set(value) == {"times"}:
        text, count = value["times"]
        return {name: text * count}
    if isinstance(value, list):
        value = {str(number): one for number, one in enumerate(value, start=1)}
    if isinstance(value, dict):
        parts = [flat(one, name=f"{name}.{key}" if name else str(key)) for key, one in value.items()]
        return {key: text for part in parts for key, text in part.items()}
    return {} if value is None else {name: str(value)}


def settle(cloud: LocalCloud) -> Town:
    """Two VPCs, one with machines, a gateway with an address, a disk, an interface, a key."""
    town = Town(cloud)
    names = town.names
    names["vpc"] = town.made("vpc.CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    names["far"] = town.made("vpc.CreateVpc", CidrBlock="10.1.0.0/16")["VpcId"]
    for name, vpc, cidr in (("vswitch", "vpc", "10.0.0.0/24"), ("farswitch", "far", "10.1.0.0/24")):
        names[name] = town.made("vpc.CreateVSwitch", VpcId=names[vpc], ZoneId=ZONE, CidrBlock=cidr)["VSwitchId"]
    for name, vpc, kind in (("group", "vpc", "normal"), ("strict", "vpc", "enterprise"), ("fargroup", "far", "normal")):
        fields = {"VpcId": names[vpc], "SecurityGroupType": kind}
        names[name] = town.made("ecs.CreateSecurityGroup", **fields)["SecurityGroupId"]
    town.made("ecs.CreateKeyPair", KeyPairName="key")
    _add_machines(town)
    _add_gateway(town)
    return town


def _add_machines(town: Town) -> None:
    names = town.names
    place = {"VSwitchId": names["vswitch"], "SecurityGroupId": names["group"]}
    machine = {**place, "ImageId": IMAGE, "InstanceType": "ecs.g6.large", "KeyPairName": "key"}
    names["instance"] = town.made("ecs.RunInstances", **machine)["InstanceIdSets"]["InstanceIdSet"][0]
    names["disk"] = town.made("ecs.CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", Size=20)["DiskId"]
    names["used"] = town.made("ecs.CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", Size=20)["DiskId"]
    town.made("ecs.AttachDisk", InstanceId=names["instance"], DiskId=names["used"])
    names["interface"] = town.made("ecs.CreateNetworkInterface", **place)["NetworkInterfaceId"]


def _add_gateway(town: Town) -> None:
    names = town.names
    place = {"VpcId": names["vpc"], "VSwitchId": names["vswitch"]}
    made = town.made("vpc.CreateNatGateway", NatType="Enhanced", **place)
    names["gateway"] = made["NatGatewayId"]
    names["snats"] = made["SnatTableIds"]["SnatTableId"][0]
    names["forwards"] = made["ForwardTableIds"]["ForwardTableId"][0]
    for name in ("eip", "free"):
        made = town.made("vpc.AllocateEipAddress")
        names[name], names[f"{name}address"] = made["AllocationId"], made["EipAddress"]
    town.made("vpc.AssociateEipAddress", AllocationId=names["eip"], InstanceId=names["gateway"], InstanceType="Nat")
    entry = {"SnatTableId": names["snats"], "SnatIp": names["eipaddress"], "SourceVSwitchId": names["vswitch"]}
    names["snat"] = town.made("vpc.CreateSnatEntry", **entry)["SnatEntryId"]
    found = town.made("vpc.DescribeVpcs", VpcId=names["vpc"])["Vpcs"]["Vpc"][0]
    names["table"] = found["RouterTableIds"]["RouterTableIds"][0]
