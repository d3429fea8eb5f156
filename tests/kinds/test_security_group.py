import pytest

from acsctl.errors import WaitedError
from acsctl.kinds.contract import Made, Wait
from acsctl.kinds.security_group import LOOKS, SecurityGroup, read
from acsctl.model.unknown import UNKNOWN
from acsctl.plan import compare
from tests.kinds.door import Door, page, refusal, run, tags, token
from tests.kinds.values import SCOPE, change, items, live, ref, want

GROUP = SecurityGroup()
LIST = "SecurityGroups.SecurityGroup"
ROW = {
    "SecurityGroupId": "sg-1",
    "VpcId": "vpc-1",
    "SecurityGroupName": "shop-firewall",
    "SecurityGroupType": "normal",
    "Description": "",
    "CreationTime": "2026-11-20T10:00:00Z",
    "Tags": tags("security_group.firewall", prefix="Tag"),
}
SSH = {
    "SecurityGroupRuleId": "sgr-1",
    "Direction": "ingress",
    "IpProtocol": "TCP",
    "PortRange": "22/22",
    "SourceCidrIp": "10.0.0.0/8",
    "Policy": "Accept",
    "Priority": "1",
    "NicType": "intranet",
    "Description": "ssh",
}
OUT = {**SSH, "SecurityGroupRuleId": "sgr-2", "Direction": "egress", "SourceCidrIp": "", "DestGroupId": "sg-2"}
LIVE = (live("security_group.firewall", "sg-1", vpc="vpc-1"),)


def attribute(*rows, policy="Accept", **rest):
    return {"InnerAccessPolicy": policy, "Permissions": {"Permission": list(rows)}, "NextToken": "", **rest}


def rule(peer="from", **rest):
    written = {"protocol": "tcp", "port": "22", peer: "10.0.0.0/8", "policy": "accept", "priority": 1, "description": "ssh"}
    return {**written, **rest}


def faults(**spec):
    return [(fault.path, fault.message) for fault in GROUP.schema.check({"vpc": "vpc-1", **spec}, {})]


def test_list_reads_the_rules_with_their_parent():
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW]), "DescribeSecurityGroupAttribute": attribute(SSH, OUT)})
    (item,) = GROUP.list(door, SCOPE)
    assert item.spec == {
        "vpc": "vpc-1",
        "type": "normal",
        "name": "shop-firewall",
        "description": "",
        "inner_access": True,
        "ingress": [rule()],
        "egress": [rule("to", to="sg-2")],
    }
    assert set(item.spec) == set(GROUP.schema.fields)
    assert door.actions == ["DescribeSecurityGroups", "DescribeSecurityGroupAttribute"]


def test_rules_come_in_pages():
    answers = [attribute(SSH, NextToken="more"), attribute(OUT)]
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW]), "DescribeSecurityGroupAttribute": answers})
    (item,) = GROUP.list(door, SCOPE)
    assert len(item.spec["ingress"]) == len(item.spec["egress"]) == 1
    assert door.sent("DescribeSecurityGroupAttribute")[1]["NextToken"] == "more"


def test_a_group_that_went_meanwhile_is_left_out():
    gone = refusal("InvalidSecurityGroupId.NotFound")
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW]), "DescribeSecurityGroupAttribute": gone})
    assert list(GROUP.list(door, SCOPE)) == []


def test_find_by_id():
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW]), "DescribeSecurityGroupAttribute": attribute()})
    assert [item.id for item in GROUP.find(door, SCOPE, {"id": "sg-1"})] == ["sg-1"]
    assert door.sent("DescribeSecurityGroups")[0]["SecurityGroupIds"] == '["sg-1"]'


def test_a_live_rule_is_equal_to_the_written_one():
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW]), "DescribeSecurityGroupAttribute": attribute(SSH, OUT)})
    (item,) = GROUP.list(door, SCOPE)
    written = {
        "vpc": "vpc-1",
        "ingress": [{"protocol": "tcp", "port": 22, "from": ["10.0.0.0/8"], "description": "ssh"}],
        "egress": [{"protocol": "tcp", "port": "22/22", "to": ["sg-2"], "description": "ssh"}],
    }
    fields = GROUP.schema.fields
    assert list(compare.fields(fields, GROUP.schema.normalise(written), have=item.spec, past=compare.Past())) == []
    written["ingress"][0]["port"] = [22, 80]
    (changed,) = compare.fields(fields, GROUP.schema.normalise(written), have=item.spec, past=compare.Past())
    assert [item["port"] for item in changed.added] == ["80"] and changed.removed == ()


