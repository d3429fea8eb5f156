"""The kinds of the network, field by field."""

from __future__ import annotations

from tests.e2e.scene import Case, Drift, Edit

REGION = "cn-hangzhou"
ZONE, OTHER_ZONE = "cn-hangzhou-h", "cn-hangzhou-i"

NETWORK = {"net": {"kind": "vpc", "cidr": "10.0.0.0/16"}, "other_net": {"kind": "vpc", "cidr": "10.0.0.0/16"}}
SUBNETS = {
    "a": {"kind": "vswitch", "vpc": "net", "zone": ZONE, "cidr": "10.0.1.0/24"},
    "b": {"kind": "vswitch", "vpc": "net", "zone": ZONE, "cidr": "10.0.2.0/24"},
    "far": {"kind": "vswitch", "vpc": "other_net", "zone": ZONE, "cidr": "10.0.1.0/24"},
}
ADDRESSES = {"one": {"kind": "eip"}, "two": {"kind": "eip"}}

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

VPC = Case(
    kind="vpc",
    block={"cidr": "10.0.0.0/16", "secondary_cidrs": ["172.16.0.0/16"], "name": "first", "description": "the first"},
    edits={
        "secondary_cidrs": Edit({"secondary_cidrs": ["172.17.0.0/16", "172.18.0.0/16"]}),
        "name": Edit({"name": "second"}),
        "description": Edit({"description": "the second"}),
    },
    replacements={"cidr": Edit({"cidr": "10.1.0.0/16"})},
    drifts={
        "cidr": Drift(lambda it: it.vpc("ModifyVpcAttribute", VpcId=it.id, CidrBlock="10.0.0.0/12"), replaces=True),
        "secondary_cidrs": Drift(lambda it: it.vpc("UnassociateVpcCidrBlock", VpcId=it.id, SecondaryCidrBlock="172.16.0.0/16")),
        "name": Drift(lambda it: it.vpc("ModifyVpcAttribute", VpcId=it.id, VpcName="theirs")),
        "description": Drift(lambda it: it.vpc("ModifyVpcAttribute", VpcId=it.id, Description="theirs")),
    },
    tagged=("vpc", "VPC"),
    delete=lambda it: it.vpc("DeleteVpc", VpcId=it.id),
)

VSWITCH = Case(
    kind="vswitch",
    around=NETWORK,
    block={"vpc": "net", "zone": ZONE, "cidr": "10.0.9.0/24", "name": "first", "description": "the first"},
    edits={"name": Edit({"name": "second"}), "description": Edit({"description": "the second"})},
    replacements={
        "vpc": Edit({"vpc": "other_net"}),
        "zone": Edit({"zone": OTHER_ZONE}),
        "cidr": Edit({"cidr": "10.0.10.0/24"}),
    },
    drifts={
        "name": Drift(lambda it: it.vpc("ModifyVSwitchAttribute", VSwitchId=it.id, VSwitchName="theirs")),
        "description": Drift(lambda it: it.vpc("ModifyVSwitchAttribute", VSwitchId=it.id, Description="theirs")),
    },
    fixed=dict.fromkeys(("vpc", "zone", "cidr"), "sheet network.md 2: immutable"),
    tagged=("vpc", "VSWITCH"),
    delete=lambda it: it.vpc("DeleteVSwitch", VSwitchId=it.id),
)

SECURITY_GROUP = Case(
    kind="security_group",
    around={**NETWORK, "peer": {"kind": "security_group", "vpc": "net"}},
    block={
        "vpc": "net",
        "type": "normal",
        "name": "first",
        "description": "the first",
        "inner_access": True,
        "ingress": [
            {"protocol": "tcp", "port": [22, "80-90"], "from": ["10.0.0.0/8", "peer"], "description": "web"},
            {"protocol": "icmp", "from": "0.0.0.0/0", "policy": "drop", "priority": 7},
        ],
        "egress": [{"protocol": "all", "to": "0.0.0.0/0"}],
    },
    edits={
        "name": Edit({"name": "second"}),
        "description": Edit({"description": "the second"}),
        "inner_access": Edit({"inner_access": False}),
        "ingress": Edit(
            {
                "ingress": [
                    {"protocol": "tcp", "port": 22, "from": "10.0.0.0/8", "description": "another word"},
                    {"protocol": "udp", "port": 53, "from": "peer"},
                ]
            }
        ),
        "egress": Edit({"egress": [{"protocol": "tcp", "port": 443, "to": "peer"}]}),
    },
    replacements={
        "vpc": Edit({"vpc": "other_net", "ingress": [], "egress": []}, also=frozenset({"ingress", "egress"})),
        "type": Edit(
            {"type": "enterprise", "inner_access": None, "ingress": [], "egress": []}, also=frozenset({"ingress", "egress"})
        ),
    },
    drifts={
        "name": Drift(lambda it: it.ecs("ModifySecurityGroupAttribute", SecurityGroupId=it.id, SecurityGroupName="theirs")),
        "description": Drift(lambda it: it.ecs("ModifySecurityGroupAttribute", SecurityGroupId=it.id, Description="theirs")),
        "inner_access": Drift(lambda it: it.ecs("ModifySecurityGroupPolicy", SecurityGroupId=it.id, InnerAccessPolicy="Drop")),
        "ingress": Drift(
            lambda it: it.ecs(
                "RevokeSecurityGroup",
                SecurityGroupId=it.id,
                **{"SecurityGroupRuleId.1": it.rule("ingress")["SecurityGroupRuleId"]},
            )
        ),
        "egress": Drift(
            lambda it: it.ecs(
                "AuthorizeSecurityGroupEgress", SecurityGroupId=it.id, IpProtocol="TCP", PortRange="1/9", DestCidrIp="1.0.0.0/8"
            )
        ),
    },
    fixed=dict.fromkeys(("vpc", "type"), "sheet network.md 4: no call changes it"),
    tagged=("ecs", "securitygroup"),
    delete=lambda it: it.ecs("DeleteSecurityGroup", SecurityGroupId=it.id),
)

