"""Repositories of a registry and the tags in them, of which there are none (sheet containers.md 3.1)."""

from typing import Any

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.cr.answer import Refusal, milliseconds, paged, registry_action
from acsctl.emulator.services.cr.instance import find_registry, working_registry
from acsctl.emulator.services.cr.namespace import REPOSITORY, check_name, check_type, require_namespace
from acsctl.emulator.services.paging import by_token, id_mark
from acsctl.emulator.services.vpc.vpc import DEFAULT_RESOURCE_GROUP


@registry_action("CreateRepository")
def create_repository(call: Call) -> dict[str, Any]:
    registry = working_registry(call)
    namespace, name = require_namespace(call, name=call.text("RepoNamespaceName")), call.text("RepoName")
    check_name(name, parameter="RepoName", longest=64)
    if _named(call, rows=repositories(call), namespace=namespace["NamespaceName"], name=name) is not None:
        raise Refusal("REPO_ALREADY_EXIST")
    call.within_quota("cr.repositories-per-registry", used=len(repositories(call)), code="REPO_QUOTA_EXCEED")
    made = call.create(
        REPOSITORY,
        attributes={
            "InstanceId": registry.id,
            "RepoNamespaceName": namespace["NamespaceName"],
            "RepoName": name,
            "RepoStatus": "NORMAL",
            "RepoBuildType": "MANUAL",
            "ResourceGroupId": DEFAULT_RESOURCE_GROUP,
            "TagImmutability": False,
            "Detail": "",
            **_given(call),
        },
    )
    return {"RepoId": made.id}


@registry_action("GetRepository")
def get_repository(call: Call) -> dict[str, Any]:
    find_registry(call)
    found = _asked(call, rows=_listed(call))
    return {**_shown(found), "Detail": found["Detail"]}


@registry_action("ListRepository")
def list_repository(call: Call) -> dict[str, Any]:
    """By pages, or by NextToken when MaxResults or NextToken is given."""
    find_registry(call)
    filters = ("RepoName", "RepoNamespaceName", "RepoStatus")
    rows = [one for one in _listed(call) if all(call.text(name) in ("", one[name]) for name in filters)]
    total = {"TotalCount": str(len(rows))}
    if call.given("MaxResults") or call.text("NextToken"):
        size = min(100, max(1, call.number("MaxResults", default=30)))
        page, token = by_token(call, rows=rows, size=size, mark=id_mark)
        return {"Repositories": [_shown(one) for one in page], "NextToken": token, "MaxResults": size, **total}
    page, number, size = paged(call, rows=rows)
    return {"Repositories": [_shown(one) for one in page], "PageNo": number, "PageSize": size, **total}


@registry_action("UpdateRepository")
def update_repository(call: Call) -> dict[str, Any]:
    working_registry(call)
    _asked(call, rows=repositories(call)).set(**_given(call), ModifiedTime=call.now)
    return {}


@registry_action("DeleteRepository")
def delete_repository(call: Call) -> dict[str, Any]:
    working_registry(call)
    _asked(call, rows=repositories(call)).remove()
    return {}


@registry_action("ListRepoTag")
def list_repo_tag(call: Call) -> dict[str, Any]:
    _repository_of_tag(call)
    _, number, size = paged(call, rows=[])
    return {"Images": [], "PageNo": number, "PageSize": size, "TotalCount": "0"}


@registry_action("GetRepoTag")
def get_repo_tag(call: Call) -> dict[str, Any]:
    _repository_of_tag(call)
    raise Refusal("TAG_NOT_EXIST")


@registry_action("DeleteRepoTag")
def delete_repo_tag(call: Call) -> dict[str, Any]:
    _repository_of_tag(call)
    raise Refusal("TAG_NOT_EXIST")


def repositories(call: Call) -> list[Resource]:
    """The truth: those of the instance that the call names."""
    return [one for one in call.all(REPOSITORY) if one["InstanceId"] == call.text("InstanceId")]


def _listed(call: Call) -> list[Resource]:
    return [one for one in call.listed(REPOSITORY) if one["InstanceId"] == call.text("InstanceId")]


def _repository_of_tag(call: Call) -> Resource:
    find_registry(call)
    return _asked(call, rows=repositories(call))


def _asked(call: Call, *, rows: list[Resource]) -> Resource:
    """By RepoId, or by RepoNamespaceName and RepoName. Raises Refusal: REPO_NOT_EXIST."""
    if call.text("RepoId"):
        found = next((one for one in rows if one.id == call.text("RepoId")), None)
    elif call.text("RepoName") and call.text("RepoNamespaceName"):
        found = _named(call, rows=rows, namespace=call.text("RepoNamespaceName"), name=call.text("RepoName"))
    else:
        raise ApiError(
            "MissingParameter", message="Name the repository: RepoId, or RepoNamespaceName and RepoName.", status=400
        )
    if found is None:
        raise Refusal("REPO_NOT_EXIST")
    return found


def _named(call: Call, *, rows: list[Resource], namespace: str, name: str) -> Resource | None:
    return next((one for one in rows if one["RepoNamespaceName"] == namespace and one["RepoName"] == name), None)


def _given(call: Call) -> dict[str, Any]:
    """What create and update both take; RepoType and Summary are mandatory in both."""
    given: dict[str, Any] = {"Summary": call.text("Summary")}
    given["RepoType"] = check_type(call.text("RepoType"), parameter="RepoType")
    if len(given["Summary"]) > 100:
        raise ApiError("InvalidParameter", message="Summary has at most 100 characters.", status=400)
    if call.given("Detail"):
        given["Detail"] = call.text("Detail")
    if call.given("TagImmutability"):
        given["TagImmutability"] = call.flag("TagImmutability")
    return given


def _shown(repository: Resource) -> dict[str, Any]:
    names = ("InstanceId", "RepoNamespaceName", "RepoName", "RepoStatus", "RepoType", "RepoBuildType", "ResourceGroupId")
    times = {
        "CreateTime": milliseconds(repository.created),
        "ModifiedTime": milliseconds(repository.get("ModifiedTime", default=repository.created)),
    }
    return {"RepoId": repository.id, **repository.pick(*names, "Summary", "TagImmutability"), **times}
