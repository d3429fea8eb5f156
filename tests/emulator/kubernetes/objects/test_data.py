"""Kinds, schemas, quantities and merge orders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsctl.emulator.kubernetes.objects.catalogue import api_version, find, resources
from acsctl.emulator.kubernetes.objects.merge import merged
from acsctl.emulator.kubernetes.objects.quantity import BadQuantity, amount, canonical
from acsctl.emulator.kubernetes.objects.schema import Schema, named, schema_of

from .replay import gadget


def test_every_resource_has_a_schema() -> None:
    assert [one.kind for one in resources() if schema_of(api_version(one), kind=one.kind) is None] == []
    versions = {api_version(one) for one in resources()}
    assert versions >= {"v1", "apps/v1", "autoscaling/v1", "autoscaling/v2", "apiextensions.k8s.io/v1"}


def test_resources_tell_what_discovery_tells() -> None:
    deployment = find("apps/v1", kind="Deployment")
    assert deployment is not None
    assert (deployment.plural, deployment.singular, deployment.short_names) == ("deployments", "deployment", ("deploy",))
    assert deployment.categories == ("all",)
    assert deployment.subresources["scale"].kind == "Scale"
    assert api_version(deployment.subresources["scale"]) == "autoscaling/v1"
    assert find("apps/v1", kind="Thing") is None
    pod = find("v1", kind="Pod")
    assert pod is not None
    assert {"status", "log", "eviction", "binding"} <= pod.subresources.keys()


def test_recursive_types_hold_themselves() -> None:
    schema = named("apiextensions.v1.JSONSchemaProps")
    inner = schema.fields["properties"].values
    assert inner is not None
    assert inner.fields is schema.fields


def test_lists_know_their_keys() -> None:
    ports = named("core.v1.Container").fields["ports"]
    assert (ports.list_type, ports.list_keys, ports.patch_merge_key) == ("map", ("containerPort", "protocol"), "containerPort")
    assert ports.item is not None
    assert ports.item.fields["protocol"].default == "TCP"
    assert named("meta.v1.ObjectMeta").fields["finalizers"].list_type == "set"
    assert named("core.v1.PodSpec").fields["tolerations"].list_type == "atomic"
    assert named("apps.v1.DeploymentSpec").fields["selector"].map_type == "atomic"


def test_a_custom_schema_gets_what_the_server_adds() -> None:
    schema = gadget()
    assert {"apiVersion", "kind", "metadata", "spec", "status"} == schema.fields.keys()
    parts = schema.fields["spec"].fields["parts"]
    assert (parts.list_type, parts.list_keys) == ("map", ("id",))
    assert parts.item is not None
    assert parts.item.checks == {} and parts.item.fields["size"].checks == {"minimum": 1, "maximum": 10}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0", "0"),
        ("-1", "-1"),
        ("1500", "1500"),
        ("2000000", "2M"),
        ("1e3", "1e3"),
        ("1E", "1E"),
        ("100u", "100u"),
        ("0.0000000001", "1n"),
        (".5Ki", "512"),
        ("1025Ki", "1025Ki"),
        ("+3", "3"),
    ],
)
def test_quantities_have_one_form(text: str, form: str) -> None:
    assert canonical(text) == form


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi", "u"]))
def test_the_form_of_a_quantity_keeps_its_amount(number: int, suffix: str) -> None:
    text = f"{number}{suffix}"
    assert amount(canonical(text)) == amount(text)
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize("text", ["", "x", "1GB", "1 Gi", "1.2.3", "Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(BadQuantity):
        amount(text)


SET = Schema(type="array", list_type="set", item=Schema(type="string"))
LETTERS = st.lists(st.sampled_from("abcdef"), unique=True)


@pytest.mark.parametrize(
    ("left", "right", "made"),
    [("abc", "cab", "cab"), ("abcd", "dx", "abcdx"), ("ab", "cb", "acb"), ("abcde", "bxd", "abcxde"), ("abc", "xyz", "abcxyz")],
)
def test_lists_merge_in_the_order_of_both(left: str, right: str, made: str) -> None:
    assert "".join(merged(list(left), list(right), schema=SET)) == made


@given(LETTERS, LETTERS)
def test_a_merged_list_has_all_and_keeps_the_order_of_what_is_applied(left: list[str], right: list[str]) -> None:
    made: list[Any] = merged(left, right, schema=SET)
    assert sorted(made) == sorted({*left, *right})
    assert [one for one in made if one in right] == right
    assert [one for one in made if one not in right] == [one for one in left if one not in right]
