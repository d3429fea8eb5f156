"""Values in lines and in JSON; what is secret shows in neither."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.errors import UsageError
from acsctl.model.path import field_at
from acsctl.model.unknown import UNKNOWN, Deferred, Ref, Secret
from acsctl.view import values
from tests.view import samples

RULE = samples.SCHEMAS["security_group"].fields["ingress"].fields
DEFERRED = Deferred(frozenset(), lambda known: "hunter2", secret=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(not set)"),
        (True, "true"),
        (0, "0"),
        ("", '""'),
        ([], "[]"),
        ([1, "b"], "1, b"),
        ({"a": 1}, "{a: 1}"),
        (UNKNOWN, "(known after apply)"),
        (Deferred(frozenset(), lambda known: 1), "(known after apply)"),
        (Secret("hunter2"), "(secret)"),
        (DEFERRED, "(secret)"),
        ([Secret("hunter2")], "(secret)"),
        (Ref(samples.at("vpc.network")), "vpc.network"),
    ],
)
def test_shown(value: Any, text: str) -> None:
    assert values.shown(value) == text


def test_ids_are_shown_as_addresses_where_they_are_known() -> None:
    assert values.shown(["vpc-1", "vpc-2"], names={"vpc-1": "vpc.network"}) == "vpc.network, vpc-2"


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"protocol": "tcp", "port": 443, "from": "0.0.0.0/0"}, "tcp 443 from 0.0.0.0/0"),
        ({"from": "10.0.0.0/8", "protocol": "all", "policy": "accept", "priority": 1}, "all from 10.0.0.0/8"),
        ({"protocol": "tcp", "policy": "drop", "priority": 5}, "tcp policy drop priority 5"),
        ({"protocol": "tcp", "description": "web"}, "tcp “web”"),
        ({"protocol": "all", "port": "all", "from": "10.0.0.0/8"}, "all from 10.0.0.0/8"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ({}, "{}"),
    ],
)
def test_an_item_in_a_line(item: Any, text: str) -> None:
    assert values.item(item, fields=RULE) == text


def test_an_item_of_an_unknown_kind() -> None:
    assert values.item({"to": "b", "weight": 3, "on": True}) == "to b 3 on true"


def test_plain_data_names_what_is_unknown() -> None:
    unknown: list[str] = []
    spec = {
        "id": UNKNOWN,
        "rules": [{"from": UNKNOWN}],
        "ref": Ref(samples.at("vpc.a")),
        "key": Secret("hunter2"),
        "set": {2, 1},
    }
    plain = values.plain(spec, unknown=unknown)
    assert plain == {"id": None, "rules": [{"from": None}], "ref": "vpc.a", "key": "(secret)", "set": [1, 2]}
    assert unknown == ["id", "rules.0.from"]


def test_the_schema_hides_what_a_live_thing_has_in_the_open() -> None:
    fields = samples.SCHEMAS["instance"].fields
    assert values.plain(values.masked_spec({"password": "hunter2", "image": "m-1"}, fields)) == {
        "password": "(secret)",
        "image": "m-1",
    }


@pytest.mark.parametrize(("path", "found"), [("ingress.port", "port"), ("ingress.0", "ingress"), ("vpc", "vpc")])
def test_the_field_at_a_path(path: str, found: str) -> None:
    field = field_at(samples.SCHEMAS["security_group"].fields, path)
    assert field is not None
    assert field.name == found


def test_a_field_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"security_group.ingress has no field 'prt': did you mean 'port'\?"):
        values.field_named(samples.SCHEMAS["security_group"], "ingress.prt")


def test_revealed_only_on_request() -> None:
    assert values.revealed({"a": [Secret("x")]}) == {"a": ["x"]}


def test_an_item_that_has_but_a_name_is_its_name() -> None:
    assert values.item({"name": "web", "public": False, "summary": "", "immutable_tags": False}) == "web"
    assert values.item({"name": "web", "public": True}) == "named web public true"
