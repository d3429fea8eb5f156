"""`registry`: a namespace of an Enterprise Edition instance of Container Registry (product cr; sheet containers.md 3.1).

The instance is bought by its owner and named here. A namespace can bear no mark: its repositories do, in their summaries, and
the record knows it. Public access and links are the instance's, which others may use as well: only what the file names, and
what bears our comment or leads to our vSwitches, is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, WithJsonSchema

from acsctl.cloud import Cloud
from acsctl.errors import AcsctlError
from acsctl.kinds import marks, ranges, targets
from acsctl.kinds.acr import doors, namespaces, summaries
from acsctl.kinds.contract import Kind, Made, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.model.ownership import Mark, read
from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, SpecOf, attr
from acsctl.model.types import Cidr, Target
from acsctl.model.unknown import Ref

NAME = r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?"
InstanceId = Annotated[str, StringConstraints(pattern=rf"^{namespaces.INSTANCE_ID}$")]
NamespaceName = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", min_length=2, max_length=120)]


class _Repository(BaseModel):
    """A repository as it may be written: a name, or an object."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern=rf"^{NAME}$", min_length=2, max_length=64)]
    public: bool = False
    summary: Annotated[str, StringConstraints(max_length=100)] = ""
    immutable_tags: bool = False


def _repository(value: Any) -> dict[str, Any]:
    return _Repository.model_validate({"name": value} if isinstance(value, str) else value).model_dump()


Repository = Annotated[
    Any,
    AfterValidator(_repository),
    WithJsonSchema({"anyOf": [{"type": "string"}, _Repository.model_json_schema()]}),
]


class PublicAccess(SpecModel):
    """The instance's public door."""

    allow: list[Cidr] = attr(..., doc="who may come in; entries that others made stay", meta=Meta(as_set=True), min_length=1)


class RegistrySpec(SpecModel):
    """A namespace with repositories for container images."""

    enterprise_instance: InstanceId = attr(
        ..., doc="the id of the Enterprise Edition instance, such as cri-abc123", meta=Meta(immutable=True, natural_key=True)
    )
    namespace: NamespaceName = attr(..., doc="its name in the instance", meta=Meta(immutable=True, natural_key=True))
    repositories: list[Repository] = attr(
        doc="its repositories: a name, or {name, public, summary, immutable_tags}; to take one out loses its images",
        meta=Meta(as_set=True, key="name", holds=True),
    )
    public_access: PublicAccess = attr(doc="opens the instance to the Internet for these ranges; it is not closed again")
    vpc_links: list[Target] = attr(
        doc="vSwitches in which the instance gets an address: one of each VPC that pulls images",
        meta=Meta(as_set=True, reset=[], reference=Reference(("vswitch",), targets.VSWITCH_ID, detachable=True)),
    )


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """Repositories have different names, and their summaries have room for our mark; a VPC has one link."""
    seen: list[str] = []
    for place, item in enumerate(spec.get("repositories") or ()):
        if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
            continue
        if item["name"] in seen:
            yield Fault(("repositories", place), f"there is a repository {item['name']} already")
        seen.append(item["name"])
        if isinstance(item.get("summary"), str) and len(item["summary"]) > summaries.ROOM:
            yield Fault(("repositories", place), f"a summary has at most {summaries.ROOM} characters: the rest is for our mark")
    yield from _links(spec, others)


def _links(spec: Spec, others: Others) -> Iterable[Fault]:
    """The cloud takes one link of a VPC (INSTANCE_ACCESS_ALREADY_EXIST)."""
    first: dict[Any, Any] = {}
    for place, item in enumerate(spec.get("vpc_links") or ()):
        vswitch = ranges.target(item, others)
        vpc = vswitch.spec.get("vpc") if vswitch else None
        if isinstance(vpc, (Ref, str)) and first.setdefault(vpc, item) != item:
            text = f"{item} is in {vpc}, where {first[vpc]} is linked already"
            yield Fault(("vpc_links", place), text, hint="one of each VPC")


def normalise(spec: Spec) -> Spec:
    """Repositories as objects, as live ones are."""
    if not isinstance(items := spec.get("repositories"), (list, tuple)):
        return spec
    plain = {"public": False, "summary": "", "immutable_tags": False}
    return {**spec, "repositories": [_whole(item, plain) for item in items]}


def _whole(item: Any, plain: Mapping[str, Any]) -> Any:
    if isinstance(item, str):
        return {"name": item, **plain}
    return {**plain, **item} if isinstance(item, Mapping) else item


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """One write at a time to an instance: its doors are load balancers that refuse two."""
    return (f"registry:{spec['enterprise_instance']}",)