KEY_PAIR = Case(
    kind="key_pair",
    block={"public_key": KEY, "name": "first"},
    edits={},
    replacements={"public_key": Edit({"public_key": OTHER_KEY}), "name": Edit({"name": "second"})},
    drifts={},
    fixed=dict.fromkeys(("public_key", "name"), "sheet compute.md 2: only its tags can change"),
    tagged=("ecs", "keypair"),
    delete=lambda it: it.ecs("DeleteKeyPairs", KeyPairNames='["first"]'),
)

EIP = Case(
    kind="eip",
    block={"bandwidth": 10, "name": "first", "description": "the first", "charge": "by_traffic", "isp": "BGP"},
    edits={
        "bandwidth": Edit({"bandwidth": 20}),
        "name": Edit({"name": "second"}),
        "description": Edit({"description": "the second"}),
    },
    replacements={"charge": Edit({"charge": "by_bandwidth"}), "isp": Edit({"isp": "BGP_PRO"})},
    drifts={
        "bandwidth": Drift(lambda it: it.vpc("ModifyEipAddressAttribute", AllocationId=it.id, Bandwidth="30")),
        "name": Drift(lambda it: it.vpc("ModifyEipAddressAttribute", AllocationId=it.id, Name="theirs")),
        "description": Drift(lambda it: it.vpc("ModifyEipAddressAttribute", AllocationId=it.id, Description="theirs")),
    },
    fixed=dict.fromkeys(("charge", "isp"), "sheet network.md 5: immutable"),
    tagged=("vpc", "EIP"),
    delete=lambda it: it.vpc("ReleaseEipAddress", AllocationId=it.id),
)

NAT_GATEWAY = Case(
    kind="nat_gateway",
    around={**NETWORK, **SUBNETS, **ADDRESSES},
    block={
        "vpc": "net",
        "vswitch": "a",
        "name": "first",
        "description": "the first",
        "eips": ["one"],
        "snat": [{"vswitch": "a", "eips": ["one"]}, {"cidr": "10.0.2.0/25"}],
    },
    edits={
        "name": Edit({"name": "second"}),
        "description": Edit({"description": "the second"}),
        "eips": Edit({"eips": ["one", "two"]}, base={"snat": [{"vswitch": "a", "eips": ["one"]}]}),
        "snat": Edit({"snat": [{"vswitch": "b"}, {"cidr": "10.0.2.0/25"}]}),
    },
    replacements={
        "vpc": Edit(
            {"vpc": "other_net", "vswitch": "far", "snat": [{"cidr": "10.0.2.0/25"}]}, also=frozenset({"vswitch", "snat"})
        ),
        "vswitch": Edit({"vswitch": "b"}),
    },
    drifts={
        "name": Drift(lambda it: it.vpc("ModifyNatGatewayAttribute", NatGatewayId=it.id, Name="theirs")),
        "description": Drift(lambda it: it.vpc("ModifyNatGatewayAttribute", NatGatewayId=it.id, Description="theirs")),
        "eips": Drift(
            lambda it: it.vpc("AssociateEipAddress", AllocationId=it.of("eip.two"), InstanceId=it.id, InstanceType="Nat")
        ),
        "snat": Drift(
            lambda it: it.vpc("DeleteSnatEntry", SnatTableId=it.entry()["SnatTableId"], SnatEntryId=it.entry()["SnatEntryId"])
        ),
    },
    fixed=dict.fromkeys(("vpc", "vswitch"), "sheet network.md 6: immutable"),
    tagged=("vpc", "NATGATEWAY"),
    delete=lambda it: it.vpc("DeleteNatGateway", NatGatewayId=it.id, Force=True),
)
