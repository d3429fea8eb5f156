"""What a file may say beside fields: `when`, `for_each`, `needs`, modules, outputs, `ignore`; and what is there twice."""

from __future__ import annotations

from tests.e2e.stacks import IMAGE, ZONES, fleet, members, network
from tests.support.lab import Lab

VSWITCH = {"kind": "vswitch", "vpc": "net", "zone": ZONES[0], "cidr": "10.0.1.0/24"}
NET = {"net": {"kind": "vpc", "cidr": "10.0.0.0/16"}}


def zones(*keys: str) -> dict[str, object]:
    """One vSwitch in each zone that is named by its letter."""
    numbers = {"h": 1, "i": 2, "j": 3}
    return {
        **VSWITCH,
        "for_each": {key: numbers[key] for key in keys},
        "zone": "cn-hangzhou-{{ each.key }}",
        "cidr": "10.0.{{ each.value }}.0/24",
    }


def test_when_is_false(lab: Lab) -> None:
    variables = {"wanted": {"type": "boolean", "default": True}}
    block = {**VSWITCH, "when": "{{ wanted }}"}
    lab.stack({**NET, "a": block}, variables=variables)
    lab.apply()
    plan = lab.plan("--var", "wanted=false")
    assert plan.actions == ["delete vswitch.a"]
    assert plan.only["note"] == "`when` is false"
    assert lab.run("apply", "--yes", "--var", "wanted=false").code == 0
    assert lab.world("vswitch") == []
    lab.still("--var", "wanted=false")
    assert lab.plan().actions == ["create vswitch.a"]
    lab.apply()


def test_what_is_absent_drops_out_of_lists(lab: Lab) -> None:
    def parts(wanted: bool) -> dict[str, object]:
        other = {"kind": "security_group", "vpc": "net", "when": wanted}
        return network(other=other, node=fleet(2, security_groups=["web", "other"]))

    lab.stack(parts(True))
    lab.apply()
    before = members(lab)
    lab.stack(parts(False))
    assert lab.plan().actions == ["delete security_group.other", "update instance.node"]
    lab.apply()
    assert members(lab) == before


def test_for_each_grows_and_shrinks(lab: Lab) -> None:
    lab.stack({**NET, "private": zones("h", "i")}, outputs={"ids": "{{ private.all.id }}"})
    done = lab.apply()
    first = lab.id("vswitch.private.h")
    assert len(done.outputs["ids"]) == 2
    lab.stack({**NET, "private": zones("h", "i", "j")})
    assert lab.plan().actions == ["create vswitch.private.j"]
    lab.apply()
    lab.stack({**NET, "private": zones("j", "h")})
    assert lab.plan().actions == ["delete vswitch.private.i"]
    lab.apply()
    assert lab.id("vswitch.private.h") == first


def test_the_shipped_network(lab: Lab) -> None:
    def net(*zones: str, **inputs: object) -> None:
        module = {"source": "network", "inputs": {"zones": list(zones), **inputs}}
        group = {"kind": "security_group", "vpc": "net.vpc"}
        node = fleet(3, vswitch="net.vswitches", security_groups=["web"])
        lab.stack({"web": group, "node": node}, modules={"net": module}, outputs={"address": "{{ net.address }}"})

    net(*ZONES[:2])
    done = lab.apply()
    assert done.outputs["address"] == lab.thing("eip.net.exit")["outputs"]["address"]
    before = members(lab)
    net(*ZONES)
    assert lab.plan().actions == [f"create vswitch.net.private.{ZONES[2]}"]
    lab.apply()
    net(*ZONES, nat=False)
    assert lab.plan().actions == ["delete eip.net.exit", "delete nat_gateway.net.gateway"]
    assert lab.apply().outputs["address"] is None
    assert members(lab) == before
    lab.destroy()
    assert lab.world() == []


