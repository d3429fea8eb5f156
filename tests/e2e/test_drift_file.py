"""What `acsctl drift` does with real stack files: comments and expressions, modules and `for_each`, edits beside drift."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lab import Lab
from tests.support.ran import Ran

EXPRESSION = '"{{ words'
THERE = "Change it there yourself."
STACK = """\
stack: shop
region: cn-hangzhou
variables:
  words: {type: string, default: from a variable}
tags: {team: red}
resources:
  # the network
  net:
    kind: vpc      # a VPC
    cidr: 10.0.0.0/16
    description: 'our net'   # ours
    tags:
      # who pays
      cost: "1"   # cent
      gone: soon

  computed: {kind: vpc, cidr: 10.1.0.0/16, description: "{{ words }}"}
  anchored: &base
    kind: vpc
    cidr: 10.2.0.0/16
    description: shared
  merged:
    <<: *base
    cidr: 10.3.0.0/16
  many:
    kind: vpc
    for_each: {a: 10.4.0.0/16, b: 10.5.0.0/16}
    cidr: "{{ each.value }}"
    description: of many

  inner: {kind: security_group, vpc: net}
  firewall:
    kind: security_group
    vpc: net
    ingress:
      # the web
      - {protocol: tcp, port: [80, 443], from: 0.0.0.0/0}   # both
      - protocol: tcp
        port: 22
        from: [10.0.0.0/8, inner]   # ssh
        description: ours
"""


def says(lab: Lab) -> str:
    return (lab.folder / "stack.yaml").read_text()


MODULE = """\
variables:
  home: {type: vpc}
resources:
  inner: {kind: security_group, vpc: home, description: ours}
outputs: {group: "{{ inner }}"}
"""
USES = """\
stack: shop
region: cn-hangzhou
modules:
  used: {source: m, inputs: {home: net}}
resources:
  net: {kind: vpc, cidr: 10.0.0.0/16}
  peer: {kind: security_group, vpc: net}
  web:
    kind: security_group
    vpc: net
    ingress:
      - {protocol: tcp, port: 22, from: used.group}
