"""The rules of a security group: authorize, revoke, modify, read (sheet network.md 4)."""

import secrets
from collections.abc import Mapping
from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs.rules import EGRESS, INGRESS, Direction, Rule, identity, read_rule
from acsctl.emulator.services.ecs.security_group import ENTERPRISE, SECURITY_GROUP, require_group
from acsctl.emulator.services.paging import by_token

RULES_PER_CALL = 100
DEFAULT_PAGE = 500
_FLAT = ("IpProtocol", "PortRange", "SourcePortRange", "Policy", "Priority", "NicType", "Description")


@action("ecs.AuthorizeSecurityGroup")
def authorize_security_group(call: Call) -> dict[str, Any]:
    return _authorize(call, direction=INGRESS)


@action("ecs.AuthorizeSecurityGroupEgress")
def authorize_security_group_egress(call: Call) -> dict[str, Any]:
    return _authorize(call, direction=EGRESS)


@action("ecs.RevokeSecurityGroup")
def revoke_security_group(call: Call) -> dict[str, Any]:
    return _revoke(call, direction=INGRESS)


@action("ecs.RevokeSecurityGroupEgress")
def revoke_security_group_egress(call: Call) -> dict[str, Any]:
    return _revoke(call, direction=EGRESS)


@action("ecs.ModifySecurityGroupRule")
def modify_security_group_rule(call: Call) -> dict[str, Any]:
    return _modify(call, direction=INGRESS)


@action("ecs.ModifySecurityGroupEgressRule")
def modify_security_group_egress_rule(call: Call) -> dict[str, Any]:
    return _modify(call, direction=EGRESS)


@action("ecs.DescribeSecurityGroupAttribute")
def describe_security_group_attribute(call: Call) -> dict[str, Any]:
    group = next((one for one in call.listed(SECURITY_GROUP) if one.id == call.text("SecurityGroupId")), None)
    if group is None:
        raise ApiError("InvalidSecurityGroupId.NotFound", message="The security group does not exist.")
    direction = call.text("Direction", default="all")
    if direction not in ("all", INGRESS.name, EGRESS.name):
        raise ApiError("InvalidParamter", message="Direction is ingress, egress or all.")
    rows = [one for one in group["Permissions"] if direction in ("all", one["Direction"])]
    size = call.number("MaxResults", default=DEFAULT_PAGE)
    page, token = by_token(call, rows=rows, size=size, mark=lambda rule: str(rule["SecurityGroupRuleId"]))
    return {
        "SecurityGroupId": group.id,
        "RegionId": group.region,
        **group.pick("SecurityGroupName", "Description", "VpcId", "InnerAccessPolicy"),
        "NextToken": token,
        "Permissions": {"Permission": page},
    }


def _authorize(call: Call, *, direction: Direction) -> dict[str, Any]:
    """A rule that is there already is no error and adds nothing."""
    group = require_group(call, id=call.text("SecurityGroupId"))
    wanted = _given_rules(call, direction=direction)
    rules: list[Rule] = list(group["Permissions"])
    known = {identity(one) for one in rules}
    for rule in wanted:
        _check_peer(call, rule=rule, group=group, direction=direction)
        if identity(rule) not in known:
            rules.append(_filled(call, rule=rule))
            known.add(identity(rule))
    _check_limits(call, rules=rules)
    group.set(Permissions=rules)
    return {}


def _revoke(call: Call, *, direction: Direction) -> dict[str, Any]:
    """By id a missing rule is an error, by content it is not."""
    group = require_group(call, id=call.text("SecurityGroupId"))
    ids = [str(one) for one in call.items("SecurityGroupRuleId")]
    rules: list[Rule] = group["Permissions"]
    if ids:
        if call.given("Permissions"):
            raise ApiError("InvalidParamter.Conflict", message="Name rules by id or by content, not both.")
        own = {one["SecurityGroupRuleId"] for one in rules if one["Direction"] == direction.name}
        if len(set(ids)) < len(ids):
            raise ApiError("InvalidParam.SecurityGroupRuleIdRepeated", message="A rule id is given twice.")
        if not own.issuperset(ids) or len(ids) > RULES_PER_CALL:
            raise ApiError("InvalidParam.SecurityGroupRuleId", message="The group has no such rule.", status=400)
        group.set(Permissions=[one for one in rules if one["SecurityGroupRuleId"] not in ids])
        return {}
    unwanted = {identity(one) for one in _given_rules(call, direction=direction)}
    group.set(Permissions=[one for one in rules if identity(one) not in unwanted])
    return {}