def test_needs_order_what_no_reference_orders(lab: Lab) -> None:
    first = {"kind": "eip"}
    lab.stack({"second": {**first, "needs": ["first"]}, "first": first})
    done = lab.apply()
    created = [line["hook"]["resource"]["addr"] for line in done.of("apply_complete")]
    assert created == ["eip.first", "eip.second"]
    gone = [line["hook"]["resource"]["addr"] for line in lab.destroy().of("apply_complete")]
    assert gone == ["eip.second", "eip.first"]


def test_outputs_before_and_after(lab: Lab) -> None:
    outputs = {
        "id": "{{ net.id }}",
        "range": "{{ net.cidr }}",
        "ips": "{{ node.private_ips }}",
        "second": "{{ node.2.private_ip }}",
        "many": "{{ private.h.zone }} {{ private['i'].zone }}",
    }
    resources = network(private={**zones("h", "i"), "cidr": "10.0.{{ each.value + 10 }}.0/24"}, node=fleet(2))
    lab.stack(resources, outputs=outputs)
    assert lab.run("output").document == {"range": "10.0.0.0/16", "many": "cn-hangzhou-h cn-hangzhou-i"}
    done = lab.apply()
    ips = [lab.thing(f"instance.node.{number}")["outputs"]["private_ip"] for number in (1, 2)]
    assert done.outputs == {
        "id": lab.id("vpc.net"),
        "range": "10.0.0.0/16",
        "ips": ips,
        "second": ips[1],
        "many": "cn-hangzhou-h cn-hangzhou-i",
    }
    assert lab.run("output").document == done.outputs


def test_an_expression_that_reads_what_is_made_first(lab: Lab) -> None:
    lab.stack(network(node=fleet(1, user_data="vpc {{ net.id }}"), way={"kind": "eip", "description": "of {{ node.1.id }}"}))
    plan = lab.plan()
    assert "user_data" in plan.change("instance.node")["unknown"]
    lab.apply()
    lab.still("--deep")
    assert lab.thing("eip.way")["spec"]["description"] == f"of {members(lab)[1]}"


def test_what_is_ignored_is_used_once(lab: Lab) -> None:
    block = {**NET["net"], "description": "first", "tags": {"owner": "red"}, "ignore": ["description", "tags.owner"]}
    lab.stack({"net": block})
    lab.apply()
    assert lab.thing("vpc.net")["spec"]["description"] == "first"
    lab.behind("vpc", "ModifyVpcAttribute", VpcId=lab.id("vpc.net"), Description="theirs")
    lab.stack({"net": {**block, "tags": {"owner": "blue"}}})
    lab.still()


def test_tags_of_the_stack_and_of_the_resource(lab: Lab) -> None:
    lab.stack({"net": {**NET["net"], "tags": {"team": "red"}}}, tags={"stage": "dev", "team": "blue"})
    lab.apply()
    assert lab.thing("vpc.net")["tags"] == {"stage": "dev", "team": "red"}


def test_an_edit_and_a_drift_of_one_field(lab: Lab) -> None:
    lab.stack({"net": {**NET["net"], "description": "first"}})
    lab.apply()
    lab.behind("vpc", "ModifyVpcAttribute", VpcId=lab.id("vpc.net"), Description="theirs")
    lab.stack({"net": {**NET["net"], "description": "second"}})
    assert lab.plan().paths("vpc.net") == {"description": "both"}
    lab.apply()


def test_two_stacks_side_by_side(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)), stack="one")
    lab.apply()
    lab.stack(network(node=fleet(2)), stack="two")
    lab.apply()
    assert len(lab.world("instance")) == 4
    lab.destroy()
    assert len(lab.world("instance")) == 2
    lab.stack(network(node=fleet(2)), stack="one")
    lab.still()


# Two live things at one address


def tags(address: str, **more: str) -> dict[str, str]:
    """Our mark, as another machine's run might have left it."""
    pairs = {"acsctl:stack": "shop", "acsctl:address": address, **more}
    return {
        name: text
        for number, (key, value) in enumerate(pairs.items(), 1)
        for name, text in ((f"Tag.{number}.Key", key), (f"Tag.{number}.Value", value))
    }


