"""Every action of VPC, STS and Tag is called once, and its answer fits the published tree and the model of the real SDK."""

import json
from typing import Any

from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_vpc20160428 import models as vpc_models

from acsctl.emulator import api
from acsctl.emulator.answers import cut, faults
from acsctl.emulator.services import HANDLERS
from tests.emulator.conftest import REGION, LocalCloud
from tests.emulator.raw import acs3
from tests.emulator.vpc.network import ZONE

VERSIONS = {"vpc": "2016-04-28", "sts": "2015-04-01", "tag": "2018-08-28"}
MODELS = {"vpc": vpc_models, "sts": sts_models}


class Walker:
    """Calls actions, waits for them to settle, compares answers with the models, and remembers which were called."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.called: set[str] = set()

    def __call__(self, action: str, product: str = "vpc", **fields: Any) -> dict[str, Any]:
        texts = {name: str(value) for name, value in fields.items()}
        answer = acs3(self.cloud.address, action, **{"RegionId": REGION, **texts}, x_acs_version=VERSIONS[product])
        assert answer.status == 200, answer.text
        self.called.add(f"{product}.{action}")
        if product in MODELS:
            model = vars(MODELS[product])[f"{action}ResponseBody"]
            assert model().from_map(answer.json).to_map() == answer.json
        self.cloud.pass_time(100)
        return answer.json


def test_every_answer_fits(cloud: LocalCloud) -> None:
    call = Walker(cloud)
    walk_network(call)
    walk_the_rest(call)
    mine = {key for key in HANDLERS if key.partition(".")[0] in VERSIONS}
    assert call.called == mine


def walk_network(call: Walker) -> None:
    vpc = call("CreateVpc", CidrBlock="10.0.0.0/16", EnableIpv6="true", **{"Tag.1.Key": "a", "Tag.1.Value": "b"})
    vpc_id = vpc["VpcId"]
    call("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="192.168.0.0/16")
    call("UnassociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="192.168.0.0/16")
    call("ModifyVpcAttribute", VpcId=vpc_id, VpcName="n")
    vswitch_id = call("CreateVSwitch", VpcId=vpc_id, ZoneId=ZONE, CidrBlock="10.0.1.0/24", Ipv6CidrBlock=1)["VSwitchId"]
    call("ModifyVSwitchAttribute", VSwitchId=vswitch_id, Description="d")
    nat_id = call("CreateNatGateway", VpcId=vpc_id, VSwitchId=vswitch_id, NatType="Enhanced")["NatGatewayId"]
    nat = call("DescribeNatGateways")["NatGateways"]["NatGateway"][0]
    eip = call("AllocateEipAddress")
    bound = {"AllocationId": eip["AllocationId"], "InstanceId": nat_id, "InstanceType": "Nat"}
    call("AssociateEipAddress", **bound)
    call("ModifyEipAddressAttribute", AllocationId=eip["AllocationId"], Name="n")
    walk_rules(call, nat, eip["EipAddress"])
    walk_routes(call, vpc, vswitch_id, nat_id)
    for list_action in ("DescribeVpcs", "DescribeVSwitches", "DescribeNatGateways", "DescribeEipAddresses", "DescribeVRouters"):
        call(list_action)
    call("DescribeVpcAttribute", VpcId=vpc_id)
    call("DescribeVSwitchAttributes", VSwitchId=vswitch_id)
    call("GetNatGatewayAttribute", NatGatewayId=nat_id)
    call("ModifyNatGatewayAttribute", NatGatewayId=nat_id, Name="n")
    tags = {"ResourceType": "VPC", "ResourceId.1": vpc_id}
    call("TagResources", **tags, **{"Tag.1.Key": "c"})
    call("ListTagResources", **tags)
    call("UnTagResources", **tags, **{"TagKey.1": "c"})
    call("MoveResourceGroup", ResourceType="vpc", ResourceId=vpc_id, NewResourceGroupId="rg-1")
    call("DeletionProtection", Type="NATGW", InstanceId=nat_id, ProtectionEnable="false")
    call("UnassociateEipAddress", **bound)
    call("ReleaseEipAddress", AllocationId=eip["AllocationId"])
    call("DeleteNatGateway", NatGatewayId=nat_id)
    call("DeleteVSwitch", VSwitchId=vswitch_id)
    call("DeleteVpc", VpcId=vpc_id)


def walk_rules(call: Walker, nat: dict[str, Any], address: str) -> None:
    snat = {"SnatTableId": nat["SnatTableIds"]["SnatTableId"][0]}
    entry = {**snat, "SnatEntryId": call("CreateSnatEntry", **snat, SnatIp=address, SourceCIDR="10.0.0.0/16")["SnatEntryId"]}
    call("ModifySnatEntry", **entry, SnatEntryName="n")
    call("DescribeSnatTableEntries", **snat)
    call("DeleteSnatEntry", **entry)
    dnat = {"ForwardTableId": nat["ForwardTableIds"]["ForwardTableId"][0]}
    rule = {"ExternalIp": address, "ExternalPort": 80, "InternalIp": "10.0.1.9", "InternalPort": 80, "IpProtocol": "tcp"}
    entry = {**dnat, "ForwardEntryId": call("CreateForwardEntry", **dnat, **rule)["ForwardEntryId"]}
    call("ModifyForwardEntry", **entry, ForwardEntryName="n")
    call("DescribeForwardTableEntries", **dnat)
    call("DeleteForwardEntry", **entry)


def walk_routes(call: Walker, vpc: dict[str, Any], vswitch_id: str, nat_id: str) -> None:
    table = {"RouteTableId": call("CreateRouteTable", VpcId=vpc["VpcId"])["RouteTableId"]}
    call("ModifyRouteTableAttributes", **table, RouteTableName="n")
    call("AssociateRouteTable", **table, VSwitchId=vswitch_id)
    hop = {"NextHopType": "NatGateway", "NextHopId": nat_id}
    entry_id = call("CreateRouteEntry", **table, **hop, DestinationCidrBlock="192.168.0.0/24")["RouteEntryId"]
    call("ModifyRouteEntry", RouteEntryId=entry_id, RouteEntryName="n")
    call("DescribeRouteEntryList", **table)
    call("DescribeRouteTableList")
    call("DescribeRouteTables", VRouterId=vpc["VRouterId"])
    call("DeleteRouteEntry", RouteEntryId=entry_id)
    one = {"RouteTableId": table["RouteTableId"], "DstCidrBlock": "192.168.1.0/24", "NextHop": nat_id}
    batch = {f"RouteEntries.1.{name}": value for name, value in one.items()}
    call("CreateRouteEntries", **batch, **{"RouteEntries.1.NextHopType": "NatGateway"})
    call("DeleteRouteEntries", **batch)
    call("UnassociateRouteTable", **table, VSwitchId=vswitch_id)
    call("DeleteRouteTable", **table)


def walk_the_rest(call: Walker) -> None:
    for name in ("DescribeRegions", "DescribeZones", "ListEnhanhcedNatGatewayAvailableZones"):
        call(name)
    call("GetCallerIdentity", "sts")
    call("AssumeRole", "sts", RoleArn="acs:ram::1000200030004000:role/r", RoleSessionName="ci")
    vpc_id = call("CreateVpc")["VpcId"]
    arn = {"ResourceARN.1": f"arn:acs:vpc:{REGION}:1000200030004000:vpc/{vpc_id}"}
    call("TagResources", "tag", **arn, Tags=json.dumps({"a": "b"}))
    call("ListTagResources", "tag", **arn)
    call("ListResourcesByTag", "tag", ResourceType="ALIYUN::VPC::VPC", **{"TagFilter.Key": "a"})
    call("UntagResources", "tag", **arn, **{"TagKey.1": "a"})


def test_only_published_actions_are_bound() -> None:
    published = {action.key for product in api.products() for action in product.actions.values()}
    assert set(HANDLERS) <= published


def test_what_the_check_finds() -> None:
    tree = {"A": "string", "B": ["int32"], "C": {"D": "boolean", "E": "int64", "F": "object"}}
    right = {"A": "", "B": [1], "C": {"D": True, "E": 1, "F": {}}}
    assert list(faults(right, tree=tree)) == []
    wrong = {"A": 1, "B": ["x"], "C": {"D": 0, "E": True, "F": ""}, "G": 1}
    assert len(list(faults(wrong, tree=tree))) == 6
    assert list(faults({"B": {"B": [1]}}, tree=tree)) == [".B: dict where a list is published"]
    assert list(faults({"C": []}, tree=tree)) == [".C: list where an object is published"]


def test_an_answer_is_cut_to_an_older_tree() -> None:
    answer = {"A": 1, "B": {"C": [{"D": 1, "E": 2}]}}
    assert cut(answer, tree={"B": {"C": [{"D": "int32"}]}}) == {"B": {"C": [{"D": 1}]}}
