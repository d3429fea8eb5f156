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