def _modify(call: Call, *, direction: Direction) -> dict[str, Any]:
    """By id all but the kind of the peer may change; without one, found by content, the description only."""
    group = require_group(call, id=call.text("SecurityGroupId"))
    rules: list[Rule] = group["Permissions"]
    id_ = call.text("SecurityGroupRuleId")
    old = _rule_to_modify(call, rules=rules, direction=direction)
    new = {**old, **_modified(call, old=old, direction=direction)} if id_ else {**old, "Description": call.text("Description")}
    _check_peer(call, rule=new, group=group, direction=direction)
    if any(identity(one) == identity(new) for one in rules if one is not old):
        raise ApiError(call.published("InvalidParam.InvalidModifyRuleRequest"), message="Another rule says the same.")
    group.set(Permissions=[new if one is old else one for one in rules])
    return {}


def _rule_to_modify(call: Call, *, rules: list[Rule], direction: Direction) -> Rule:
    id_ = call.text("SecurityGroupRuleId")
    if id_:
        found = next((one for one in rules if (one["SecurityGroupRuleId"], one["Direction"]) == (id_, direction.name)), None)
        code = "InvalidSecurityGroupRuleId.NotFound"
    else:
        wanted = identity(read_rule(_flat(call, direction=direction), direction=direction))
        found = next((one for one in rules if identity(one) == wanted), None)
        code = "SecurityGroupRule.NotFound"
    if found is None:
        raise ApiError(code, message="The group has no such rule.", status=404)
    return found


def _modified(call: Call, *, old: Rule, direction: Direction) -> Rule:
    changes = _flat(call, direction=direction)
    given_peers = [name for name in direction.peers if changes.get(name)]
    if any(not old[name] for name in given_peers):
        raise ApiError("InvalidOperation.ModifySgRuleEntityType", message="The kind of a rule's peer cannot change.")
    return read_rule({**old, **changes}, direction=direction)


def _given_rules(call: Call, *, direction: Direction) -> list[Rule]:
    """Of Permissions.N, or the one rule of the old flat parameters. Raises for none, too many, or one twice."""
    given = call.items("Permissions") if call.given("Permissions") else [_flat(call, direction=direction)]
    if not 1 <= len(given) <= RULES_PER_CALL:
        raise ApiError("InvalidParam.Permissions", message=f"A call takes 1 to {RULES_PER_CALL} rules.")
    rules = [read_rule(one, direction=direction) for one in given]
    if len({identity(one) for one in rules}) < len(rules):
        raise ApiError("InvalidParam.DuplicatePermissions", message="A rule is given twice.")
    return rules


def _flat(call: Call, *, direction: Direction) -> Mapping[str, Any]:
    names = (*_FLAT, *direction.peers, f"{direction.other}CidrIp", f"Ipv6{direction.other}CidrIp")
    return {name: call.parameters[name] for name in names if call.text(name)}


def _check_peer(call: Call, *, rule: Rule, group: Resource, direction: Direction) -> None:
    _, _, group_field, prefix_field = direction.peers
    if rule[prefix_field]:
        raise ApiError("InvalidPrefixListId.NotFound", message="The prefix list does not exist.", status=404)
    if not rule[group_field]:
        return
    if group["SecurityGroupType"] == ENTERPRISE:
        raise ApiError("InvalidGroupAuthParameter.OperationDenied", message="An enterprise group has no rules for groups.")
    if rule[group_field] == group.id:
        raise ApiError("InvalidParamter.Conflict", message="A group cannot be the peer of its own rule.", status=403)
    peer = call.find(SECURITY_GROUP, id=rule[group_field])
    if peer is None:
        code = f"Invalid{group_field}.NotFound"
        raise ApiError(code, message=f"The security group {rule[group_field]} does not exist.", status=404)
    if peer["VpcId"] != group["VpcId"]:
        raise ApiError(f"Invalid{group_field}.Mismatch", message="The peer is in another VPC.")


def _check_limits(call: Call, *, rules: list[Rule]) -> None:
    call.within_quota("ecs.rules-per-security-group", used=len(rules) - 1, code="AuthorizationLimitExceed")
    to_groups = sum(1 for one in rules if one.get("SourceGroupId") or one.get("DestGroupId"))
    call.within_quota("ecs.group-rules-per-security-group", used=to_groups - 1, code="AuthorizedGroupRule.LimitExceed")


def _filled(call: Call, *, rule: Rule) -> Rule:
    """With its id and time, ready to be kept."""
    return {**rule, "SecurityGroupRuleId": f"sgr-{secrets.token_hex(10)}", "CreateTime": iso_seconds(call.now)}
