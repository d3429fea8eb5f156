"""Schemas: what is read out of a kind's class."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import ValidationError

from acsctl.model.schema import MISSING, Field, Meta, Reference, Schema, SpecModel, attr, references

NET = Reference(("net",), r"net-\d+")


class Inner(SpecModel):
    """An object inside."""

    size: int = attr(20, doc="GiB", ge=20)
    net: str = attr(doc="a reference", meta=Meta(reference=NET))


class Outer(SpecModel):
    """Has one field of each shape."""

    name: str = attr(..., doc="required")
    sort: Literal["a", "b"] = attr("a", doc="one of two")
    from_: list[str] = attr(doc="a Python word", alias="from", max_length=2)
    nets: list[str] = attr(doc="references", meta=Meta(as_set=True, reference=NET))
    disk: Inner = attr(doc="an object")
    disks: list[Inner] = attr(doc="objects", min_length=1)
    labels: dict[str, str] = attr(doc="a mapping")
    flag: bool = attr(doc="yes or no", meta=Meta(immutable=True))
    ratio: float | None = attr(doc="a number")
    mixed: int | str = attr(doc="either")


SCHEMA = Schema("outer", Outer, "a thing", {}, r"outer-\d+")


def field(path: str) -> Field:
    found, _, inner = path.partition(".")
    return SCHEMA.fields[found].fields[inner] if inner else SCHEMA.fields[found]


@pytest.mark.parametrize(
    ("name", "shape", "item"),
    [
        ("name", "text", None),
        ("sort", "text", None),
        ("from", "list", "text"),
        ("nets", "list", "text"),
        ("disk", "object", None),
        ("disk.size", "integer", None),
        ("disks", "list", "object"),
        ("disks.size", "integer", None),
        ("labels", "mapping", "text"),
        ("flag", "boolean", None),
        ("ratio", "number", None),
        ("mixed", "any", None),
    ],
)
def test_shapes(name: str, shape: str, item: str | None) -> None:
    assert (field(name).shape, field(name).item) == (shape, item)


def test_what_is_required_and_what_has_a_default() -> None:
    assert (field("name").required, field("name").default) == (True, MISSING)
    assert (field("sort").required, field("sort").default) == (False, "a")
    assert (field("flag").required, field("flag").default) == (False, MISSING)


def test_what_a_field_says_of_itself() -> None:
    assert field("flag").meta.immutable
    assert field("nets").meta == Meta(as_set=True, reference=NET)
    assert field("disk.size").doc == "GiB"


def test_a_leaf_is_validated_with_its_limits() -> None:
    assert field("disk.size").adapter.validate_python(20) == 20
    with pytest.raises(ValidationError):
        field("disk.size").adapter.validate_python(19)
    with pytest.raises(ValidationError):
        field("sort").adapter.validate_python("c")


def test_limits_of_a_list_are_its_own() -> None:
    assert field("from").limits
    assert field("from").adapter.validate_python("anything longer than two") == "anything longer than two"


def test_references_are_found_wherever_they_stand() -> None:
    spec = {"nets": ["net-1", "net-2"], "disk": {"net": "net-3"}, "disks": [{"net": "net-4"}, {"size": 20}], "name": "net-9"}
    assert [value for _, value in references(SCHEMA.fields, spec)] == ["net-1", "net-2", "net-3", "net-4"]


def test_editors_get_a_json_schema() -> None:
    schema = SCHEMA.json_schema()
    assert schema["required"] == ["name"]
    assert schema["properties"]["sort"]["enum"] == ["a", "b"]
    assert schema["additionalProperties"] is False
