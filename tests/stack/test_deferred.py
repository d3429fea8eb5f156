"""Values that are known later: what they read, and what they give once it is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acsctl.errors import StackError
from acsctl.model.address import Address
from acsctl.model.unknown import Deferred, Secret, Unknown
from tests.stack.helpers import head, load_text

VPC = Address("vpc", ("v",))
NODE = Address("node", ("n",))
BASE = "resources:\n  v: {kind: vpc, cidr: 10.0.0.0/16}\n  n: {kind: node, vswitch: vsw-1, count: 2}\n"


def output(folder: Path, expression: str, *, more: str = "") -> Any:
    text = f"{BASE}{more}outputs: {{x: {{value: {expression}, secret: {'true' if 'secret' in expression else 'false'}}}}}\n"
    return load_text(folder, head(text)).outputs["x"]


@pytest.mark.parametrize(
    ("expression", "known", "value"),
    [
        ('"{{ v.id }}"', {VPC: {"id": "vpc-1"}}, "vpc-1"),
        ('"{{ v }}"', {VPC: {"id": "vpc-1"}}, "vpc-1"),
        ('"a-{{ v.id }}-{{ v.router }}"', {VPC: {"id": "vpc-1", "router": "r"}}, "a-vpc-1-r"),
        ('"{{ v.id | upper }}"', {VPC: {"id": "vpc-1"}}, "VPC-1"),
        ('"{{ n.ids | length + 1 }}"', {NODE: {"ids": ["i-1", "i-2"]}}, 3),
        ("\"{{ n.2.private_ip ~ '!' }}\"", {NODE.member(2): {"private_ip": "10.0.0.2"}}, "10.0.0.2!"),
        (
            "\"{{ n.all.private_ip | join(',') }}\"",
            {NODE.member(1): {"private_ip": "a"}, NODE.member(2): {"private_ip": "b"}},
            "a,b",
        ),
        ('"{{ v.id if v.router else n.ids }}"', {VPC: {"id": "vpc-1", "router": "r"}, NODE: {"ids": []}}, "vpc-1"),
    ],
)
def test_a_deferred_value_is_computed_once_all_that_it_reads_is_known(
    expression: str, known: dict[Address, Any], value: Any, tmp_path: Path
) -> None:
    deferred = output(tmp_path, expression)
    assert isinstance(deferred, Deferred)
    assert deferred.reads == known.keys()
    assert deferred.value(known) == value


def test_what_is_missing_is_unknown(tmp_path: Path) -> None:
    deferred = output(tmp_path, '"{{ v.id ~ v.router }}"')
    for known in ({}, {VPC: {}}, {VPC: {"id": "vpc-1"}}, {NODE: {"id": "i"}}):
        with pytest.raises(Unknown):
            deferred.value(known)


def test_only_what_is_not_known_is_read(tmp_path: Path) -> None:
    deferred = output(tmp_path, '"{{ v.cidr ~ n.ids[0] }}"')
    assert deferred.reads == {NODE}
    assert deferred.value({NODE: {"ids": ["i-1"]}}) == "10.0.0.0/16i-1"


def test_locals_pass_on_what_they_read(tmp_path: Path) -> None:
    more = 'locals: {a: "{{ v.id }}", b: {c: ["{{ a }}-b"]}}\n'
    deferred = output(tmp_path, '"{{ b.c[0] ~ b.c | length }}"', more=more)
    assert deferred.reads == {VPC}
    assert deferred.value({VPC: {"id": "vpc-1"}}) == "vpc-1-b1"


def test_a_secret_stays_one(tmp_path: Path) -> None:
    deferred = output(tmp_path, '"{{ secret(v.id) ~ 1 }}"')
    assert deferred.secret
    assert deferred.value({VPC: {"id": "vpc-1"}}) == Secret("vpc-11")


def test_a_secret_on_a_branch_not_taken_counts(tmp_path: Path) -> None:
    assert output(tmp_path, '"{{ v.id if v.router else secret(1) }}"').secret


def field(folder: Path, kind: str, body: str) -> Any:
    stack = load_text(folder, head(f"{BASE}  s: {{kind: {kind}, {body}}}\n"))
    return stack.resources[Address(kind, ("s",))]


def test_a_field_reads_its_type_when_it_is_known(tmp_path: Path) -> None:
    desired = field(
        tmp_path, "node", 'vswitch: vsw-1, disk: {size: "{{ v.router }}"}, types: "{{ n.ids }}", user_data: "{{ v.router }}"'
    )
    assert desired.spec["disk"]["size"].value({VPC: {"router": 40}}) == 40
    assert desired.spec["user_data"].value({VPC: {"router": 40}}) == "40"
    assert desired.spec["types"].value({NODE: {"ids": "one"}}) == ["one"]
    with pytest.raises(StackError, match="1 problem"):
        desired.spec["disk"]["size"].value({VPC: {"router": 1}})
    with pytest.raises(StackError):
        desired.spec["disk"]["size"].value({VPC: {"router": "big"}})


def test_a_secret_field_is_secret_when_it_is_known(tmp_path: Path) -> None:
    desired = field(tmp_path, "store", 'name: s, password: "{{ v.router ~ v.id }}"')
    assert desired.spec["password"].secret
    assert desired.spec["password"].value({VPC: {"router": "abcdefgh", "id": "i"}}) == Secret("abcdefghi")


def test_an_error_that_shows_late_names_its_place(tmp_path: Path) -> None:
    deferred = field(tmp_path, "store", 'name: s, version: "{{ v.router + 1 }}"').spec["version"]
    with pytest.raises(StackError) as caught:
        deferred.value({VPC: {"router": "text"}})
    assert caught.value.problems[0].place.line == 6