def test_normalise_keeps_what_is_not_written_and_not_known():
    assert GROUP.schema.normalise({"vpc": "vpc-1"}) == {"vpc": "vpc-1"}
    itself = ref("security_group.firewall")
    (found,) = GROUP.schema.normalise({"ingress": [{"protocol": "all", "from": [itself]}]})["ingress"]
    assert found["from"] is itself and found["port"] == "all"
    assert GROUP.schema.normalise({"ingress": [{"protocol": "all", "from": [UNKNOWN]}]})["ingress"][0]["from"] is UNKNOWN


def test_create_adds_rules_a_hundred_a_call():
    door = Door({"CreateSecurityGroup": {"SecurityGroupId": "sg-1"}})
    many = [rule(port=str(port)) for port in range(1, 102)]
    wanted = want("security_group.firewall", {"vpc": "vpc-1", "ingress": many, "egress": [rule("to")]})
    assert run(GROUP.create(door, wanted, token)) == [Made(("sg-1",)), Wait(("sg-1",))]
    assert [len(sent["Permissions"]) for sent in door.sent("AuthorizeSecurityGroup")] == [100, 1]
    (egress,) = door.sent("AuthorizeSecurityGroupEgress")
    assert egress["Permissions"][0]["DestCidrIp"] == "10.0.0.0/8"


def test_every_rule_write_has_a_token_of_its_own():
    door = Door({"CreateSecurityGroup": {"SecurityGroupId": "sg-1"}})
    wanted = want("security_group.firewall", {"vpc": "vpc-1", "ingress": [rule()], "egress": [rule("to")]})
    for _ in range(2):
        run(GROUP.create(door, wanted, token))
    tokens = [sent["ClientToken"] for action, sent in door.calls if action.startswith("Authorize")]
    assert len(set(tokens)) == len(tokens) == 4


def test_create_without_inner_access_waits_until_it_reads_back():
    reads = [attribute(policy="Accept"), attribute(policy="Drop")]
    door = Door({"CreateSecurityGroup": {"SecurityGroupId": "sg-1"}, "DescribeSecurityGroupAttribute": reads})
    seen = run(GROUP.create(door, want("security_group.firewall", {"vpc": "vpc-1", "inner_access": False}), token))
    assert seen == [Made(("sg-1",)), Wait(("sg-1",)), Wait(("sg-1",)), Wait(("sg-1",))]
    assert door.sent("ModifySecurityGroupPolicy") == [{"SecurityGroupId": "sg-1", "InnerAccessPolicy": "Drop"}]


def test_a_policy_that_never_reads_back_is_said():
    door = Door({"DescribeSecurityGroupAttribute": attribute(policy="Accept")})
    with pytest.raises(WaitedError, match="sg-1"):
        run(GROUP.update(door, LIVE, change(inner_access=False), token))
    assert len(door.sent("DescribeSecurityGroupAttribute")) == LOOKS


def test_update_adds_before_it_removes():
    door = Door()
    fields = {"ingress": items("ingress", added=(rule(port="80"),), removed=(rule(),))}
    run(GROUP.update(door, LIVE, change(description="d", **fields), token))
    assert door.actions == ["ModifySecurityGroupAttribute", "AuthorizeSecurityGroup", "RevokeSecurityGroup"]
    assert door.sent("RevokeSecurityGroup")[0]["Permissions"][0]["PortRange"] == "22/22"


def test_a_new_description_is_a_modify():
    door = Door({"DescribeSecurityGroupAttribute": attribute(SSH, OUT)})
    fields = {"ingress": items("ingress", added=(rule(description="login"),), removed=(rule(),))}
    run(GROUP.update(door, LIVE, change(**fields), token))
    assert door.actions == ["DescribeSecurityGroupAttribute", "ModifySecurityGroupRule"]
    (sent,) = door.sent("ModifySecurityGroupRule")
    assert (sent["SecurityGroupRuleId"], sent["Description"], sent["PortRange"]) == ("sgr-1", "login", "22/22")


