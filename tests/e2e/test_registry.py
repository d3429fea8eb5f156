"""A namespace in an instance that others use as well: made, changed, drifted, taken over, left standing, destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from acsctl.kinds import registry
from tests.e2e.registry_cases import BLOCK, DOOR, DRIFTS, EDITS, NETWORK, REPLACEMENTS, bought
from tests.e2e.scene import leaves
from tests.support.lab import Block, Lab

ADDRESS = "registry.images"


@pytest.fixture
def instance(lab: Lab) -> str:
    return bought(lab)


def write(lab: Lab, instance: str, *changes: Block, **top: Any) -> None:
    block = {**BLOCK, "enterprise_instance": instance}
    for change in changes:
        block |= change
    lab.stack({**NETWORK, "images": {name: value for name, value in block.items() if value is not None}}, **top)


def made(lab: Lab, instance: str, *changes: Block) -> None:
    write(lab, instance, *changes)
    lab.apply()


def spaces(lab: Lab, instance: str) -> list[str]:
    rows = lab.client.call("cr", "ListNamespace", InstanceId=instance, PageNo="1", PageSize="100")["Namespaces"]
    return sorted(row["NamespaceName"] for row in rows)


def repositories(lab: Lab, instance: str) -> dict[str, Any]:
    rows = lab.client.call("cr", "ListRepository", InstanceId=instance, PageNo="1", PageSize="100")["Repositories"]
    return {row["RepoName"]: row for row in rows}


def test_every_field_is_here() -> None:
    every = dict(leaves(registry.schemas()["registry"].fields))
    assert set(EDITS) | set(REPLACEMENTS) == set(every)
    assert set(REPLACEMENTS) == {path for path, field in every.items() if field.meta.immutable}


def test_made_with_all_that_the_file_says(lab: Lab, instance: str) -> None:
    write(lab, instance, outputs={"url": "{{ images.url }}"})
    done = lab.apply()
    rows = repositories(lab, instance)
    assert {name: (row["RepoType"], row["TagImmutability"]) for name, row in rows.items()} == {
        "web": ("PRIVATE", False),
        "worker": ("PUBLIC", True),
    }
    assert all("[acsctl shop registry.images]" in row["Summary"] for row in rows.values())
    door = lab.client.call("cr", "GetInstanceEndpoint", InstanceId=instance, **DOOR)
    assert {"10.0.0.0/8", "1.2.3.4/32"} <= {row["Entry"] for row in door["AclEntries"]}
    links = lab.client.call("cr", "GetInstanceVpcEndpoint", InstanceId=instance, ModuleName="Registry")
    assert [row["VswitchId"] for row in links["LinkedVpcs"]] == [lab.id("vswitch.a")]
    assert lab.thing(ADDRESS)["outputs"]["url"] == f"{links['Domains'][0]}/shop"
    assert f"{links['Domains'][0]}/shop" in done.text


def test_without_a_link_its_url_is_the_public_one(lab: Lab, instance: str) -> None:
    made(lab, instance, {"vpc_links": None})
    door = lab.client.call("cr", "GetInstanceEndpoint", InstanceId=instance, **DOOR)
    assert lab.thing(ADDRESS)["outputs"]["url"] == f"{door['Domains'][0]['Domain']}/shop"


def test_the_least_that_can_be_written(lab: Lab, instance: str) -> None:
    made(lab, instance, {"repositories": None, "public_access": None, "vpc_links": None})
    assert (spaces(lab, instance), repositories(lab, instance)) == (["shop"], {})


@pytest.mark.parametrize("path", EDITS)
def test_a_field_that_can_change(lab: Lab, instance: str, path: str) -> None:
    made(lab, instance)
    write(lab, instance, EDITS[path])
    change = lab.plan().only
    assert (change["address"], change["action"], change["reason"]) == (ADDRESS, "update", "edit")
    assert {field["path"] for field in change["fields"]} == {path}
    lab.apply()


@pytest.mark.parametrize("path", REPLACEMENTS)
def test_a_field_that_cannot_change(lab: Lab, instance: str, path: str) -> None:
    made(lab, instance)
    before = lab.id(ADDRESS)
    write(lab, instance, REPLACEMENTS[path](lab))
    assert any(f"--allow {ADDRESS}" in text for text in lab.refused().errors)
    change = lab.plan("--allow", ADDRESS).only
    assert (change["action"], change["impact"]) == ("replace", "data loss")
    lab.apply("--allow", ADDRESS)
    assert lab.id(ADDRESS) != before
    assert "shop" not in spaces(lab, instance)


@pytest.mark.parametrize("what", DRIFTS)
def test_what_somebody_else_changed_is_repaired(lab: Lab, instance: str, what: str) -> None:
    made(lab, instance)
    DRIFTS[what](lab, instance)
    change = lab.plan().only
    assert (change["address"], change["action"], change["reason"]) == (ADDRESS, "update", "drift")
    lab.apply()


def test_a_repository_is_not_taken_out_unasked(lab: Lab, instance: str) -> None:
    made(lab, instance)
    write(lab, instance, {"repositories": ["web"]})
    assert any(f"--allow {ADDRESS}" in text for text in lab.refused().errors)
    lab.apply("--allow", ADDRESS)
    assert set(repositories(lab, instance)) == {"web"}


def test_links_that_leave_the_file_are_cut(lab: Lab, instance: str) -> None:
    made(lab, instance)
    write(lab, instance, {"vpc_links": None})
    assert lab.plan().paths(ADDRESS) == {"vpc_links": "edit"}
    lab.apply()
    links = lab.client.call("cr", "GetInstanceVpcEndpoint", InstanceId=instance, ModuleName="Registry")
    assert links["LinkedVpcs"] == []


def test_a_link_goes_before_its_vswitch_is_replaced(lab: Lab, instance: str) -> None:
    made(lab, instance)
    network = {**NETWORK, "a": {**NETWORK["a"], "zone": "cn-hangzhou-i"}}
    lab.stack({**network, "images": {**BLOCK, "enterprise_instance": instance}})
    lab.apply()
    links = lab.client.call("cr", "GetInstanceVpcEndpoint", InstanceId=instance, ModuleName="Registry")
    assert [row["VswitchId"] for row in links["LinkedVpcs"]] == [lab.id("vswitch.a")]


def test_what_others_have_at_the_doors_stays(lab: Lab, instance: str) -> None:
    made(lab, instance)
    lab.behind("cr", "CreateInstanceEndpointAclPolicy", InstanceId=instance, Entry="8.8.8.8/32", **DOOR)
    lab.still()
    lab.destroy()
    door = lab.client.call("cr", "GetInstanceEndpoint", InstanceId=instance, **DOOR)
    entries = {row["Entry"] for row in door["AclEntries"]}
    assert "8.8.8.8/32" in entries and not entries & {"10.0.0.0/8", "1.2.3.4/32"}
    assert (spaces(lab, instance), repositories(lab, instance)) == ([], {})


def test_the_mark_outlives_the_record(lab: Lab, instance: str) -> None:
    made(lab, instance)
    lab.forget()
    lab.still()
    lab.apply()


def test_a_namespace_without_mark_and_record_is_a_conflict(lab: Lab, instance: str) -> None:
    lab.behind("cr", "CreateNamespace", InstanceId=instance, NamespaceName="shop")
    write(lab, instance)
    assert any(f"adopt: {instance}/shop" in text for text in lab.refused().errors)
    write(lab, instance, {"adopt": f"{instance}/shop"})
    assert f"adopt {ADDRESS}" in lab.plan().actions
    lab.apply()


def test_what_is_adopted_without_repositories_is_known_by_the_record(lab: Lab, instance: str) -> None:
    lab.behind("cr", "CreateNamespace", InstanceId=instance, NamespaceName="shop")
    bare = {"repositories": None, "public_access": None, "vpc_links": None}
    made(lab, instance, bare, {"adopt": f"{instance}/shop"})
    write(lab, instance, bare)
    lab.still()
    lab.destroy()
    assert spaces(lab, instance) == []


def test_a_block_that_leaves_the_file_is_destroyed_on_the_word_of_the_record(lab: Lab, instance: str) -> None:
    made(lab, instance)
    lab.stack(NETWORK)
    assert lab.plan().actions == [f"delete {ADDRESS}"]
    lab.apply()
    assert spaces(lab, instance) == []


def test_without_a_record_it_is_left_standing(lab: Lab, instance: str) -> None:
    made(lab, instance)
    other = {"kind": "registry", "enterprise_instance": instance, "namespace": "other"}
    lab.stack({**NETWORK, "others": other})
    lab.forget()
    plan = lab.plan()
    assert (plan.actions, len(plan.standing)) == (["create registry.others"], 1)
    lab.apply()
    assert spaces(lab, instance) == ["other", "shop"]
    lab.apply("--allow", ADDRESS)
    assert spaces(lab, instance) == ["other"]


def test_what_is_protected_is_not_destroyed(lab: Lab, instance: str) -> None:
    made(lab, instance, {"protect": True})
    lab.stack(NETWORK)
    assert any("is protected and would be destroyed" in text for text in lab.refused("--allow", "all").errors)
    made(lab, instance, {"protect": False})
    lab.stack(NETWORK)
    lab.apply()


def test_what_is_retained_stays_without_our_mark(lab: Lab, instance: str) -> None:
    made(lab, instance, {"retain": True, "vpc_links": None})
    lab.stack(NETWORK)
    assert lab.plan().actions == [f"forget {ADDRESS}"]
    lab.apply()
    assert {name: row["Summary"] for name, row in repositories(lab, instance).items()} == {"web": "-", "worker": "what works"}


def test_tags_of_the_stack_do_not_matter(lab: Lab, instance: str) -> None:
    write(lab, instance, tags={"team": "red"})
    lab.apply()
    write(lab, instance, tags={"team": "blue"})
    assert set(lab.plan().actions) == {f"update {name}" for name in ("vpc.net", "vswitch.a", "vpc.other_net", "vswitch.b")}
