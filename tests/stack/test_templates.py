"""The shipped modules with the real kinds, and where shipped files are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import acsctl
from acsctl.errors import StackError
from acsctl.kinds import registry
from acsctl.model.address import Address
from acsctl.model.resource import Stack
from acsctl.model.unknown import Deferred, Ref
from acsctl.stack import Inputs, load, shipped

USE = """
stack: shop
region: cn-hangzhou
modules:
  net: {source: network, inputs: {%s}}
outputs: {address: "{{ net.address }}", cidr: "{{ net.cidr }}", vpc: "{{ net.vpc }}"}
"""
GATEWAY = Address("nat_gateway", ("net", "gateway"))


def use(folder: Path, inputs: str) -> Stack:
    path = folder / "stack.yaml"
    path.write_text(USE % inputs)
    return load(path, Inputs(), registry.schemas())


def test_the_network_has_a_vswitch_in_each_zone_and_a_way_out(tmp_path: Path) -> None:
    stack = use(tmp_path, "zones: [cn-hangzhou-h, cn-hangzhou-i]")
    assert [str(address) for address in stack.resources] == [
        "vpc.net.network",
        "vswitch.net.private.cn-hangzhou-h",
        "vswitch.net.private.cn-hangzhou-i",
        "eip.net.exit",
        "nat_gateway.net.gateway",
    ]
    gateway = stack.resources[GATEWAY].spec
    assert gateway["vswitch"] == Ref(Address("vswitch", ("net", "private", "cn-hangzhou-h")))
    assert gateway["eips"] == [Ref(Address("eip", ("net", "exit")))]
    assert isinstance(stack.outputs["address"], Deferred)
    assert stack.outputs["cidr"] == "10.0.0.0/16"


def test_the_range_of_a_zone_does_not_depend_on_the_others(tmp_path: Path) -> None:
    address = Address("vswitch", ("net", "private", "cn-hangzhou-i"))
    alone = use(tmp_path, "zones: [cn-hangzhou-i]").resources[address].spec["cidr"]
    among = use(tmp_path, "zones: [cn-hangzhou-b, cn-hangzhou-i, cn-hangzhou-z]").resources[address].spec["cidr"]
    assert alone == among == "10.0.8.0/24"


def test_the_way_out_can_be_left_away(tmp_path: Path) -> None:
    stack = use(tmp_path, "zones: [cn-hangzhou-h], nat: false")
    assert stack.resources[GATEWAY].absent
    assert stack.outputs["address"] is None


def test_wrong_inputs_are_said_where_they_stand(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        use(tmp_path, "zones: [7], bandwidth: 0, cdir: 10.0.0.0/8")
    messages = [problem.message for problem in caught.value.problems]
    assert "the module net has no variable 'cdir'" in messages
    assert "variable bandwidth: 0 is too small: at least 1" in messages
    assert all(problem.place.line == 5 for problem in caught.value.problems)


def test_shipped_files_are_found_beside_a_checkout() -> None:
    folder = shipped.templates()
    assert folder is not None
    assert (folder / "network" / "stack.yaml").is_file()


def test_shipped_files_are_found_inside_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "acsctl" / "_shipped" / "templates"
    inside.mkdir(parents=True)
    monkeypatch.setattr(acsctl, "__file__", str(tmp_path / "acsctl" / "__init__.py"))
    assert shipped.templates() == inside
    assert shipped.stacks() is None
