"""`security_group`: a group of instances and the rules for their traffic (API CreateSecurityGroup; sheet network.md 4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from acsctl.cloud import Cloud, Listing, Style, dicts, dig, is_absent, list_all
from acsctl.errors import CloudError, WaitedError
from acsctl.kinds import group_checks, marks, rules, targets
from acsctl.kinds.contract import Kind, Made, Poll, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.change import FieldChange
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.types import EcsDescription, EcsName, Target, is_cidr

LISTING = Listing(
    "ecs",
    "DescribeSecurityGroups",
    items="SecurityGroups.SecurityGroup",
    key=("SecurityGroupId",),
    style=Style.TOKEN,
    size=100,
)
IDS_A_CALL = 100
RULES_A_CALL = 100
RULES_A_PAGE = 1000
LOOKS = 20
POLICIES = {True: "Accept", False: "Drop"}
ACTIONS = {
    "ingress": ("AuthorizeSecurityGroup", "RevokeSecurityGroup", "ModifySecurityGroupRule"),
    "egress": ("AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress", "ModifySecurityGroupEgressRule"),
}
"""By direction: the actions that add, remove and describe rules."""

# A group that names itself is left to the cloud: its list of errors refuses that (InvalidParamter.Conflict); unconfirmed.
PEER = Reference(("security_group",), targets.GROUP_ID, late=True, also=is_cidr)
_PORT = {"type": ["integer", "string"], "examples": [22, "80-90", "all"]}
Ports = Annotated[Any, WithJsonSchema({"anyOf": [_PORT, {"type": "array", "items": _PORT}]})]
Protocol = Literal["tcp", "udp", "icmp", "gre", "all"]
Policy = Literal["accept", "drop"]


class RuleSpec(SpecModel):
    """What both directions have."""

    protocol: Protocol = attr(..., doc="tcp, udp, icmp, gre or all")
    port: Ports = attr(doc='22, "80-90", "all" or a list of them; tcp and udp need it')
    policy: Policy = attr("accept", doc="accept or drop; of rules with equal priority drop wins")
    priority: int = attr(1, doc="1 (first) to 100", ge=1, le=100)
    description: str = attr("", doc="up to 512 characters", max_length=512)


class IngressSpec(RuleSpec):
    """A rule for what comes in; lists of ports and sources are multiplied out."""

    from_: list[Target] = attr(..., doc="ranges, single addresses or groups", meta=Meta(reference=PEER), alias="from")


class EgressSpec(RuleSpec):
    """A rule for what goes out; lists of ports and destinations are multiplied out."""

    to: list[Target] = attr(..., doc="ranges, single addresses or groups", meta=Meta(reference=PEER))


class SecurityGroupSpec(SpecModel):
    """A group of instances and the rules for their traffic."""

    vpc: Target = attr(..., doc="the VPC it belongs to", meta=Meta(immutable=True, reference=targets.VPC))
    type: Literal["normal", "enterprise"] = attr(doc="normal where none is written", meta=Meta(immutable=True))
    name: EcsName = attr(doc="its name; `<stack>-<name>` where none is written")
    description: EcsDescription = attr(doc="2 to 256 characters", meta=Meta(reset=""), max_length=256)
    inner_access: bool = attr(doc="whether members reach each other without a rule; only a normal group can change it")
    ingress: list[IngressSpec] = attr(doc="rules for what comes in: nothing does without one", meta=Meta(as_set=True, reset=[]))
    egress: list[EgressSpec] = attr(
        doc="rules for what goes out: everything does without one", meta=Meta(as_set=True, reset=[])
    )


def normalise(spec: Spec) -> Spec:
    """Single rules in canonical form."""
    found = {
        direction: rules.expand(spec[direction], peer=peer) for direction, peer in rules.PEERS.items() if direction in spec
    }
    return {**spec, **found}


def create_first(live: Live, spec: Spec) -> bool:
    """A group's name need not be unique: a new one can stand beside the old one in the same VPC."""
    return bool(live.spec["vpc"] == spec["vpc"])


