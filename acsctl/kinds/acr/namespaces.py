"""Namespaces and repositories of an instance (API ListNamespace, ListRepository; sheet containers.md 3.1).

A namespace is known within its instance only, so that its id here is `<instance>/<namespace>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acsctl.cloud import Cloud, Listing, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks
from acsctl.kinds.acr import doors, summaries
from acsctl.kinds.contract import Readiness, Scope
from acsctl.model.ownership import Mark
from acsctl.model.resource import Desired, Live

Row = Mapping[str, Any]

INSTANCE_ID = r"cri-[a-z0-9]+"
NAMESPACES = Listing(
    "cr",
    "ListNamespace",
    items="Namespaces",
    key=("NamespaceName",),
    size=100,
    page_name="PageNo",
    digits=True,
)
REPOSITORIES = Listing(
    "cr",
    "ListRepository",
    items="Repositories",
    key=("RepoId",),
    size=100,
    page_name="PageNo",
    digits=True,
)
NORMAL = "NORMAL"


def split(id: str) -> tuple[str, str]:
    """Instance and name of a namespace's id."""
    instance, _, name = id.partition("/")
    return instance, name


def repositories(cloud: Cloud, instance: str, *, namespace: str | None = None) -> list[dict[str, Any]]:
    """The repositories of an instance, or of one of its namespaces; those that are going do not count."""
    rows = _rows(cloud, REPOSITORIES, {"InstanceId": instance, "RepoNamespaceName": namespace}) or []
    there = [row for row in rows if row.get("RepoStatus", NORMAL) == NORMAL]
    return [row for row in there if namespace in (None, row["RepoNamespaceName"])]


def is_instance(cloud: Cloud, id: str) -> bool:
    """Whether there is an instance of this id in the region."""
    return _rows(cloud, NAMESPACES, {"InstanceId": id}) is not None


