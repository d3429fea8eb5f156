"""The doors of an instance: the public one with its access list, and links into VPCs (containers.md 3.1).

An entry that is sent while the public door is being made is lost without a word: that is waited for first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from acsctl.cloud import Cloud, dig, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks, vswitch
from acsctl.kinds.contract import Steps, Wait

PUBLIC = "internet"
MODULE = "Registry"
STEADY = "RUNNING"


@dataclass(frozen=True)
class Doors:
    """What stands open: `entries` of the access list are ranges with their comments, `links` vSwitches with their states."""

    public: bool
    entries: dict[str, str]
    links: dict[str, str]
    domain: str
    vpc_domain: str
    steady: bool

    def allowed(self, comment: str, *, named: Iterable[Any]) -> list[str]:
        """The ranges that bear `comment` or that are `named`."""
        wanted = {item for item in named if isinstance(item, str)}
        return sorted(cidr for cidr, said in self.entries.items() if cidr in wanted or (comment and said == comment))

    def urls(self, namespace: str) -> dict[str, str]:
        """Where images of a namespace are."""
        public = f"{self.domain}/{namespace}" if self.public and self.domain else ""
        inside = f"{self.vpc_domain}/{namespace}" if self.links and self.vpc_domain else ""
        return {"url": inside or public, "public_url": public, "vpc_url": inside}


def look(cloud: Cloud, instance: str) -> Doors:
    """Both doors, a call each."""
    public = cloud.call("cr", "GetInstanceEndpoint", {"InstanceId": instance, "EndpointType": PUBLIC, "ModuleName": MODULE})
    inside = cloud.call("cr", "GetInstanceVpcEndpoint", {"InstanceId": instance, "ModuleName": MODULE})
    enabled = bool(public.get("Enable"))
    rows: Sequence[Any] = inside.get("LinkedVpcs") or ()
    links = {str(row["VswitchId"]): str(row.get("Status") or STEADY) for row in rows}
    domains: Sequence[Any] = public.get("Domains") or ()
    return Doors(
        public=enabled,
        entries={str(row["Entry"]): str(row.get("Comment") or "") for row in public.get("AclEntries") or ()},
        links=links,
        domain=next((str(row["Domain"]) for row in domains), ""),
        vpc_domain=next(map(str, inside.get("Domains") or ()), ""),
        steady=(not enabled or public.get("Status", STEADY) == STEADY) and set(links.values()) <= {STEADY},
    )


def open_public(cloud: Cloud, id: str, *, comment: str, added: Iterable[str] = (), removed: Iterable[str] = ()) -> Steps:
    """Open the public door where it is shut, wait until it stands, then write its entries one by one."""
    instance = id.partition("/")[0]
    where = {"InstanceId": instance, "EndpointType": PUBLIC, "ModuleName": MODULE}
    entrance = look(cloud, instance)
    if not entrance.public:
        cloud.call("cr", "UpdateInstanceEndpointStatus", {**where, "Enable": True})
    yield Wait((id,))
    there = look(cloud, instance).entries
    for cidr in added:
        if cidr not in there:
            cloud.call("cr", "CreateInstanceEndpointAclPolicy", {**where, "Entry": cidr, "Comment": comment or None})
            yield Wait((id,))
    for cidr in removed:
        if cidr in there:
            marks.gone_is_done(cloud, "cr", "DeleteInstanceEndpointAclPolicy", {**where, "Entry": cidr})
            yield Wait((id,))


def shut(cloud: Cloud, id: str, *, comment: str, removed: Iterable[str]) -> Steps:
    """Take our entries out, by their comment too; the door itself stays as it is, since others may use it."""
    entrance = look(cloud, id.partition("/")[0])
    ranges = entrance.allowed(comment, named=removed)
    if ranges and entrance.public:
        yield from open_public(cloud, id, comment="", removed=ranges)


def link(cloud: Cloud, id: str, *, vswitches: Iterable[str]) -> Steps:
    """Give the instance an address in these vSwitches."""
    instance = id.partition("/")[0]
    wanted = [item for item in vswitches if item not in look(cloud, instance).links]
    for item, vpc in _homes(cloud, wanted).items():
        params = {"InstanceId": instance, "VpcId": vpc, "VswitchId": item, "ModuleName": MODULE}
        cloud.call("cr", "CreateInstanceVpcEndpointLinkedVpc", params)
        yield Wait((id,))


def unlink(cloud: Cloud, id: str, *, vswitches: Iterable[str]) -> Steps:
    """Take these addresses away, before their vSwitches go."""
    instance = id.partition("/")[0]
    going = [item for item in vswitches if item in look(cloud, instance).links]
    for item, vpc in _homes(cloud, going).items():
        params = {"InstanceId": instance, "VpcId": vpc, "VswitchId": item, "ModuleName": MODULE}
        try:
            cloud.call("cr", "DeleteInstanceVpcEndpointLinkedVpc", params)
        except CloudError as error:
            if not is_absent(error):
                raise
        yield Wait((id,))


def _homes(cloud: Cloud, vswitches: Iterable[str]) -> dict[str, str]:
    """The VPC of each vSwitch."""
    found = {}
    for item in vswitches:
        for row in list_all(cloud, vswitch.LISTING, {"RegionId": cloud.region, "VSwitchId": item}):
            found[item] = dig(row, "VpcId", str)
    return found