def test_of_two_the_one_in_use_stays(lab: Lab) -> None:
    """The younger one is in use, the older one is not."""
    older = lab.behind("vpc", "CreateVpc", CidrBlock="10.0.0.0/16", **tags("vpc.net"))["VpcId"]
    younger = lab.behind("vpc", "CreateVpc", CidrBlock="10.0.0.0/16", **tags("vpc.net"))["VpcId"]
    place = {"ZoneId": ZONES[0], "CidrBlock": "10.0.1.0/24", "VpcId": younger}
    lab.behind("vpc", "CreateVSwitch", **place, **tags("vswitch.a"))
    lab.stack({**NET, "a": VSWITCH})
    change = lab.plan().only
    assert (change["action"], change["note"], change["ids"]) == ("delete", "double", [older])
    lab.apply()
    assert lab.id("vpc.net") == younger


def test_of_two_that_nobody_uses_the_older_stays(lab: Lab) -> None:
    older = lab.behind("vpc", "AllocateEipAddress", **tags("eip.way"))["AllocationId"]
    younger = lab.behind("vpc", "AllocateEipAddress", **tags("eip.way"))["AllocationId"]
    lab.stack({"way": {"kind": "eip"}})
    assert lab.plan().only["ids"] == [younger]
    lab.apply()
    assert lab.id("eip.way") == older


def test_what_was_replaced_goes(lab: Lab) -> None:
    """A run was killed between the new one and the end of the old one."""
    old = lab.behind("vpc", "AllocateEipAddress", **tags("eip.way"))["AllocationId"]
    new = lab.behind("vpc", "AllocateEipAddress", **tags("eip.way", **{"acsctl:replaces": old}))["AllocationId"]
    lab.stack({"way": {"kind": "eip"}})
    change = lab.plan().only
    assert (change["action"], change["note"], change["ids"]) == ("delete", "its replacement is there", [old])
    lab.apply()
    assert lab.id("eip.way") == new


def test_a_double_goes_although_its_address_is_protected(lab: Lab) -> None:
    lab.stack({"way": {"kind": "eip", "protect": True}})
    lab.apply()
    mine = lab.id("eip.way")
    lab.behind("vpc", "AllocateEipAddress", **tags("eip.way", **{"acsctl:protect": "true"}))
    assert lab.plan().only["note"] == "double"
    lab.apply()
    assert lab.id("eip.way") == mine


def test_a_surplus_of_a_fleet(lab: Lab) -> None:
    """Members are counted by their tag: a doubled number is a surplus where the fleet is full, a rename where one lacks."""
    lab.stack(network(node=fleet(2)))
    lab.apply()
    before = members(lab)
    launch = {
        "ImageId": f"{IMAGE}_20260828.vhd",
        "InstanceType": "ecs.g7.large",
        "VSwitchId": lab.id("vswitch.a"),
        "SecurityGroupId": lab.id("security_group.web"),
        "InstanceName": "shop-node-001",
        **tags("instance.node"),
    }
    made = lab.behind("ecs", "RunInstances", **launch)["InstanceIdSets"]["InstanceIdSet"]
    change = lab.plan().only
    assert (change["action"], change["ids"], change["note"]) == ("delete", made, "double")
    lab.stack(network(node=fleet(3)))
    assert lab.plan().actions == ["update instance.node"]
    lab.apply()
    assert sorted(members(lab).values()) == sorted([*before.values(), *made])


def test_disks_and_interfaces_with_copied_tags_are_none_of_ours(lab: Lab) -> None:
    """RunInstances copies tags onto disks and interfaces; once the block is gone nothing of them is seen."""
    lab.stack(network(node=fleet(1, data_disks=[{"category": "cloud_essd", "size": 40, "delete_with_instance": False}])))
    lab.apply()
    lab.stack(network())
    lab.apply()
    assert len(lab.world("disk")) == 1
    lab.stack(network(node=fleet(1)))
    lab.apply()