def _rows(cloud: Cloud, listing: Listing, params: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What an instance has; None where there is no such instance."""
    try:
        return list_all(cloud, listing, params)
    except CloudError as error:
        if not is_absent(error):
            raise
        return None


def whole(cloud: Cloud, instance: str, *, names: set[str], rows: Sequence[Row], scope: Scope) -> list[Live]:
    """The namespaces `names`, of which `rows` are repositories, with what the instance's doors say of them."""
    every = (_rows(cloud, NAMESPACES, {"InstanceId": instance}) or []) if names else []
    found = [row for row in every if row["NamespaceName"] in names]
    if not found:
        return []
    entrance = doors.look(cloud, instance)
    return [_read(instance, row, rows=rows, entrance=entrance, scope=scope) for row in found]


def _read(instance: str, row: Row, *, rows: Sequence[Row], entrance: doors.Doors, scope: Scope) -> Live:
    """A namespace in the shape of the schema."""
    name = str(row["NamespaceName"])
    mine = [entry for entry in rows if entry["RepoNamespaceName"] == name]
    mark = next(filter(None, (summaries.mark_of(str(entry.get("Summary") or "")) for entry in mine)), None)
    desired = _wanted(scope, instance, name)
    wanted = desired.spec if desired else {}
    # A namespace without repositories bears no mark, and yet its entries say whose they are.
    comment = summaries.comment(mark or (Mark(scope.stack, desired.address) if desired else None))
    ours = {item.id for item in scope.live.get("vswitch", ())} | {str(item) for item in wanted.get("vpc_links") or ()}
    allow = entrance.allowed(comment, named=(wanted.get("public_access") or {}).get("allow") or ())
    return marks.live(
        "registry",
        f"{instance}/{name}",
        spec={
            "enterprise_instance": instance,
            "namespace": name,
            "repositories": [repository(entry) for entry in sorted(mine, key=lambda entry: str(entry["RepoName"]))],
            "public_access": {"allow": allow} if entrance.public else None,
            "vpc_links": sorted(vswitch for vswitch in entrance.links if vswitch in ours),
        },
        tags=mark.tags() if mark else {},
        outputs=entrance.urls(name),
        state="ready" if _stands(row) and entrance.steady else "pending",
        reason="" if entrance.steady else "its doors are being made",
        name=name,
    )


def _stands(row: Row) -> bool:
    return bool(row.get("NamespaceStatus", NORMAL) == NORMAL)


def _wanted(scope: Scope, instance: str, name: str) -> Desired | None:
    """What the file says of a namespace, None where it does not name it."""
    every = (item for item in scope.desired.values() if item.address.kind == "registry" and not item.existing)
    where = (instance, name)
    return next((item for item in every if (item.spec.get("enterprise_instance"), item.spec.get("namespace")) == where), None)


def repository(row: Row) -> dict[str, Any]:
    """A repository in the shape of the schema."""
    return {
        "name": str(row["RepoName"]),
        "public": row.get("RepoType") == "PUBLIC",
        "summary": _plain(summaries.text_of(str(row.get("Summary") or ""))),
        "immutable_tags": bool(row.get("TagImmutability")),
    }


def _plain(text: str) -> str:
    # The API takes no empty summary.
    return "" if text == "-" else text


def make(cloud: Cloud, id: str, item: Mapping[str, Any], *, mark: Mark | None) -> None:
    """A new repository, marked in its summary."""
    instance, namespace = split(id)
    where = {"InstanceId": instance, "RepoNamespaceName": namespace, "RepoName": item["name"]}
    cloud.call("cr", "CreateRepository", {**where, **_fields(item, mark)})


def _fields(item: Mapping[str, Any], mark: Mark | None) -> dict[str, Any]:
    return {
        "RepoType": "PUBLIC" if item["public"] else "PRIVATE",
        "Summary": summaries.written(item["summary"], mark),
        "TagImmutability": bool(item["immutable_tags"]),
    }


def drop(cloud: Cloud, instance: str, row: Row) -> None:
    """A repository goes with its images."""
    marks.gone_is_done(cloud, "cr", "DeleteRepository", {"InstanceId": instance, "RepoId": str(row["RepoId"])})


def bring(cloud: Cloud, item: Live, *, wanted: Iterable[Mapping[str, Any]] | None, mark: Mark | None) -> None:
    """Make the repositories what is `wanted`, all marked; None leaves them as they are, but for the mark."""
    instance, namespace = split(item.id)
    rows = {str(row["RepoName"]): row for row in repositories(cloud, instance, namespace=namespace)}
    entries = {str(entry["name"]): entry for entry in wanted} if wanted is not None else None
    for name in rows.keys() - entries.keys() if entries is not None else ():
        drop(cloud, instance, rows[name])
    for name, entry in (entries if entries is not None else {name: repository(row) for name, row in rows.items()}).items():
        row = rows.get(name)
        if row is None:
            make(cloud, item.id, entry, mark=mark)
        elif _fields(repository(row), None) != _fields(entry, None) or row.get("Summary") != _fields(entry, mark)["Summary"]:
            cloud.call("cr", "UpdateRepository", {"InstanceId": instance, "RepoId": str(row["RepoId"]), **_fields(entry, mark)})


def standing(cloud: Cloud, instance: str, *, ids: Sequence[str]) -> dict[str, Readiness]:
    """How far these namespaces of one instance are: ready once they and the instance's doors stand."""
    rows = {f"{instance}/{row['NamespaceName']}": row for row in list_all(cloud, NAMESPACES, {"InstanceId": instance})}
    there = [id for id in ids if id in rows]
    entrance = doors.look(cloud, instance) if there else None
    found = {id: Readiness("pending", absent=True) for id in ids}
    for id in there if entrance else ():
        assert entrance is not None
        ready = _stands(rows[id]) and entrance.steady
        reason = "" if ready else "its doors are being made" if _stands(rows[id]) else "going"
        found[id] = Readiness("ready" if ready else "pending", outputs=entrance.urls(split(id)[1]), reason=reason)
    return found
