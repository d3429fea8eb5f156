"""The stacks that are measured."""

from __future__ import annotations

INSTANCES = 500
VSWITCHES = 10

FIVE = """\
stack: five
region: cn-hangzhou
resources:
  network: {kind: vpc, cidr: 10.0.0.0/16}
  subnet: {kind: vswitch, vpc: network, zone: cn-hangzhou-h, cidr: 10.0.1.0/24}
  firewall: {kind: security_group, vpc: network, ingress: [{protocol: tcp, port: 22, from: 10.0.0.0/16}]}
  address: {kind: eip, bandwidth: 5}
  node:
    kind: instance
    vswitch: subnet
    security_groups: [firewall]
    instance_types: [ecs.g7.large]
    image: aliyun_3_x64_20G_alibase
"""

LARGE = f"""\
stack: large
region: cn-hangzhou
variables:
  subnets: {{type: list, default: {[str(number) for number in range(VSWITCHES)]}}}
resources:
  network: {{kind: vpc, cidr: 10.0.0.0/16}}
  subnet:
    kind: vswitch
    for_each: "{{{{ subnets }}}}"
    vpc: network
    zone: cn-hangzhou-h
    cidr: "{{{{ cidrsubnet(network.cidr, 8, each.key | int) }}}}"
  firewall: {{kind: security_group, vpc: network}}
  node:
    kind: instance
    count: {INSTANCES}
    vswitch: subnet
    security_groups: [firewall]
    instance_types: [ecs.g7.large]
    image: aliyun_3_x64_20G_alibase
"""

MIXED = """\
stack: mixed
region: cn-hangzhou
variables:
  nets: {type: list, default: ["0", "1", "2"]}
  subnets: {type: mapping, default: SUBNETS}
  numbers: {type: list, default: ["1", "2", "3", "4", "5"]}
  keys: {type: list, default: KEYS}
resources:
  net: {kind: vpc, for_each: "{{ nets }}", cidr: "10.{{ each.value }}.0.0/16"}
  sub:
    kind: vswitch
    for_each: "{{ subnets }}"
    vpc: "net.{{ each.value }}"
    zone: cn-hangzhou-h
    cidr: "10.{{ each.value }}.{{ each.key | int % 10 }}.0/24"
  wall:
    kind: security_group
    for_each: "{{ subnets }}"
    vpc: "net.{{ each.value }}"
    ingress: [{protocol: tcp, port: [22, 80, 443], from: 10.0.0.0/8}]
  way: {kind: eip, for_each: "{{ nets }}", bandwidth: 5}
  spare: {kind: eip, for_each: "{{ numbers }}", bandwidth: 5}
  key: {kind: key_pair, for_each: "{{ keys }}", public_key: "KEY"}
  out:
    kind: nat_gateway
    for_each: "{{ nets }}"
    vpc: "net.{{ each.value }}"
    vswitch: "sub.{{ each.value }}0"
    eips: "way.{{ each.value }}"
    snat: [{vswitch: "sub.{{ each.value }}0"}, {vswitch: "sub.{{ each.value }}1"}]
  node:
    kind: instance
    for_each: "{{ subnets }}"
    count: 7
    vswitch: "sub.{{ each.key }}"
    security_groups: ["wall.{{ each.key }}"]
    instance_types: [ecs.g7.large]
    image: aliyun_3_x64_20G_alibase
    key_pair: "key.{{ each.key | int % 5 + 1 }}"
"""
MIXED = (
    MIXED.replace("SUBNETS", str({f"{net}{number}": str(net) for net in range(3) for number in range(10)}))
    .replace("KEYS", str([str(number) for number in range(1, 17)]))
    .replace("KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")
)
"""3 VPCs, 30 vSwitches, 30 groups, 8 addresses, 16 key pairs, 3 NAT gateways and 30 fleets of 7 machines: 300."""
