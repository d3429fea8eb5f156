"""Namespaces of a registry (sheet containers.md 3.1)."""

import re
from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource, declare
from acsctl.emulator.services.cr.answer import Refusal, paged, registry_action
from acsctl.emulator.services.cr.instance import find_registry, working_registry
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP

NAMESPACE = declare("registry_namespace", prefix="crn-")
REPOSITORY = declare("registry_repository", prefix="crr-")
TYPES = ("PUBLIC", "PRIVATE")
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*", re.ASCII)


@registry_action("CreateNamespace")
def create_namespace(call: Call) -> dict[str, Any]:
    registry = working_registry(call)
    name = call.text("NamespaceName")
    check_name(name, parameter="NamespaceName", longest=120)
    if find_namespace(call, name=name) is not None:
        raise Refusal("NAMESPACE_ALREADY_EXIST")
    call.within_quota("cr.namespaces-per-registry", used=len(namespaces(call)), code="NAMESPACE_QUOTA_EXCEED")
    defaults = {"RepoType": "PRIVATE", "TagImmutability": False, "ArtifactBuildRuleParameters": {"ImageIndexOnly": False}}
    call.create(
        NAMESPACE,
        attributes={
            "InstanceId": registry.id,
            "NamespaceName": name,
            "NamespaceStatus": "NORMAL",
            "AutoCreateRepo": call.flag("AutoCreateRepo", default=True),
            "DefaultRepoConfiguration": _configuration(call, old=defaults),
            "ResourceGroupId": DEFAULT_RESOURCE_GROUP,
        },
    )
    return {}


@registry_action("GetNamespace")
def get_namespace(call: Call) -> dict[str, Any]:
    find_registry(call)
    id_, name = call.text("NamespaceId"), call.text("NamespaceName")
    asked = (one for one in _listed(call) if id_ in ("", one.id) and name in ("", one["NamespaceName"]))
    found = next(asked, None) if id_ or name else None
    if found is None:
        raise Refusal("NAMESPACE_NOT_EXIST")
    return _shown(found)


@registry_action("ListNamespace")
def list_namespace(call: Call) -> dict[str, Any]:
    find_registry(call)
    filters = ("NamespaceName", "NamespaceStatus")
    rows = [one for one in _listed(call) if all(call.text(name) in ("", one[name]) for name in filters)]
    page, number, size = paged(call, rows=rows)
    return {"Namespaces": [_shown(one) for one in page], "PageNo": number, "PageSize": size, "TotalCount": str(len(rows))}


@registry_action("UpdateNamespace")
def update_namespace(call: Call) -> dict[str, Any]:
    working_registry(call)
    namespace = require_namespace(call, name=call.text("NamespaceName"))
    namespace.set(DefaultRepoConfiguration=_configuration(call, old=namespace["DefaultRepoConfiguration"]))
    if call.given("AutoCreateRepo"):
        namespace.set(AutoCreateRepo=call.flag("AutoCreateRepo"))
    return {}


@registry_action("DeleteNamespace")
def delete_namespace(call: Call) -> dict[str, Any]:
    """Its repositories go with it."""
    working_registry(call)
    namespace = require_namespace(call, name=call.text("NamespaceName"))
    for one in call.all(REPOSITORY):
        if one["InstanceId"] == namespace["InstanceId"] and one["RepoNamespaceName"] == namespace["NamespaceName"]:
            one.remove()
    namespace.remove()
    return {}


def namespaces(call: Call) -> list[Resource]:
    """The truth: those of the instance that the call names."""
    return [one for one in call.all(NAMESPACE) if one["InstanceId"] == call.text("InstanceId")]


def find_namespace(call: Call, *, name: str) -> Resource | None:
    return next((one for one in namespaces(call) if one["NamespaceName"] == name), None)


def require_namespace(call: Call, *, name: str) -> Resource:
    """Raises Refusal: NAMESPACE_NOT_EXIST."""
    found = find_namespace(call, name=name)
    if found is None:
        raise Refusal("NAMESPACE_NOT_EXIST")
    return found


def check_name(name: str, *, parameter: str, longest: int) -> None:
    """Raises InvalidParameter for a name that is no part of an image's name."""
    if not 2 <= len(name) <= longest or not _NAME.fullmatch(name):
        text = f"{parameter} has 2 to {longest} lower-case letters, digits and - _ . between them."
        raise ApiError("InvalidParameter", message=text, status=400)


def check_type(kind: str, *, parameter: str) -> str:
    """PUBLIC or PRIVATE. Raises InvalidParameter."""
    if kind.upper() not in TYPES:
        raise ApiError("InvalidParameter", message=f"{parameter} is one of {', '.join(TYPES)}.", status=400)
    return kind.upper()


def _configuration(call: Call, *, old: dict[str, Any]) -> dict[str, Any]:
    """DefaultRepoConfiguration, with DefaultRepoType as its older spelling."""
    given = call.parameters.get("DefaultRepoConfiguration") or {}
    kind = given.get("RepoType") or call.text("DefaultRepoType") or old["RepoType"]
    return {**old, **given, "RepoType": check_type(str(kind), parameter="DefaultRepoType")}


def _listed(call: Call) -> list[Resource]:
    return [one for one in call.listed(NAMESPACE) if one["InstanceId"] == call.text("InstanceId")]


def _shown(namespace: Resource) -> dict[str, Any]:
    names = ("InstanceId", "NamespaceName", "NamespaceStatus", "AutoCreateRepo", "DefaultRepoConfiguration", "ResourceGroupId")
    kind = namespace["DefaultRepoConfiguration"]["RepoType"]
    return {"NamespaceId": namespace.id, **namespace.pick(*names), "DefaultRepoType": kind}
