"""What nobody can know for sure: two live things at one address, a lost record, a run that was cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.network_cases import OTHER_KEY
from tests.e2e.stacks import IMAGE, ZONES
from tests.scenarios.everything import RESOURCES, some, write
from tests.support.lab import Lab

PLACE = {"ZoneId": ZONES[0], "CidrBlock": "10.0.9.0/24"}
LAUNCH = {"ImageId": f"{IMAGE}_20260828.vhd", "InstanceType": "ecs.g7.xlarge"}


def marks(address: str) -> dict[str, str]:
    """Our tags, as another machine's run has left them."""
    pairs = {"acsctl:stack": "shop", "acsctl:address": address}
    rows = enumerate(pairs.items(), 1)
    return {name: text for n, (key, value) in rows for name, text in ((f"Tag.{n}.Key", key), (f"Tag.{n}.Value", value))}


def again(lab: Lab, name: str) -> str:
    """A second thing at the address of a block, made through the old SDK with the same tags; its id."""
    net, sub, tags = lab.id("vpc.net"), lab.id("vswitch.sub"), marks(f"{RESOURCES[name]['kind']}.{name}")
    calls: dict[str, tuple[str, str, dict[str, Any], str]] = {
        "net": ("vpc", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, "VpcId"),
        "sub": ("vpc", "CreateVSwitch", {**PLACE, "VpcId": net}, "VSwitchId"),
        "wall": ("ecs", "CreateSecurityGroup", {"VpcId": net}, "SecurityGroupId"),
        "key": ("ecs", "ImportKeyPair", {"KeyPairName": "another", "PublicKeyBody": OTHER_KEY}, "KeyPairName"),
        "way": ("vpc", "AllocateEipAddress", {}, "AllocationId"),
        "out": ("vpc", "CreateNatGateway", {"VpcId": net, "VSwitchId": sub, "NatType": "Enhanced"}, "NatGatewayId"),
    }
    product, action, fields, key = calls[name]
    return str(lab.behind(product, action, **fields, **tags)[key])


NAMES = ("net", "sub", "wall", "key", "way", "out")


@pytest.mark.parametrize("name", NAMES)
def test_of_two_the_one_that_others_refer_to_stays_else_the_older(lab: Lab, name: str) -> None:
    write(lab, some(NAMES))
    lab.apply()
    address = f"{RESOURCES[name]['kind']}.{name}"
    first, second = lab.id(address), again(lab, name)
    change = lab.plan().only
    assert (change["action"], change["address"], change["ids"], change["note"]) == ("delete", address, [second], "double")
    lab.apply()
    assert lab.id(address) == first


TAGS = [{"key": "acsctl:stack", "value": "shop"}]


def another_machine(lab: Lab) -> str:
    """A second machine with the number of the first."""
    where = {"VSwitchId": lab.id("vswitch.sub"), "SecurityGroupId": lab.id("security_group.wall"), **LAUNCH}
    answer = lab.behind("ecs", "RunInstances", InstanceName="shop-node-001", **where, **marks("instance.node"))
    return str(answer["InstanceIdSets"]["InstanceIdSet"][0])


def another_cluster(lab: Lab) -> str:
    """A second cluster, as a killed run may leave one whose token the cloud has forgotten."""
    body = {
        "name": "shop-kube",
        "cluster_type": "ManagedKubernetes",
        "cluster_spec": "ack.pro.small",
        "region_id": "cn-hangzhou",
        "vpcid": lab.id("vpc.net"),
        "vswitch_ids": [lab.id("vswitch.sub")],
        "security_group_id": lab.id("security_group.wall"),
        "container_cidr": "172.24.0.0/16",
        "service_cidr": "172.25.0.0/20",
        "node_cidr_mask": "25",
        "snat_entry": False,
        "endpoint_public_access": True,
        "addons": [{"name": "flannel"}],
        "tags": [*TAGS, {"key": "acsctl:address", "value": "cluster.kube"}],
    }
    made = str(lab.client.roa("cs", "POST", "/clusters", body)["cluster_id"])
    lab.settle(3600)
    return made


@pytest.mark.long
@pytest.mark.parametrize(("address", "make"), [("instance.node.1", another_machine), ("cluster.kube", another_cluster)])
def test_a_double_of_a_machine_and_of_a_cluster(whole: Lab, address: str, make: Callable[[Lab], str]) -> None:
    first, second = whole.id(address), make(whole)
    change = whole.plan().only
    assert (change["action"], change["ids"], change["note"]) == ("delete", [second], "double")
    whole.apply()
    assert whole.id(address) == first
    whole.still()


@pytest.mark.parametrize("lost", ["", "record"], ids=["record", "no-record"])
def test_a_double_of_what_the_file_does_not_name_is_left_standing(lab: Lab, lost: str) -> None:
    """It is destroyed only on the word of the file, of the record, or of the user."""
    write(lab, some(NAMES))
    lab.apply()
    second = again(lab, "way")
    write(lab, some(("net", "sub", "wall", "key")))
    if lost:
        lab.forget()
    plan = lab.plan()
    gone = [id for change in plan.changes for id in change["ids"]]
    if lost:
        assert gone == [] and plan.standing.count("eip.way") == 2
        lab.apply()
        assert len(lab.world("eip")) == 2
    else:
        assert second in gone and plan.standing == []
    lab.apply("--allow", "eip.way", "--allow", "nat_gateway.out")
    assert lab.world("eip") == []


def test_a_field_that_left_the_file_when_the_record_was_lost(lab: Lab) -> None:
    """It is not reset, and that is said."""
    write(lab, some(NAMES))
    lab.apply()
    lab.forget()
    without = some(NAMES)
    without["net"] = {name: value for name, value in without["net"].items() if name != "description"}
    without["way"] = {"kind": "eip"}
    without["out"] = {name: value for name, value in without["out"].items() if name != "snat"}
    write(lab, without)
    plan = lab.plan()
    assert plan.actions == []
    for address, field in (("vpc.net", "description"), ("eip.way", "bandwidth"), ("nat_gateway.out", "snat")):
        assert any(address in text and field in text and "no longer managed" in text for text in plan.notes), plan.notes


def test_an_unclean_run_makes_what_differs_unfinished(lab: Lab) -> None:
    """Nobody can tell an edit that was half done from what somebody else did."""
    write(lab, some(NAMES))
    lab.apply()
    changed = some(NAMES)
    changed["net"]["description"] = "the second"
    changed["way"]["bandwidth"] = 20
    write(lab, changed)
    lab.control("PUT", "faults", [{"action": "vpc.ModifyEipAddressAttribute", "kind": "denied", "times": "always"}])
    lab.expected |= {"Forbidden.RAM"}
    done = lab.run("apply", "--yes")
    lab.control("DELETE", "faults")
    assert done.code in (4, 6), done.text
    assert lab.plan().paths("eip.way") == {"bandwidth": "unfinished"}
    lab.apply()
