"""Rules of security groups through the real SDK."""

from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as m
from darabonba.exceptions import DaraException

from tests.emulator.conftest import REGION, LocalCloud, code_of
from tests.emulator.ecs.conftest import Net, make_group, make_vpc

SSH: dict[str, Any] = {"ip_protocol": "tcp", "port_range": "22/22", "source_cidr_ip": "10.1.2.3/8"}


def authorize(cloud: LocalCloud, group_id: str, *rules: dict[str, Any]) -> None:
    permissions = [m.AuthorizeSecurityGroupRequestPermissions(**one) for one in rules]
    request = m.AuthorizeSecurityGroupRequest(region_id=REGION, security_group_id=group_id, permissions=permissions)
    cloud.ecs.authorize_security_group(request)


def revoke(cloud: LocalCloud, group_id: str, *rules: dict[str, Any], **parameters: object) -> None:
    permissions = [m.RevokeSecurityGroupRequestPermissions(**one) for one in rules] or None
    request = m.RevokeSecurityGroupRequest(region_id=REGION, security_group_id=group_id, permissions=permissions, **parameters)
    cloud.ecs.revoke_security_group(request)


Rule = m.DescribeSecurityGroupAttributeResponseBodyPermissionsPermission


def rules(cloud: LocalCloud, group_id: str, **parameters: object) -> list[Rule]:
    request = m.DescribeSecurityGroupAttributeRequest(region_id=REGION, security_group_id=group_id, **parameters)
    return cloud.ecs.describe_security_group_attribute(request).body.permissions.permission


def test_a_rule_reads_back_normalised(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, {**SSH, "description": "login"})
    (rule,) = rules(cloud, net.group_id)
    assert rule.security_group_rule_id.startswith("sgr-")
    assert (rule.direction, rule.ip_protocol, rule.port_range, rule.source_cidr_ip) == ("ingress", "TCP", "22/22", "10.0.0.0/8")
    assert (rule.policy, rule.priority, rule.nic_type, rule.description) == ("Accept", "1", "intranet", "login")


def test_the_same_rule_again_adds_nothing(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, SSH)
    authorize(cloud, net.group_id, {**SSH, "ip_protocol": "TCP", "source_cidr_ip": "10.0.0.0/8", "description": "other"})
    (rule,) = rules(cloud, net.group_id)
    assert rule.description == ""


def test_directions_are_apart(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, SSH)
    permission = m.AuthorizeSecurityGroupEgressRequestPermissions(
        ip_protocol="all", port_range="-1/-1", dest_cidr_ip="0.0.0.0/0", policy="drop", priority="100"
    )
    request = m.AuthorizeSecurityGroupEgressRequest(region_id=REGION, security_group_id=net.group_id, permissions=[permission])
    cloud.ecs.authorize_security_group_egress(request)
    assert [one.ip_protocol for one in rules(cloud, net.group_id, direction="ingress")] == ["TCP"]
    (egress,) = rules(cloud, net.group_id, direction="egress")
    assert (egress.ip_protocol, egress.dest_cidr_ip, egress.policy, egress.priority) == ("ALL", "0.0.0.0/0", "Drop", "100")


def test_egress_rules_change_and_go(cloud: LocalCloud, net: Net) -> None:
    rule = {"ip_protocol": "udp", "port_range": "53/53", "dest_cidr_ip": "8.8.8.8/32"}
    group: dict[str, Any] = {"region_id": REGION, "security_group_id": net.group_id}
    permission = m.AuthorizeSecurityGroupEgressRequestPermissions(**rule)
    cloud.ecs.authorize_security_group_egress(m.AuthorizeSecurityGroupEgressRequest(**group, permissions=[permission]))
    id_ = rules(cloud, net.group_id)[0].security_group_rule_id
    change = m.ModifySecurityGroupEgressRuleRequest(**group, security_group_rule_id=id_, **{**rule, "port_range": "5353/5353"})
    cloud.ecs.modify_security_group_egress_rule(change)
    assert rules(cloud, net.group_id)[0].port_range == "5353/5353"
    cloud.ecs.revoke_security_group_egress(m.RevokeSecurityGroupEgressRequest(**group, security_group_rule_id=[id_]))
    assert rules(cloud, net.group_id) == []


def test_flat_parameters_of_old_clients(cloud: LocalCloud, net: Net) -> None:
    request = m.AuthorizeSecurityGroupRequest(
        region_id=REGION, security_group_id=net.group_id, ip_protocol="icmp", port_range="-1/-1", source_cidr_ip="1.2.3.4"
    )
    cloud.ecs.authorize_security_group(request)
    (rule,) = rules(cloud, net.group_id)
    assert (rule.ip_protocol, rule.port_range, rule.source_cidr_ip) == ("ICMP", "-1/-1", "1.2.3.4")
    revoke(cloud, net.group_id, ip_protocol="icmp", port_range="-1/-1", source_cidr_ip="1.2.3.4/32")
    assert rules(cloud, net.group_id) == []


def test_revoke_by_content_and_by_id(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, SSH, {**SSH, "port_range": "80/80"})
    revoke(cloud, net.group_id, SSH)
    revoke(cloud, net.group_id, SSH)
    (rule,) = rules(cloud, net.group_id)
    revoke(cloud, net.group_id, security_group_rule_id=[rule.security_group_rule_id])
    assert rules(cloud, net.group_id) == []
    with pytest.raises(DaraException) as failure:
        revoke(cloud, net.group_id, security_group_rule_id=[rule.security_group_rule_id])
    assert (code_of(failure), failure.value.status_code) == ("InvalidParam.SecurityGroupRuleId", 400)