"""


def at(words: str) -> str:
    """Where some words stand in the stack file."""
    before = STACK[: STACK.index(words)]
    return f":{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}:"


def record(lab: Lab) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (lab.folder / ".acsctl").rglob("*") if path.is_file()}


def vpc(lab: Lab, address: str, **fields: str) -> None:
    lab.behind("vpc", "ModifyVpcAttribute", VpcId=lab.id(address), **fields)


def rule(lab: Lab, action: str, **fields: str) -> None:
    lab.behind("ecs", action, SecurityGroupId=lab.id("security_group.firewall"), IpProtocol="tcp", **fields)


def why(plan: Ran) -> dict[str, str]:
    """The reason of every field that differs."""
    return {f"{change['address']} {field['path']}": field["reason"] for change in plan.changes for field in change["fields"]}


def accept(lab: Lab, *arguments: str, code: int = 0) -> list[str]:
    done = lab.run("drift", "--accept", "--yes", *arguments)
    assert done.code == code, done.text
    return [note.split("stack.yaml")[-1] for note in done.notes]


def test_literals_are_written_and_comments_stay(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    vpc(lab, "vpc.net", Description="it's: #theirs")
    tags = {"ResourceType": "VPC", "ResourceId.1": lab.id("vpc.net")}
    lab.behind("vpc", "TagResources", **tags, **{"Tag.1.Key": "cost", "Tag.1.Value": "2"})
    lab.behind("vpc", "UnTagResources", **tags, **{"TagKey.1": "gone"})
    assert accept(lab) == []
    expected = STACK.replace("'our net'", "'it''s: #theirs'").replace('"1"', '"2"').replace("      gone: soon\n", "")
    assert says(lab) == expected
    lab.still()


def test_what_is_computed_or_shared_is_named_with_its_place(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    for address in ("vpc.computed", "vpc.anchored", "vpc.merged", "vpc.many.a", "vpc.net"):
        vpc(lab, address, Description="theirs")
    tags = {"ResourceType": "VPC", "ResourceId.1": lab.id("vpc.net")}
    lab.behind("vpc", "TagResources", **tags, **{"Tag.1.Key": "team", "Tag.1.Value": "blue"})
    found = accept(lab)
    tag = "it is a tag of the whole stack: Change it there, or write it below `tags` of the block."
    line = STACK[: STACK.index("<<")].count("\n") + 1
    anchored = f"it is anchored as &base, and line {line} uses it too"
    assert sorted(found) == sorted(
        [
            f"{at('red}')} vpc.net tags.team is not written: {tag}",
            f"{at(EXPRESSION)} vpc.computed description is not written: an expression computes it: {THERE}",
            f"{at('&base')} vpc.anchored description is not written: {anchored}: {THERE}",
            f"{at('<<')} vpc.merged description is not written: 'description' comes from elsewhere by `<<`: {THERE}",
            f"{at('many:')} vpc.many.a description is not written: the block makes several resources (`for_each`): {THERE}",
        ]
    )
    assert says(lab) == STACK.replace("'our net'", "'theirs'")
    before = says(lab)
    assert len(accept(lab, "vpc.computed", code=5)) == 1
    assert says(lab) == before


def test_rules_are_taken_over_item_by_item(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    rule(lab, "RevokeSecurityGroup", PortRange="80/80", SourceCidrIp="0.0.0.0/0")
    rule(lab, "AuthorizeSecurityGroup", PortRange="8080/8090", SourceGroupId=lab.id("security_group.inner"), Priority="3")
    assert accept(lab) == []
    ours = "      - {protocol: tcp, port: [80, 443], from: 0.0.0.0/0}   # both\n"
    new = '      - {protocol: tcp, port: "8080-8090", from: inner, priority: 3}\n'
    assert says(lab) == STACK.replace(ours, ours.replace("[80, 443]", "443")) + new
    lab.still()


def test_a_rule_that_somebody_described_is_changed_in_place(lab: Lab) -> None:
    one = STACK.replace("[10.0.0.0/8, inner]", "10.0.0.0/8")
    lab.write(one)
    lab.apply()
    rule(lab, "ModifySecurityGroupRule", PortRange="22/22", SourceCidrIp="10.0.0.0/8", Description="theirs")
    assert accept(lab) == []
    assert says(lab) == one.replace("description: ours", "description: theirs")
    lab.still()


def test_what_both_changed_is_accepted_over_the_edit(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    vpc(lab, "vpc.net", Description="theirs")
    lab.write(STACK.replace("our net", "my edit"))
    (row,) = lab.run("drift").of("resource_drift")
    assert (row["reason"], row["fields"][0]["before"], row["fields"][0]["after"]) == ("both", "my edit", "theirs")
    assert accept(lab) == []
    assert says(lab) == STACK.replace("our net", "theirs")


def test_what_modules_make_and_give_is_named(lab: Lab) -> None:
    lab.write(MODULE, "m/stack.yaml")
    lab.write(USES)
    lab.apply()
    inner, web = lab.id("security_group.used.inner"), lab.id("security_group.web")
    lab.behind("ecs", "ModifySecurityGroupAttribute", SecurityGroupId=inner, Description="theirs")
    source = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceGroupId": inner}
    lab.behind("ecs", "RevokeSecurityGroup", SecurityGroupId=web, **source)
    made, given = sorted(lab.run("drift", "--accept", "--yes").notes, key=lambda note: "web ingress" in note)
    assert "4:3: security_group.used.inner description is not written: it is in a module" in made
    assert "stack.yaml:12:41: security_group.web ingress is not written: used.group is a variable or a module's" in given
    assert says(lab) == USES


def test_the_record_learns_what_was_accepted_from_an_apply_that_has_nothing_to_do(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    vpc(lab, "vpc.net", Description="theirs")
    accept(lab)
    assert lab.run("apply", "--yes").actions == []
    lab.write(says(lab).replace("'theirs'", "mine"))
    assert lab.plan().only["reason"] == "edit"


def test_without_a_record_the_reason_is_unknown_and_nothing_is_accepted(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    lab.forget()
    vpc(lab, "vpc.net", Description="theirs")
    shown = lab.run("drift", "--detailed-exitcode")
    assert (shown.code, shown.of("resource_drift")) == (0, [])
    assert [row["address"] for row in shown.of("resource_unexplained")] == ["vpc.net"]
    done = lab.run("drift", "--accept", "--yes")
    assert done.code == 5 and "acsctl apply" in done.errors[0]
    assert says(lab) == STACK


def test_what_is_gone_is_drift_and_is_named(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    id = lab.id("vpc.computed")
    lab.behind("vpc", "DeleteVpc", VpcId=id)
    shown = lab.run("drift", "--detailed-exitcode")
    (row,) = shown.of("resource_drift")
    assert (shown.code, row["address"], row["action"], row["ids"]) == (2, "vpc.computed", "delete", [id])
    assert "gone from the cloud: Remove the block yourself" in accept(lab, code=5)[0]
    done = lab.run("drift", "--revert", "--yes")
    assert (done.code, done.actions) == (0, ["create vpc.computed"]), done.text
    lab.still()


def test_revert_leaves_edits_of_the_file_alone(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    vpc(lab, "vpc.net", Description="theirs")
    edited = STACK.replace('cost: "1"', 'cost: "3"').replace("      gone: soon\n", "")
    edited = edited.replace("from a variable", "edited").replace("port: 22", "port: 2222")
    lab.write(edited + "  more: {kind: vpc, cidr: 10.9.0.0/16}\n")
    reasons = why(lab.plan())
    assert reasons["vpc.net description"] == "drift" and reasons["vpc.net tags.cost"] == reasons["vpc.net tags.gone"] == "edit"
    done = lab.run("drift", "--revert", "--yes")
    assert (done.code, done.actions) == (0, ["update vpc.net"]), done.text
    assert set(done.paths("vpc.net")) == {"description"}
    thing = lab.thing("vpc.net")
    assert (thing["spec"]["description"], thing["tags"]) == ("our net", {"team": "red", "cost": "1", "gone": "soon"})
    left = lab.plan()
    assert why(left) == {name: reason for name, reason in reasons.items() if reason == "edit"}
    assert "create vpc.more" in left.actions
    lab.apply()


def test_what_follows_from_a_drift_is_reverted_with_it(lab: Lab) -> None:
    """The gateway loses the address that is made anew, though the file says of it what it said."""
    network = {"net": {"kind": "vpc", "cidr": "10.0.0.0/16"}}
    subnet = {"a": {"kind": "vswitch", "vpc": "net", "zone": "cn-hangzhou-h", "cidr": "10.0.1.0/24"}}
    gateway = {"kind": "nat_gateway", "vpc": "net", "vswitch": "a", "eips": ["one", "two"]}
    lab.stack({**network, **subnet, "one": {"kind": "eip"}, "two": {"kind": "eip"}, "out": gateway})
    lab.apply()
    id = lab.id("eip.one")
    lab.behind("vpc", "UnassociateEipAddress", AllocationId=id)
    lab.behind("vpc", "ReleaseEipAddress", AllocationId=id)
    shown = lab.run("drift").of("resource_drift")
    assert [(row["address"], row["action"]) for row in shown] == [("eip.one", "delete"), ("nat_gateway.out", "update")]
    done = lab.run("drift", "--revert", "--yes")
    assert (done.code, done.actions) == (0, ["create eip.one", "update nat_gateway.out"]), done.text
    lab.still()


def test_a_secret_beside_what_is_written_is_not_shown(lab: Lab) -> None:
    variable = "variables:\n  word: {type: string, secret: true, default: hunter2-canary}\n"
    lab.write(
        "stack: shop\nregion: cn-hangzhou\nresources:\n  net: {kind: vpc, cidr: 10.0.0.0/16, description: ours}\n" + variable
    )
    lab.apply()
    vpc(lab, "vpc.net", Description="theirs")
    done = lab.run("drift", "--accept", "--yes")
    assert done.code == 0 and "description: theirs" in done.text and "default: (secret)" in done.text
    assert "hunter2" not in done.text and "hunter2-canary" in says(lab)


def test_an_address_that_somebody_mistyped(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    done = lab.run("drift", "vpc.nett")
    assert done.code == 3 and "Did you mean 'vpc.net'?" in done.errors[0]


@pytest.mark.parametrize("flag", ["--accept", "--revert"])
def test_nobody_is_there_to_be_asked(lab: Lab, flag: str) -> None:
    lab.write(STACK)
    lab.apply()
    vpc(lab, "vpc.net", Description="theirs")
    line = [sys.executable, "-m", "acsctl", "drift", flag, "-f", str(lab.folder), "--cloud", lab.address]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 10, done.stdout + done.stderr
    assert says(lab) == STACK and lab.thing("vpc.net")["spec"]["description"] == "theirs"
    shown = done.stdout
    assert ("+    description: 'theirs'   # ours" in shown) == (flag == "--accept"), shown


def test_as_a_process_of_its_own(lab: Lab) -> None:
    lab.write(STACK)
    lab.apply()
    assert lab.process("drift", "--detailed-exitcode").code == 0
    vpc(lab, "vpc.net", Description="theirs")
    before = record(lab), lab.world(), says(lab)
    assert lab.process("drift", "--detailed-exitcode", "vpc.net").code == 2
    assert (record(lab), lab.world(), says(lab)) == before
    assert lab.process("drift", "--accept", "--yes").code == 0
    assert lab.process("plan", "--detailed-exitcode").code == 0
