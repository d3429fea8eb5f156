"""The kind `registry`: marks in summaries, repositories, the doors of a shared instance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acsctl.errors import AcsctlError
from acsctl.kinds.acr import namespaces, summaries
from acsctl.kinds.container_registry import Registry, RegistrySpec
from acsctl.kinds.contract import Made, Scope, Update, Wait
from acsctl.model.address import parse
from acsctl.model.change import FieldChange, Impact
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired
from acsctl.plan import compare
from tests.kinds.door import Door, page, refusal, run, token
from tests.kinds.values import SCOPE, items, live, ref, stack, want

REGISTRY = Registry()
CRI = "cri-1"
ID = f"{CRI}/shop"
SIGN = "[acsctl shop registry.images]"
MARK = Mark("shop", parse("registry.images"))
WEB = {"name": "web", "public": False, "summary": "", "immutable_tags": False}
SPEC = {
    "enterprise_instance": CRI,
    "namespace": "shop",
    "repositories": [WEB, {"name": "worker", "public": True, "summary": "works", "immutable_tags": True}],
    "public_access": {"allow": ["10.0.0.0/8"]},
    "vpc_links": ["vsw-1"],
}


def repo(name, summary=SIGN, **more):
    row = {
        "RepoId": f"crr-{name}",
        "RepoName": name,
        "RepoNamespaceName": "shop",
        "RepoStatus": "NORMAL",
        "RepoType": "PRIVATE",
    }
    return {**row, "Summary": summary, "TagImmutability": False, **more}


def space(name="shop", **more):
    return {"NamespaceName": name, "NamespaceStatus": "NORMAL", **more}


def listed(name, *rows):
    return {name: list(rows), "TotalCount": str(len(rows)), "IsSuccess": True}


def public(*entries, enable=True, status="RUNNING"):
    rows = [{"Entry": entry, "Comment": comment} for entry, comment in entries]
    return {"Enable": enable, "Status": status, "AclEntries": rows, "Domains": [{"Domain": "pub.example", "Type": "SYSTEM"}]}


def inside(*vswitches, status="RUNNING"):
    rows = [{"VswitchId": id, "VpcId": "vpc-1", "Status": status} for id in vswitches]
    return {"Enable": True, "LinkedVpcs": rows, "Domains": ["vpc.example"]}


def door(**answers):
    plain = {
        "ListNamespace": listed("Namespaces", space()),
        "ListRepository": listed("Repositories", repo("web"), repo("worker", f"works {SIGN}", RepoType="PUBLIC")),
        "GetInstanceEndpoint": public(("10.0.0.0/8", "acsctl shop registry.images"), ("8.8.8.8/32", "")),
        "GetInstanceVpcEndpoint": inside("vsw-1", "vsw-theirs"),
        "DescribeVSwitches": page("VSwitches.VSwitch", [{"VSwitchId": "vsw-1", "VpcId": "vpc-1"}]),
    }
    return Door({**plain, **answers})


def scope(**spec):
    address = parse("registry.images")
    desired = {address: Desired(address, spec={"enterprise_instance": CRI, "namespace": "shop", **spec})}
    return Scope("shop", "cn-hangzhou", desired, live={"vswitch": [live("vswitch.a", "vsw-1")]})


# Marks


@pytest.mark.parametrize(
    ("text", "mark", "summary"),
    [
        ("what works", MARK, f"what works {SIGN}"),
        ("", MARK, SIGN),
        ("", Mark("shop", parse("registry.images"), protect=True, retain=True), "[acsctl shop registry.images protect retain]"),
        ("x" * 200, MARK, f"{'x' * (99 - len(SIGN))} {SIGN}"),
        ("plain", None, "plain"),
        ("", None, "-"),
    ],
)
def test_a_summary_says_whose_it_is(text, mark, summary):
    assert summaries.written(text, mark) == summary
    assert len(summary) <= 100
    assert summaries.mark_of(summary) == mark


def test_what_is_no_mark():
    assert summaries.mark_of("[acsctl shop]") is None
    assert summaries.mark_of("[acsctl shop registry]") is None
    assert not summaries.is_owned({"Summary": SIGN}, "other")
    assert summaries.text_of(f"two words {SIGN}") == "two words"


# Reading


def test_a_namespace_is_known_by_its_repositories():
    found = door()
    (item,) = REGISTRY.list(found, scope())
    assert set(item.spec) == set(REGISTRY.schema.fields) and set(item.outputs) == set(REGISTRY.schema.outputs)
    assert (item.id, item.mark, item.tags) == (ID, MARK, {})
    assert [entry["name"] for entry in item.spec["repositories"]] == ["web", "worker"]
    assert item.spec["repositories"][1] == {"name": "worker", "public": True, "summary": "works", "immutable_tags": False}
    assert found.sent("ListRepository") == [{"InstanceId": CRI, "PageNo": 1, "PageSize": 100}]


def test_what_others_have_at_the_doors_is_not_ours():
    (item,) = REGISTRY.list(door(), scope())
    assert (item.spec["public_access"], item.spec["vpc_links"]) == ({"allow": ["10.0.0.0/8"]}, ["vsw-1"])
    (item,) = REGISTRY.list(door(), scope(public_access={"allow": ["8.8.8.8/32"]}, vpc_links=["vsw-theirs"]))
    assert item.spec["public_access"] == {"allow": ["10.0.0.0/8", "8.8.8.8/32"]}
    assert item.spec["vpc_links"] == ["vsw-1", "vsw-theirs"]


def test_entries_say_whose_they_are_where_no_repository_does():
    (item,) = REGISTRY.find(door(ListRepository=listed("Repositories")), scope(), {"id": ID})
    assert (item.mark, item.spec["public_access"]) == (None, {"allow": ["10.0.0.0/8"]})
    bare = door(ListRepository=listed("Repositories"))
    run(REGISTRY.delete(bare, (replace(live("registry.images", ID), mark=MARK),), token))
    assert [row["Entry"] for row in bare.sent("DeleteInstanceEndpointAclPolicy")] == ["10.0.0.0/8"]


def test_where_the_images_are():
    def urls(**answers):
        (item,) = REGISTRY.list(door(**answers), scope())
        return item.outputs

    assert urls() == {"url": "vpc.example/shop", "public_url": "pub.example/shop", "vpc_url": "vpc.example/shop"}
    assert urls(GetInstanceVpcEndpoint=inside())["url"] == "pub.example/shop"
    assert urls(GetInstanceVpcEndpoint=inside(), GetInstanceEndpoint=public(enable=False))["url"] == ""


def test_without_a_mark_nothing_is_ours():
    foreign = door(ListRepository=listed("Repositories", repo("web", "theirs"), repo("db", "[acsctl other registry.images]")))
    assert list(REGISTRY.list(foreign, scope())) == []
    assert list(REGISTRY.list(door(), SCOPE)) == []


@pytest.mark.parametrize("query", [{"id": ID}, {"enterprise_instance": CRI, "namespace": "shop"}])
def test_find(query):
    bare = door(ListRepository=listed("Repositories"))
    (item,) = REGISTRY.find(bare, SCOPE, query)
    assert (item.id, item.mark, item.spec["repositories"]) == (ID, None, [])


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, "ready"),
        ({"GetInstanceEndpoint": public(status="CREATING")}, "pending"),
        ({"GetInstanceVpcEndpoint": inside("vsw-1", status="CREATING")}, "pending"),
        ({"ListNamespace": listed("Namespaces", space(NamespaceStatus="DELETING"))}, "pending"),
        ({"GetInstanceEndpoint": public(enable=False, status="")}, "ready"),
    ],
)
def test_ready_once_the_doors_stand(answers, state):
    found = REGISTRY.ready(door(**answers), [ID, f"{CRI}/other"])
    assert (found[ID].state, found[f"{CRI}/other"].absent) == (state, True)


# Writing


def test_create():
    shut = public(enable=False)
    answers = {"GetInstanceEndpoint": [shut, public()], "GetInstanceVpcEndpoint": inside()}
    made = door(**answers)
    seen = run(REGISTRY.create(made, want("registry.images", SPEC, name="shop"), token))
    assert seen[:2] == [Made((ID,)), Wait((ID,))]
    writes = [action for action in made.actions if not action.startswith(("Get", "List", "Describe"))]
    assert writes == [
        "CreateNamespace",
        "CreateRepository",
        "CreateRepository",
        "UpdateInstanceEndpointStatus",
        "CreateInstanceEndpointAclPolicy",
        "CreateInstanceVpcEndpointLinkedVpc",
    ]
    assert made.sent("CreateNamespace")[0]["AutoCreateRepo"] is False
    assert [row["Summary"] for row in made.sent("CreateRepository")] == [SIGN, f"works {SIGN}"]
    (entry,) = made.sent("CreateInstanceEndpointAclPolicy")
    assert (entry["Entry"], entry["Comment"]) == ("10.0.0.0/8", "acsctl shop registry.images")
    assert made.sent("CreateInstanceVpcEndpointLinkedVpc")[0]["VpcId"] == "vpc-1"


def test_an_entry_waits_for_the_door():
    """One that is sent while the door is being made is lost without a word."""
    fields = {"public_access.allow": items("public_access.allow", added=("9.0.0.0/8",)), "public_access": items("x")}
    shut = door(GetInstanceEndpoint=public(enable=False))
    steps = REGISTRY.update(shut, (live("registry.images", ID),), Update(SPEC, fields=fields), token)
    assert next(steps) == Wait((ID,))


def updated(*, answers=None, **fields):
    found = door(**(answers or {}))
    spec = {**SPEC, **{name: field.after for name, field in fields.items() if field.after is not None}}
    item = live("registry.images", ID, **SPEC)
    run(REGISTRY.update(found, (item,), Update(spec, fields=fields), token))
    return found


def test_repositories_are_brought_to_what_is_wanted():
    wanted = [{**WEB, "public": True}, {**WEB, "name": "third"}]
    found = updated(repositories=FieldChange("repositories", after=wanted))
    assert found.sent("DeleteRepository") == [{"InstanceId": CRI, "RepoId": "crr-worker"}]
    (changed,) = found.sent("UpdateRepository")
    assert (changed["RepoId"], changed["RepoType"]) == ("crr-web", "PUBLIC")
    assert [row["RepoName"] for row in found.sent("CreateRepository")] == ["third"]


def test_a_mark_is_written_into_every_summary_and_taken_out():
    found = door()
    new = {"acsctl:stack": "new", "acsctl:address": "registry.a"}
    run(REGISTRY.update(found, (live("registry.images", ID, **SPEC),), Update(SPEC, set_tags=new), token))
    sign = "[acsctl new registry.a]"
    assert {row["Summary"] for row in found.sent("UpdateRepository")} == {sign, f"works {sign}"}
    found = door()
    (item,) = REGISTRY.list(found, scope())
    run(REGISTRY.update(found, (item,), Update(item.spec, unset_tags=tuple(MARK.tags())), token))
    assert {row["Summary"] for row in found.sent("UpdateRepository")} == {"-", "works"}


def test_links_are_cut_and_made():
    found = updated(
        vpc_links=items("vpc_links", added=("vsw-2",), removed=("vsw-1", "vsw-9")),
        answers={
            "DescribeVSwitches": [
                page("VSwitches.VSwitch", [{"VSwitchId": "vsw-1", "VpcId": "vpc-1"}]),
                page("VSwitches.VSwitch", [{"VSwitchId": "vsw-2", "VpcId": "vpc-2"}]),
            ]
        },
    )
    assert [row["VswitchId"] for row in found.sent("DeleteInstanceVpcEndpointLinkedVpc")] == ["vsw-1"]
    assert [(row["VswitchId"], row["VpcId"]) for row in found.sent("CreateInstanceVpcEndpointLinkedVpc")] == [
        ("vsw-2", "vpc-2")
    ]


def test_delete_takes_ours_from_the_doors_and_leaves_them_open():
    found = door()
    item = live("registry.images", ID, **SPEC)
    assert run(REGISTRY.delete(found, (item,), token))[-1] == Wait((ID,), until="gone")
    assert [row["Entry"] for row in found.sent("DeleteInstanceEndpointAclPolicy")] == ["10.0.0.0/8"]
    assert "UpdateInstanceEndpointStatus" not in found.actions
    assert found.actions.index("DeleteRepository") < found.actions.index("DeleteNamespace")


def test_delete_spares_what_came_since():
    found = door(ListRepository=listed("Repositories", repo("web"), repo("theirs", "")))
    with pytest.raises(AcsctlError, match="repositories that came since: theirs"):
        run(REGISTRY.delete(found, (live("registry.images", ID, **SPEC),), token))
    assert not [action for action in found.actions if action.startswith("Delete")]


def test_delete_of_what_is_gone():
    found = door(ListRepository=listed("Repositories"), DeleteNamespace=refusal("NAMESPACE_NOT_EXIST"))
    run(REGISTRY.delete(found, (live("registry.images", ID),), token))


# What may be written


def test_a_repository_is_a_name_or_an_object():
    spec = RegistrySpec.model_validate(
        {"enterprise_instance": CRI, "namespace": "shop", "repositories": ["web", {"name": "db", "public": True}]}
    )
    assert spec.repositories == [WEB, {**WEB, "name": "db", "public": True}]
    assert REGISTRY.schema.normalise({"repositories": ["web", {"name": "db"}]})["repositories"] == [WEB, {**WEB, "name": "db"}]
    with pytest.raises(ValueError, match="Extra inputs"):
        RegistrySpec.model_validate(
            {"enterprise_instance": CRI, "namespace": "shop", "repositories": [{"name": "db", "tag": 1}]}
        )


def test_what_is_refused_at_load():
    spec = {"repositories": [WEB, WEB, {**WEB, "name": "db", "summary": "x" * 41}]}
    assert [fault.path for fault in REGISTRY.schema.check(spec, stack())] == [("repositories", 1), ("repositories", 2)]


def test_a_vpc_has_one_link():
    others = stack(vswitch_a={"vpc": ref("vpc.net")}, vswitch_b={"vpc": ref("vpc.net")}, vswitch_c={"vpc": ref("vpc.other")})
    (fault,) = REGISTRY.schema.check({"vpc_links": [ref(f"vswitch.{name}") for name in "acb"]}, others)
    assert fault.path == ("vpc_links", 2)


OTHERS = (([], Impact.DATA_LOSS), ([{**WEB, "public": True}], Impact.NONE), ([WEB, {**WEB, "name": "b"}], Impact.NONE))


@pytest.mark.parametrize(("wanted", "impact"), OTHERS)
def test_only_taking_a_repository_out_loses_anything(wanted, impact):
    have = {"repositories": [WEB]}
    fields = REGISTRY.schema.fields
    (change,) = compare.fields(fields, {"repositories": wanted}, have=have, past=compare.Past(have))
    assert change.impact is impact


def test_an_id_is_instance_and_namespace():
    assert namespaces.split(ID) == (CRI, "shop")