def test_a_rule_changes_by_id(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, SSH)
    (rule,) = rules(cloud, net.group_id)
    common = {"region_id": REGION, "security_group_id": net.group_id, "security_group_rule_id": rule.security_group_rule_id}
    request = m.ModifySecurityGroupRuleRequest(**common, port_range="2222/2222", source_cidr_ip="11.0.0.0/8", priority="7")
    cloud.ecs.modify_security_group_rule(request)
    (changed,) = rules(cloud, net.group_id)
    assert (changed.port_range, changed.source_cidr_ip, changed.priority) == ("2222/2222", "11.0.0.0/8", "7")
    assert changed.security_group_rule_id == rule.security_group_rule_id
    with pytest.raises(DaraException) as failure:
        cloud.ecs.modify_security_group_rule(m.ModifySecurityGroupRuleRequest(**common, ipv_6source_cidr_ip="2001:db8::/32"))
    assert code_of(failure) == "InvalidOperation.ModifySgRuleEntityType"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ip_protocol": "smtp"}, "InvalidIpProtocol.ValueNotSupported"),
        ({"port_range": "-1/-1"}, "OperationDenied"),
        ({"ip_protocol": "icmp"}, "OperationDenied"),
        ({"port_range": "80"}, "InvalidPortRange.Malformed"),
        ({"port_range": "90/80"}, "InvalidPortRange.Malformed"),
        ({"port_range": "1/65536"}, "InvalidPortRange.Malformed"),
        ({"source_cidr_ip": "10.0.0/8"}, "InvalidSourceCidrIp.Malformed"),
        ({"source_cidr_ip": None}, "MissingParameter.Source"),
        ({"policy": "reject"}, "InvalidPolicy.Malformed"),
        ({"priority": "0"}, "InvalidPriority.ValueNotSupported"),
        ({"priority": "high"}, "InvalidPriority.Malformed"),
        ({"source_cidr_ip": None, "source_group_id": "sg-none"}, "InvalidSourceGroupId.NotFound"),
        ({"source_cidr_ip": None, "source_prefix_list_id": "pl-none"}, "InvalidPrefixListId.NotFound"),
        ({"ip_protocol": "icmpv6", "port_range": "-1/-1"}, "InvalidParam.Ipv6ProtocolConflictWithIpv4Address"),
    ],
)
def test_what_a_rule_cannot_be(cloud: LocalCloud, net: Net, change: dict[str, Any], code: str) -> None:
    with pytest.raises(DaraException) as failure:
        authorize(cloud, net.group_id, {**SSH, **change})
    assert code_of(failure) == code
    assert rules(cloud, net.group_id) == []


def test_groups_as_peers(cloud: LocalCloud, net: Net) -> None:
    peer = make_group(cloud, net.vpc_id)
    from_group = {"ip_protocol": "tcp", "port_range": "1/65535", "source_group_id": peer}
    authorize(cloud, net.group_id, from_group)
    request = m.DescribeSecurityGroupReferencesRequest(region_id=REGION, security_group_id=[peer])
    (found,) = cloud.ecs.describe_security_group_references(request).body.security_group_references.security_group_reference
    referring = found.referencing_security_groups.referencing_security_group
    assert (found.security_group_id, [one.security_group_id for one in referring]) == (peer, [net.group_id])
    with pytest.raises(DaraException) as failure:
        cloud.ecs.delete_security_group(m.DeleteSecurityGroupRequest(region_id=REGION, security_group_id=peer))
    assert code_of(failure) == "DependencyViolation"
    revoke(cloud, net.group_id, from_group)
    cloud.ecs.delete_security_group(m.DeleteSecurityGroupRequest(region_id=REGION, security_group_id=peer))


def test_peers_that_cannot_be(cloud: LocalCloud, net: Net) -> None:
    stranger = make_group(cloud, make_vpc(cloud))
    enterprise = make_group(cloud, net.vpc_id, security_group_type="enterprise")
    cases = [
        (net.group_id, net.group_id, "InvalidParamter.Conflict"),
        (net.group_id, stranger, "InvalidSourceGroupId.Mismatch"),
        (enterprise, net.group_id, "InvalidGroupAuthParameter.OperationDenied"),
    ]
    for group_id, peer, code in cases:
        with pytest.raises(DaraException) as failure:
            authorize(cloud, group_id, {"ip_protocol": "all", "port_range": "-1/-1", "source_group_id": peer})
        assert code_of(failure) == code


def test_limits(cloud: LocalCloud, net: Net) -> None:
    many = [{**SSH, "port_range": f"{port}/{port}"} for port in range(1, 102)]
    with pytest.raises(DaraException) as failure:
        authorize(cloud, net.group_id, *many)
    assert code_of(failure) == "InvalidParam.Permissions"
    with pytest.raises(DaraException) as failure:
        authorize(cloud, net.group_id, SSH, SSH)
    assert code_of(failure) == "InvalidParam.DuplicatePermissions"
    cloud.settings(quotas={"ecs.rules-per-security-group": 3})
    with pytest.raises(DaraException) as failure:
        authorize(cloud, net.group_id, *many[:4])
    assert (code_of(failure), failure.value.status_code) == ("AuthorizationLimitExceed", 403)
    authorize(cloud, net.group_id, *many[:3])


def test_pages_of_rules(cloud: LocalCloud, net: Net) -> None:
    authorize(cloud, net.group_id, *({**SSH, "port_range": f"{port}/{port}"} for port in range(1, 13)))
    request = m.DescribeSecurityGroupAttributeRequest(region_id=REGION, security_group_id=net.group_id, max_results=10)
    body = cloud.ecs.describe_security_group_attribute(request).body
    assert len(body.permissions.permission) == 10
    rest = rules(cloud, net.group_id, max_results=10, next_token=body.next_token)
    assert [one.port_range for one in rest] == ["11/11", "12/12"]
