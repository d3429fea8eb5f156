"""Names that look like numbers, fleets of fleets, and references to one of many."""

from __future__ import annotations

import pytest

from tests.e2e.stacks import ZONES, fleet, members, name_of, network
from tests.support.lab import Lab


@pytest.mark.parametrize("count", [None, 2])
def test_a_resource_whose_name_ends_like_a_number(lab: Lab, count: int | None) -> None:
    lab.stack(network(db_001=fleet(count)))
    lab.apply()
    names = {name_of(lab, id) for id in members(lab, "instance.db_001").values()}
    assert names == ({"shop-db-001"} if count is None else {"shop-db-001-001", "shop-db-001-002"})


@pytest.mark.parametrize("count", [None, 2])
def test_a_written_name_that_ends_like_a_number(lab: Lab, count: int | None) -> None:
    lab.stack(network(db=fleet(count, name="db-007")))
    lab.apply()
    before = members(lab, "instance.db")
    lab.stack(network(db=fleet(count, name="db-008")))
    lab.apply()
    assert members(lab, "instance.db") == before


def test_a_fleet_for_each_key(lab: Lab) -> None:
    def stack(count: int, *keys: str) -> None:
        block = fleet(count, for_each=list(keys), description="{{ each.key }}")
        lab.stack(network(node=block), outputs={"ips": "{{ node.green.private_ips }}"})

    stack(2, "blue", "green")
    done = lab.apply()
    assert len(done.outputs["ips"]) == 2
    green = members(lab, "instance.node.green")
    assert [name_of(lab, green[number]) for number in (1, 2)] == ["shop-node-green-001", "shop-node-green-002"]
    stack(3, "green", "red")
    assert lab.plan().actions == ["create instance.node.green", "create instance.node.red", "delete instance.node.blue"]
    lab.apply()
    after = members(lab, "instance.node.green")
    assert {1: after[1], 2: after[2]} == green


def test_one_of_many_and_all_of_them(lab: Lab) -> None:
    way = {"kind": "eip", "for_each": ["x", "y"]}
    out = {"kind": "nat_gateway", "vpc": "net", "vswitch": "a", "eips": "way", "snat": [{"vswitch": "b", "eips": ["way.y"]}]}
    lab.stack(network(way=way, out=out))
    lab.apply()
    spec = lab.thing("nat_gateway.out")["spec"]
    assert sorted(spec["eips"]) == sorted([lab.id("eip.way.x"), lab.id("eip.way.y")])
    assert spec["snat"] == [{"vswitch": lab.id("vswitch.b"), "eips": [lab.id("eip.way.y")]}]
    lab.stack(network(way={**way, "for_each": ["y", "z"]}, out=out))
    assert lab.plan().actions == ["create eip.way.z", "delete eip.way.x", "update nat_gateway.out"]
    lab.apply()


def test_many_vswitches_of_two_vpcs(lab: Lab) -> None:
    """Writes to one VPC wait for each other, those to two do not; nothing is refused."""
    subnet = {"kind": "vswitch", "for_each": {f"n{number}": number for number in range(10)}, "zone": ZONES[0]}
    cidr = "10.0.{{ each.value }}.0/24"
    vpc = {"kind": "vpc", "cidr": "10.0.0.0/16"}
    both = {"one": vpc, "two": vpc}
    lab.stack({**both, "a": {**subnet, "vpc": "one", "cidr": cidr}, "b": {**subnet, "vpc": "two", "cidr": cidr}})
    lab.apply()
    lab.destroy()
    assert lab.world() == []


def test_a_machine_that_is_only_looked_up(lab: Lab) -> None:
    lab.stack(network(node=fleet(2)), stack="theirs")
    lab.apply()
    (_, second) = members(lab).values()
    lab.stack(
        {"node": {"kind": "instance", "existing": {"name": "theirs-node-002"}}},
        outputs={"ip": "{{ node.private_ip }}", "id": "{{ node.id }}"},
    )
    outputs = lab.run("output").document
    assert outputs["id"] == second
    assert outputs["ip"].startswith("10.0.1.")


def test_modules_for_each_key(lab: Lab) -> None:
    def stack(*keys: str) -> None:
        inputs = {"zones": [ZONES[0]], "cidr": "10.{{ each.value }}.0.0/16", "nat": False}
        modules = {"net": {"source": "network", "for_each": {key: ord(key) for key in keys}, "inputs": inputs}}
        lab.stack({}, modules=modules)

    stack("a", "b")
    lab.apply()
    assert sorted(lab.show()) == [
        "vpc.net.a.network",
        "vpc.net.b.network",
        f"vswitch.net.a.private.{ZONES[0]}",
        f"vswitch.net.b.private.{ZONES[0]}",
    ]
    stack("b")
    assert lab.plan().actions == ["delete vpc.net.a.network", f"delete vswitch.net.a.private.{ZONES[0]}"]
    lab.apply()
