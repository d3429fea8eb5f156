"""Security groups themselves (sheet network.md 4); their rules are in security_group_rule.py."""

from typing import Any

from acsctl.emulator.actions import action
from acsctl.emulator.call import Call
from acsctl.emulator.clock import iso_seconds
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.dependencies import blocks, check_deletable
from acsctl.emulator.services.ecs.checks import check_description, check_name, equals, json_ids, paged
from acsctl.emulator.services.network import VPC, in_vpc
from acsctl.emulator.services.tagging import read_tags, tag_filter, tag_key_value

SECURITY_GROUP = declare("security_group", prefix="sg-", arn=("ecs", "securitygroup"))
POLICY_CHANGING = 1.0  # cloud seconds until InnerAccessPolicy reads back, sheet network.md 4 (asynchronous)
NORMAL, ENTERPRISE = "normal", "enterprise"
PEERS = ("SourceGroupId", "DestGroupId")


@action("ecs.CreateSecurityGroup")
def create_security_group(call: Call) -> dict[str, Any]:
    _check_texts(call)
    kind = call.text("SecurityGroupType", default=NORMAL)
    if kind not in (NORMAL, ENTERPRISE):
        raise ApiError("InvalidParams.GroupType", message="A security group is normal or enterprise.")
    tags = read_tags(call)
    vpc = _vpc(call)
    call.within_quota("ecs.security-groups", used=len(call.all(SECURITY_GROUP)), code="QuotaExceed.SecurityGroup")
    group = call.create(
        SECURITY_GROUP,
        attributes={
            "VpcId": vpc.id,
            "SecurityGroupName": call.text("SecurityGroupName"),
            "Description": call.text("Description"),
            "SecurityGroupType": kind,
            "ResourceGroupId": call.text("ResourceGroupId"),
            "InnerAccessPolicy": "Accept" if kind == NORMAL else "Drop",
            "Permissions": [],
        },
        tags=tags,
    )
    return {"SecurityGroupId": group.id}


@action("ecs.DescribeSecurityGroups")
def describe_security_groups(call: Call) -> dict[str, Any]:
    ids = json_ids(call, name="SecurityGroupIds", codes=["InvalidSecurityGroupIds.Malformed"])
    if call.text("SecurityGroupId"):
        ids = [*(ids or []), call.text("SecurityGroupId")]
    call.end_dry_run()
    matches, same = tag_filter(call), equals(call, "VpcId", "SecurityGroupType", "ResourceGroupId")
    name = call.text("SecurityGroupName")
    fuzzy = call.flag("FuzzyQuery")
    rows = [
        one
        for one in call.listed(SECURITY_GROUP)
        if (ids is None or one.id in ids)
        and same(one)
        and matches(one)
        and (not name or name == one["SecurityGroupName"] or (fuzzy and name.strip("*") in one["SecurityGroupName"]))
        and not call.flag("ServiceManaged")
        and call.text("NetworkType") != "classic"
    ]
    page, counts = paged(call, rows=sorted(rows, key=lambda one: one.id, reverse=True))
    return {"RegionId": call.scope.region, "SecurityGroups": {"SecurityGroup": [_summary(one) for one in page]}, **counts}


@action("ecs.ModifySecurityGroupAttribute")
def modify_security_group_attribute(call: Call) -> dict[str, Any]:
    group = require_group(call, id=call.text("SecurityGroupId"))
    _check_texts(call)
    group.set(**{name: call.text(name) for name in ("SecurityGroupName", "Description") if call.given(name)})
    return {}


@action("ecs.ModifySecurityGroupPolicy")
def modify_security_group_policy(call: Call) -> dict[str, Any]:
    group = require_group(call, id=call.text("SecurityGroupId"))
    policy = call.text("InnerAccessPolicy").capitalize()
    if policy not in ("Accept", "Drop"):
        raise ApiError("InvalidPolicy.Malformed", message="InnerAccessPolicy is Accept or Drop.")
    if group["SecurityGroupType"] == ENTERPRISE:
        raise ApiError("InvalidParameter.InnerAccessPolicy", message="That of an enterprise group is Drop.")
    group.later(POLICY_CHANGING, InnerAccessPolicy=policy)
    return {}


@action("ecs.DescribeSecurityGroupReferences")
def describe_security_group_references(call: Call) -> dict[str, Any]:
    groups = [require_group(call, id=str(one)) for one in call.items("SecurityGroupId")]
    rows: list[dict[str, Any]] = []
    for group in groups:
        referring = [{"AliUid": one.account, "SecurityGroupId": one.id} for one in referring_groups(call, id=group.id)]
        if referring:
            rows.append({"SecurityGroupId": group.id, "ReferencingSecurityGroups": {"ReferencingSecurityGroup": referring}})
    return {"SecurityGroupReferences": {"SecurityGroupReference": rows}}


@action("ecs.DeleteSecurityGroup")
def delete_security_group(call: Call) -> dict[str, Any]:
    group = require_group(call, id=call.text("SecurityGroupId"))
    check_deletable(call, resource=group)
    if any(one.id != group.id for one in referring_groups(call, id=group.id)):
        raise ApiError("DependencyViolation", message="A rule of another security group refers to it.")
    group.remove()
    return {}


def require_group(call: Call, *, id: str) -> Resource:
    """The security group of an id. Raises InvalidSecurityGroupId.NotFound, when deleting InvalidSecurityGroup.NotFound."""
    group = call.find(SECURITY_GROUP, id=id)
    if group is None:
        code = (
            "InvalidSecurityGroup.NotFound" if call.action.name == "DeleteSecurityGroup" else "InvalidSecurityGroupId.NotFound"
        )
        raise ApiError(code, message=f"The security group {id} does not exist.")
    return group


def referring_groups(call: Call, *, id: str) -> list[Resource]:
    """The groups that have a rule whose peer is this group."""
    return [
        one for one in call.all(SECURITY_GROUP) if any(rule.get(peer) == id for rule in one["Permissions"] for peer in PEERS)
    ]


@blocks(VPC)
def groups_block_vpc(call: Call, *, resource: Resource) -> None:
    if in_vpc(call, kind=SECURITY_GROUP, vpc_id=resource.id):
        raise ApiError("DependencyViolation.SecurityGroup", message="The VPC still has security groups.", status=400)


def _vpc(call: Call) -> Resource:
    if not call.text("VpcId"):
        raise ApiError("MissingParameter.VpcId", message="VpcId is mandatory: there is no classic network.")
    vpc = call.find(VPC, id=call.text("VpcId"))
    if vpc is None:
        raise ApiError("InvalidVpcId.NotFound", message=f"The VPC {call.text('VpcId')} does not exist.")
    if vpc["Status"] != "Available":
        raise ApiError("IncorrectVpcStatus", message=f"The VPC {vpc.id} is {vpc['Status']}.")
    return vpc


def _check_texts(call: Call) -> None:
    check_name(call.text("SecurityGroupName"), code="InvalidSecurityGroupName.Malformed")
    check_description(call.text("Description"), code="InvalidSecurityGroupDiscription.Malformed")


def _summary(group: Resource) -> dict[str, Any]:
    rules = group["Permissions"]
    return {
        "SecurityGroupId": group.id,
        "CreationTime": iso_seconds(group.created),
        **group.pick("SecurityGroupName", "Description", "VpcId", "SecurityGroupType", "ResourceGroupId"),
        "ServiceManaged": False,
        "RuleCount": len(rules),
        "GroupToGroupRuleCount": sum(1 for rule in rules if any(rule.get(peer) for peer in PEERS)),
        "Tags": tag_key_value(group),
    }