class Registry(Kind):
    """See the module."""

    schema = Schema(
        kind="registry",
        model=RegistrySpec,
        doc="a namespace for container images",
        outputs={
            "url": "where its images are: in the VPC where the instance has a link, else in public",
            "public_url": "where its images are in public, empty where that is closed",
            "vpc_url": "where its images are in VPCs with a link, empty without",
        },
        ids=rf"{namespaces.INSTANCE_ID}/{NAME}",
        stateful=True,
        markless=True,
        durations={"create": 20, "update": 20, "delete": 10},
        check=check,
        normalise=normalise,
        keys=queues,
    )
    settle = 60.0
    token_proven = False
    poll = Poll(first=2, every=3)

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """The repositories of each instance that the file names, 100 a page; those with our mark tell the namespaces."""
        for instance in dict.fromkeys(_instances(scope)):
            rows = namespaces.repositories(cloud, instance)
            names = {row["RepoNamespaceName"] for row in rows if summaries.is_owned(row, scope.stack)}
            found = namespaces.whole(cloud, instance, names=names, rows=rows, scope=scope)
            yield from marks.ours("registry", scope.stack, found)

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, or by `enterprise_instance` and `namespace`."""
        instance, name = namespaces.split(query["id"]) if "id" in query else (query["enterprise_instance"], query["namespace"])
        rows = namespaces.repositories(cloud, instance, namespace=name)
        return namespaces.whole(cloud, instance, names={name}, rows=rows, scope=scope)

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """Whether there is the instance."""
        instance = spec.get("enterprise_instance")
        if not isinstance(instance, str) or namespaces.is_instance(cloud, instance):
            return Prepared()
        text = f"there is no registry instance {instance} in {cloud.region}"
        remedy = "Write the id of an Enterprise Edition instance, as the console of Container Registry shows it."
        return Prepared(findings=(Finding("error", text, remedy=remedy),))

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """CreateNamespace has no ClientToken; its name in the instance keeps it from being done twice."""
        spec = want.spec
        where = {"InstanceId": spec["enterprise_instance"], "NamespaceName": spec["namespace"]}
        # No repository comes into being by a push: what is there is what the file says.
        cloud.call("cr", "CreateNamespace", {**where, "AutoCreateRepo": False, "DefaultRepoType": "PRIVATE"})
        id = f"{spec['enterprise_instance']}/{spec['namespace']}"
        yield Made((id,))
        yield Wait((id,))
        for item in spec.get("repositories") or ():
            namespaces.make(cloud, id, item, mark=want.mark)
        if access := spec.get("public_access"):
            yield from doors.open_public(cloud, id, comment=summaries.comment(want.mark), added=access["allow"])
        yield from doors.link(cloud, id, vswitches=spec.get("vpc_links") or ())
        yield Wait((id,))

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """Repositories, then who comes in, then links. The summaries carry the mark."""
        (item,) = lives
        mark = _mark(item, change)
        if change.changes("repositories") or change.set_tags or change.unset_tags:
            namespaces.bring(cloud, item, wanted=change.spec.get("repositories"), mark=mark)
        if change.changes("public_access"):
            field = change.fields.get("public_access.allow", change.fields["public_access"])
            comment = summaries.comment(mark)
            yield from doors.open_public(cloud, item.id, comment=comment, added=field.added, removed=field.removed)
        if change.changes("vpc_links"):
            yield from doors.unlink(cloud, item.id, vswitches=change.fields["vpc_links"].removed)
            yield from doors.link(cloud, item.id, vswitches=change.fields["vpc_links"].added)
        yield Wait((item.id,))

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """Our links and entries, our repositories, the namespace. A repository of somebody else's keeps it from going."""
        (item,) = lives
        instance, name = namespaces.split(item.id)
        known = {entry["name"] for entry in item.spec.get("repositories") or ()}
        rows = namespaces.repositories(cloud, instance, namespace=name)
        foreign = sorted(row["RepoName"] for row in rows if row["RepoName"] not in known)
        if foreign:
            remedy = "Delete them, or write them into `repositories` first."
            raise AcsctlError(f"{item.id} has repositories that came since: {', '.join(foreign)}", remedy=remedy)
        yield from doors.unlink(cloud, item.id, vswitches=item.spec.get("vpc_links") or ())
        allowed = (item.spec.get("public_access") or {}).get("allow") or ()
        yield from doors.shut(cloud, item.id, comment=summaries.comment(item.mark), removed=allowed)
        for row in rows:
            namespaces.drop(cloud, instance, row)
        marks.gone_is_done(cloud, "cr", "DeleteNamespace", {"InstanceId": instance, "NamespaceName": name})
        yield Wait((item.id,), until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """Namespaces by instance, and the instance's doors: a call each."""
        found: dict[str, Readiness] = {}
        for instance in dict.fromkeys(namespaces.split(id)[0] for id in ids):
            mine = [id for id in ids if id.startswith(f"{instance}/")]
            found |= namespaces.standing(cloud, instance, ids=mine)
        return found


def _instances(scope: Scope) -> Iterable[str]:
    for desired in scope.desired.values():
        if desired.address.kind == "registry" and isinstance(desired.spec.get("enterprise_instance"), str):
            yield desired.spec["enterprise_instance"]


def _mark(item: Live, change: Update) -> Mark | None:
    """The mark as it should be: what is there with what changes of it."""
    have = item.mark.tags() if item.mark else {}
    return read({**{key: text for key, text in have.items() if key not in change.unset_tags}, **change.set_tags})