class SecurityGroup(Kind):
    """See the module."""

    schema = Schema(
        kind="security_group",
        model=SecurityGroupSpec,
        doc="a group of instances and the rules for their traffic",
        outputs={},
        ids=targets.GROUP_ID,
        durations={"create": 2, "update": 2, "delete": 2},
        check=group_checks.check,
        normalise=normalise,
        create_first=create_first,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=1, every=2)
    hides = ("ecs", "DescribeSecurityGroups")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """100 a page, by tag, and one call per group for its rules."""
        rows = list_all(cloud, LISTING, {"RegionId": cloud.region, "Tag": marks.owned(scope.stack)})
        return _with_rules(cloud, marks.ours("security_group", scope.stack, map(read, rows)))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `vpc`, `type`."""
        params = {
            "SecurityGroupIds": json.dumps([query["id"]]) if "id" in query else None,
            "SecurityGroupName": query.get("name"),
            "SecurityGroupType": query.get("type"),
            "VpcId": query.get("vpc"),
            "Tag": marks.pairs(query.get("tags", {})),
        }
        return _with_rules(cloud, map(read, list_all(cloud, LISTING, {"RegionId": cloud.region, **params})))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateSecurityGroup answers when it is done; then its policy and its rules."""
        params = {
            "RegionId": cloud.region,
            "VpcId": want.spec["vpc"],
            "SecurityGroupName": want.name,
            "SecurityGroupType": want.spec.get("type"),
            "Description": want.spec.get("description") or None,
            "Tag": marks.pairs(want.all_tags),
            "ClientToken": token(),
        }
        group = dig(cloud.call("ecs", "CreateSecurityGroup", params), "SecurityGroupId", str)
        yield Made((group,))
        yield Wait((group,))
        # Accept is what a normal group has from the start; an enterprise group has Drop, and cannot change it.
        if want.spec.get("inner_access") is False and want.spec.get("type") != "enterprise":
            yield from _inner_access(cloud, group, allowed=False)
        for direction in rules.PEERS:
            _send(cloud, ACTIONS[direction][0], group=group, items=want.spec.get(direction) or ())

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Name and description in one call, the policy, and per direction what is added, described anew and removed."""
        (group,) = lives
        marks.write_tags(cloud, "ecs", "securitygroup", ids=[group.id], change=change)
        if change.changes("name", "description"):
            # That an empty description is accepted here is unconfirmed: at creation it has 2 to 256 characters.
            params = {"SecurityGroupName": marks.after(change, "name"), "Description": marks.after(change, "description")}
            cloud.call("ecs", "ModifySecurityGroupAttribute", {**_of(cloud, group.id), **params})
        if change.changes("inner_access"):
            yield from _inner_access(cloud, group.id, allowed=bool(marks.after(change, "inner_access")))
        for direction in rules.PEERS:
            if direction in change.fields:
                _rewrite(cloud, direction, group=group.id, field=change.fields[direction])

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """DeleteSecurityGroup takes its rules along; rules of other groups that name it are gone before."""
        (group,) = lives
        marks.gone_is_done(cloud, "ecs", "DeleteSecurityGroup", _of(cloud, group.id))
        yield Wait((group.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """100 ids a call."""
        lives = {
            group.id: group
            for batch in marks.batches(ids, size=IDS_A_CALL)
            for group in map(read, list_all(cloud, LISTING, {"RegionId": cloud.region, "SecurityGroupIds": json.dumps(batch)}))
        }
        return marks.readiness(ids, lives)


def _of(cloud: Cloud, group: str) -> dict[str, Any]:
    return {"RegionId": cloud.region, "SecurityGroupId": group}


def _with_rules(cloud: Cloud, groups: Iterable[Live]) -> Iterator[Live]:
    for group in groups:
        try:
            policy, rows = _attribute(cloud, group.id)
        except CloudError as error:
            if not is_absent(error):
                raise
            continue  # it went between the list and this call
        yield with_rules(group, policy=policy, rows=rows)


def _attribute(cloud: Cloud, group: str) -> tuple[str, list[dict[str, Any]]]:
    """InnerAccessPolicy and the rules, nearly always in one page."""
    rows: list[dict[str, Any]] = []
    page: str | None = None
    while True:
        params = {"Direction": "all", "NicType": "intranet", "MaxResults": RULES_A_PAGE, "NextToken": page}
        answer = cloud.call("ecs", "DescribeSecurityGroupAttribute", {**_of(cloud, group), **params})
        rows += dicts(answer, "Permissions.Permission")
        page = answer.get("NextToken") or None
        if not page:
            return dig(answer, "InnerAccessPolicy", str), rows


def _inner_access(cloud: Cloud, group: str, *, allowed: bool) -> Steps:
    """ModifySecurityGroupPolicy is asynchronous and no status tells its end: it is read back (sheet network.md 4).

    Raises WaitedError.
    """
    policy = POLICIES[allowed]
    cloud.call("ecs", "ModifySecurityGroupPolicy", {**_of(cloud, group), "InnerAccessPolicy": policy})
    for _ in range(LOOKS):
        yield Wait((group,))
        if _attribute(cloud, group)[0].lower() == policy.lower():
            return
    raise WaitedError(f"{group} does not show its new inner access policy {policy} yet", remedy="Run it again.")


def _rewrite(cloud: Cloud, direction: str, *, group: str, field: FieldChange) -> None:
    """Add before removing, so that what both allow goes on; a rule that only has a new description is modified.

    The cloud ignores an added rule that is there already, description and all, so such a rule is never added.
    """
    authorize, revoke, modify = ACTIONS[direction]
    old = {rules.identity(rule): rule for rule in field.removed}
    described = [rule for rule in field.added if rules.identity(rule) in old]
    kept = {rules.identity(rule) for rule in described}
    _send(cloud, authorize, group=group, items=[rule for rule in field.added if rules.identity(rule) not in kept])
    ids = _rule_ids(cloud, group, direction=direction) if described else {}
    for rule in described:
        id = ids.get(rules.identity(rule))
        if id and rule["description"]:
            cloud.call("ecs", modify, {**_of(cloud, group), "SecurityGroupRuleId": id, **rules.permission(rule)})
        else:  # a description cannot be cleared
            _send(cloud, revoke, group=group, items=[rule])
            _send(cloud, authorize, group=group, items=[rule])
    _send(cloud, revoke, group=group, items=[rule for key, rule in old.items() if key not in kept])


def _rule_ids(cloud: Cloud, group: str, *, direction: str) -> dict[tuple[tuple[str, Any], ...], str]:
    rows = ((rules.read(row), row) for row in _attribute(cloud, group)[1])
    return {rules.identity(rule): row["SecurityGroupRuleId"] for (side, rule), row in rows if side == direction}


def _send(cloud: Cloud, action: str, *, group: str, items: Sequence[rules.Rule]) -> None:
    """Authorize or revoke by content, 100 rules a call: what is there already, or already gone, is success."""
    for start in range(0, len(items), RULES_A_CALL):
        permissions = [rules.permission(rule) for rule in items[start : start + RULES_A_CALL]]
        cloud.call("ecs", action, {**_of(cloud, group), "Permissions": permissions, "ClientToken": marks.once()})


def with_rules(group: Live, *, policy: str, rows: Iterable[Mapping[str, Any]]) -> Live:
    """`group` with what only DescribeSecurityGroupAttribute tells."""
    found = [rules.read(row) for row in rows]
    listed = {direction: [rule for side, rule in found if side == direction] for direction in rules.PEERS}
    return marks.with_spec(group, {"inner_access": policy.lower() == "accept", **listed})


def read(row: Mapping[str, Any]) -> Live:
    """A row of DescribeSecurityGroups in the shape of the schema, without rules."""
    return marks.live(
        "security_group",
        dig(row, "SecurityGroupId", str),
        spec={
            "vpc": row.get("VpcId", ""),
            "type": row.get("SecurityGroupType", "normal"),
            "name": row.get("SecurityGroupName", ""),
            "description": row.get("Description", ""),
        },
        tags=marks.read_tags(row),
        created=row.get("CreationTime", ""),
        name=row.get("SecurityGroupName", ""),
    )