def test_an_egress_description_is_a_modify_of_egress():
    door = Door({"DescribeSecurityGroupAttribute": attribute(SSH, OUT)})
    before, after = rule("to", to="sg-2"), rule("to", to="sg-2", description="login")
    run(GROUP.update(door, LIVE, change(egress=items("egress", added=(after,), removed=(before,))), token))
    assert door.sent("ModifySecurityGroupEgressRule")[0]["SecurityGroupRuleId"] == "sgr-2"


def test_a_description_that_goes_is_a_new_rule():
    door = Door({"DescribeSecurityGroupAttribute": attribute(SSH)})
    fields = {"ingress": items("ingress", added=(rule(description=""),), removed=(rule(),))}
    run(GROUP.update(door, LIVE, change(**fields), token))
    assert door.actions == ["DescribeSecurityGroupAttribute", "RevokeSecurityGroup", "AuthorizeSecurityGroup"]


def test_delete_of_what_is_gone_is_done():
    door = Door({"DeleteSecurityGroup": refusal("InvalidSecurityGroupId.NotFound")})
    assert run(GROUP.delete(door, LIVE, token)) == [Wait(("sg-1",), until="gone")]


def test_ready_is_in_bulk_and_reads_no_rules():
    door = Door({"DescribeSecurityGroups": page(LIST, [ROW])})
    found = GROUP.ready(door, ["sg-1", "sg-2"])
    assert door.actions == ["DescribeSecurityGroups"]
    assert found["sg-1"].state == "ready" and found["sg-2"].absent
    assert read(ROW).spec["type"] == "normal"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"protocol": "tcp", "from": ["10.0.0.0/8"]}, ("ingress", 0)),
        ({"protocol": "tcp", "port": "90-80", "from": ["10.0.0.0/8"]}, ("ingress", 0, "port")),
        ({"protocol": "tcp", "port": [22, 70000], "from": ["10.0.0.0/8"]}, ("ingress", 0, "port", 1)),
        ({"protocol": "tcp", "port": True, "from": ["10.0.0.0/8"]}, ("ingress", 0, "port")),
        ({"protocol": "icmp", "port": 22, "from": ["10.0.0.0/8"]}, ("ingress", 0, "port")),
        ({"protocol": "all", "from": ["10.0.0.0/8", "10.0.0.1/8"]}, ("ingress", 0, "from", 1)),
    ],
)
def test_a_wrong_rule_is_refused_where_it_stands(written, path):
    assert [found for found, _ in faults(ingress=[written])] == [path]


def test_right_rules_are_not_refused():
    right = [
        {"protocol": "tcp", "port": [22, "80-90", "all"], "from": ["10.0.0.0/8", "1.2.3.4", ref("security_group.web")]},
        {"protocol": "icmp", "port": "all", "from": ["0.0.0.0/0"]},
        {"protocol": "tcp", "port": UNKNOWN, "from": [UNKNOWN]},
    ]
    assert faults(ingress=right) == []


def test_rules_that_the_cloud_cannot_tell_apart_are_refused():
    twins = [rule(), rule(port=["22", "80"], description="other")]
    assert faults(ingress=twins) == [(("ingress", 1), "differs from rule 1 of ingress in the description only")]


def test_an_enterprise_group_names_no_groups():
    spec = {"type": "enterprise", "inner_access": True, "egress": [rule("to", to=["sg-2", "10.0.0.0/8"])]}
    assert [path for path, _ in faults(**spec)] == [("inner_access",), ("egress", 0, "to", 0)]


def test_a_replacement_comes_first_in_the_same_vpc():
    assert GROUP.schema.create_first(LIVE[0], {"vpc": "vpc-1"})
    assert not GROUP.schema.create_first(LIVE[0], {"vpc": "vpc-2"})


def test_the_peer_is_a_late_reference_or_a_range():
    reference = GROUP.schema.fields["ingress"].fields["from"].meta.reference
    assert reference.late and reference.also("10.0.0.0/8") and reference.also("1.2.3.4") and not reference.also("web")
    assert "from" in GROUP.schema.json_schema()["$defs"]["IngressSpec"]["properties"]
