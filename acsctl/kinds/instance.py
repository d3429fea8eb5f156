"""`instance`: an ECS instance, or with `count` a fleet of them (API RunInstances, DescribeInstances; sheet compute.md 1 and 3).

How it is seen, chosen, made and changed is in `kinds/ecs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from acsctl.cloud import Cloud, is_absent, list_all
from acsctl.errors import CloudError
from acsctl.kinds import marks, targets
from acsctl.kinds.contract import Kind, Poll, Prepared, Readiness, Scope, Steps, Token, Update, Wait, Want
from acsctl.kinds.ecs import alter, catalogue, launch, rows
from acsctl.kinds.ecs.catalogue import same_image
from acsctl.model.change import Impact
from acsctl.model.resource import Live, Spec
from acsctl.model.schema import Fault, Meta, Others, Reference, Schema, SpecModel, SpecOf, attr
from acsctl.model.types import EcsDescription, EcsName, Target
from acsctl.model.unknown import UNKNOWN, Ref, Secret

USER_DATA_BYTES = 32 * 1024
DELETES_A_CALL = 100

Category = Literal["cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_ssd", "cloud_efficiency"]
Level = Literal["PL0", "PL1", "PL2", "PL3"]
TypeName = Annotated[str, StringConstraints(pattern=r"^ecs\.[a-z0-9.-]+$")]

LEAST = {"cloud_efficiency": 20, "cloud_ssd": 20, "cloud_essd": 1, "cloud_auto": 1, "cloud_essd_entry": 10}
LEAST_BY_LEVEL = {"PL0": 1, "PL1": 20, "PL2": 461, "PL3": 1261}
DEFAULT_SIZE = 40
"""GiB of a system disk for which nothing is written (sheet compute.md 1.1)."""
MOST = {"cloud_efficiency": 32768, "cloud_ssd": 32768, "cloud_essd_entry": 32768}


def same_disks(want: Any, have: Any) -> bool:
    """Whether each wanted data disk has a live one of its own and none is left: the cloud does not tell their order.

    Disks with a level are matched first, since one without a level takes any.
    """
    left = _items(have)
    for disk in sorted(_items(want), key=lambda disk: disk.get("performance_level") is None):
        written = {name: value for name, value in disk.items() if value is not None}
        match = next((live for live in left if written.items() <= live.items()), None)
        if match is None:
            return False
        left.remove(match)
    return not left


class SystemDisk(SpecModel):
    """The disk that holds the operating system."""

    category: Category = attr(doc="its sort", meta=Meta(immutable=True))
    # 20 to 2048 GiB: unconfirmed for other sorts than cloud_essd.
    size: int = attr(doc="GiB; it can only grow, and the file system inside is not grown with it", ge=20, le=2048)
    performance_level: Level = attr(doc="of cloud_essd: PL0 to PL3")


class DataDisk(SpecModel):
    """A disk that is made with the instance."""

    category: Category = attr(..., doc="its sort")
    size: int = attr(..., doc="GiB", ge=1, le=65536)
    performance_level: Level = attr(doc="of cloud_essd: PL0 to PL3; PL1 where none is written")
    delete_with_instance: bool = attr(True, doc="whether it goes when the instance goes")


class InstanceSpec(SpecModel):
    """A virtual machine, or a fleet of alike ones."""

    vswitch: list[Target] = attr(
        ...,
        doc="where it stands: one vSwitch, or several over which members of a fleet are spread; to move within a zone needs a "
        "restart, to another zone a replacement",
        meta=Meta(choice=True, impact=Impact.RESTART, reference=targets.VSWITCH),
        min_length=1,
    )
    security_groups: list[Target] = attr(
        ...,
        doc="its security groups, all in the VPC of the vSwitch",
        meta=Meta(as_set=True, reference=Reference(("security_group",), targets.GROUP_ID)),
        min_length=1,
    )
    instance_types: list[TypeName] = attr(
        ...,
        doc="types in the order of preference: the first in stock is taken, a live member of any of them is as wanted",
        meta=Meta(choice=True, impact=Impact.RESTART),
        min_length=1,
    )
    image: str = attr(
        ...,
        doc="an image's id, or the beginning of one (aliyun_3_x64_20G_alibase): then the newest, and a live member of any date "
        "is as wanted; another image makes a new system disk",
        meta=Meta(same=same_image, impact=Impact.DATA_LOSS),
        min_length=1,
    )
    system_disk: SystemDisk = attr(doc="the system disk; of the cloud's default sort and size where none is written")
    data_disks: list[DataDisk] = attr(
        doc="further disks, at most 16", meta=Meta(immutable=True, same=same_disks), max_length=16
    )
    key_pair: Target = attr(
        doc="the key pair to log in with; another one works from the next start on",
        # Known by its name, which could be any word: another's is named by a resource with `existing`.
        meta=Meta(reset=None, reference=Reference(("key_pair",), "", detachable=True)),
    )
    user_data: str = attr(
        doc="what the machine runs when it first starts, at most 32 KB; a change is shown to the machine but not run again",
        # Unconfirmed: that empty user data take away what was there.
        meta=Meta(read="each", reset="", impact=Impact.RESTART),
    )
    # Without reset: whether there is a role is only read where the file has the field.
    ram_role: str = attr(doc='the name of the RAM role that it plays, "" for none', max_length=64)
    name: EcsName = attr(doc="its name, `<stack>-<name>` where none is written; members get -001 and so on", max_length=124)
    description: EcsDescription = attr(doc="2 to 256 characters", meta=Meta(reset=""), max_length=256)
    charge: Literal["postpaid", "spot"] = attr(doc="on demand, or from the spot market", meta=Meta(immutable=True))
    spot_price_limit: float = attr(
        doc="with `charge: spot`: the most to pay an hour; the market's price where none is written",
        meta=Meta(immutable=True),
        gt=0,
    )
    running: bool = attr(True, doc="whether it runs; false stops it", meta=Meta(impact=Impact.RESTART))


def check(spec: Spec, others: Others) -> Iterable[Fault]:
    """What can be refused at load."""
    data = spec.get("user_data")
    plain = data.reveal() if isinstance(data, Secret) else data
    if isinstance(plain, str) and (size := len(plain.encode())) > USER_DATA_BYTES:
        yield Fault(("user_data",), f"user data have at most 32 KB, these have {size} bytes")
    if spec.get("spot_price_limit") is not None and spec.get("charge") != "spot":
        yield Fault(("spot_price_limit",), "a price limit needs `charge: spot`", at="key")
    if isinstance(disk := spec.get("system_disk"), Mapping):
        yield from _check_disk(disk, ("system_disk",))
        yield from _check_default_size(disk)
    for place, disk in enumerate(_items(spec.get("data_disks"))):
        if isinstance(disk, Mapping):
            yield from _check_disk(disk, ("data_disks", place))
    yield from _check_vpc(spec, others)
    yield from _check_groups(spec, others)


def _check_default_size(disk: Mapping[str, Any]) -> Iterable[Fault]:
    """A system disk without a size has the image's, which the higher levels do not come in."""
    level = str(disk.get("performance_level"))
    if disk.get("size") is None and (least := LEAST_BY_LEVEL.get(level, 1)) > DEFAULT_SIZE:
        text = f"a disk of {level} has at least {least} GiB, a system disk without a size {DEFAULT_SIZE}"
        yield Fault(("system_disk", "performance_level"), text, hint="write its size")


def _check_groups(spec: Spec, others: Others) -> Iterable[Fault]:
    """Normal and enterprise groups are not mixed (EnterpriseGroupLimited.MutliGroupType)."""
    first: dict[str, Any] = {}
    for place, item in enumerate(_items(spec.get("security_groups"))):
        group = others.get(item.address) if isinstance(item, Ref) else None
        if group is None or group.existing:
            continue
        first.setdefault(str(group.spec.get("type") or "normal"), item)
        if len(first) > 1:
            one, other = sorted(first.items())
            yield Fault(("security_groups", place), f"{one[1]} is {one[0]} and {other[1]} is {other[0]}: one sort for all")
            return


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _check_disk(disk: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterable[Fault]:
    category, size, level = disk.get("category"), disk.get("size"), disk.get("performance_level")
    if level is not None and category not in (None, "cloud_essd"):
        yield Fault((*path, "performance_level"), "only cloud_essd has performance levels", at="key")
    if not isinstance(category, str) or not isinstance(size, int) or category not in LEAST:
        return
    # A cloud_essd disk without a level is PL1 (sheet compute.md 3).
    least = LEAST_BY_LEVEL.get(str(level or "PL1"), 1) if category == "cloud_essd" else LEAST[category]
    most = MOST.get(category, 65536)
    if not least <= size <= most:
        what = f"{category} {level}" if level else category
        yield Fault((*path, "size"), f"a disk of {what} has {least} to {most} GiB, not {size}")


def _check_vpc(spec: Spec, others: Others) -> Iterable[Fault]:
    """All its vSwitches and security groups are in one VPC. What another stack owns cannot be told here."""
    known: dict[Ref, str] = {}
    for field in ("vswitch", "security_groups"):
        for place, item in enumerate(_items(spec.get(field))):
            other = others.get(item.address) if isinstance(item, Ref) else None
            vpc = other.spec.get("vpc") if other else None
            if not isinstance(vpc, Ref):
                continue
            known.setdefault(vpc, str(item))
            if len(known) > 1:
                first = next(iter(known))
                yield Fault((field, place), f"{item} is in {vpc}, but {known[first]} is in {first}")
                return


def normalise(spec: Spec) -> Spec:
    """Data disks with their default, as a live one has it."""
    if not isinstance(disks := spec.get("data_disks"), (list, tuple)):
        return spec
    whole = [{"delete_with_instance": True, **disk} if isinstance(disk, Mapping) else disk for disk in disks]
    return {**spec, "data_disks": whole}


def forces(live: Live, spec: Spec, spec_of: SpecOf) -> Iterable[str]:
    """A machine cannot leave its zone and its VPC, and a system disk cannot shrink."""
    wanted = _items(spec.get("vswitch"))
    if wanted and live.spec.get("vswitch") not in wanted and not any(_reachable(live, spec_of(item)) for item in wanted):
        yield "vswitch"
    size = (spec.get("system_disk") or {}).get("size")
    had = (live.spec.get("system_disk") or {}).get("size")
    if isinstance(size, int) and isinstance(had, int) and size < had:
        yield "system_disk.size"


def _reachable(live: Live, vswitch: Spec | None) -> bool:
    """Whether the machine could move there. Where that cannot be told the cloud decides: nothing is replaced on a guess."""
    if vswitch is None:
        return True
    zone, vpc = vswitch.get("zone"), vswitch.get("vpc")
    other_zone = isinstance(zone, str) and zone != live.outputs.get("zone")
    other_vpc = vpc == UNKNOWN or (isinstance(vpc, str) and vpc != live.outputs.get("vpc"))
    return not other_zone and not other_vpc


def queues(verb: str, spec: Spec) -> tuple[str, ...]:
    """One write at a time to one machine."""
    return (f"instance:{spec['id']}",) if "id" in spec else ()


class Instance(Kind):
    """See the module."""

    schema = Schema(
        kind="instance",
        model=InstanceSpec,
        doc="a virtual machine, or a fleet of them",
        outputs={
            "private_ip": "its address in the VPC",
            "public_ip": "its public address, null where it has none",
            "zone": "the zone it stands in",
            "vpc": "the id of its VPC",
            "instance_type": "the type that was in stock",
            "image_id": "the full id of its image",
            "host_name": "its host name",
        },
        ids=r"i-[a-z0-9]+",
        fleet=True,
        spread="vswitch",
        stateful=True,
        durations={"create": 40, "update": 60, "delete": 20},
        aggregate={"ids": "id", "private_ips": "private_ip"},
        check=check,
        normalise=normalise,
        keys=queues,
        forces=forces,
    )
    settle = 60.0
    token_proven = True
    poll = Poll(first=15, every=5, limit=1200)
    hides = ("ecs", "DescribeInstances")
    prepares = ("image", "instance_types")

    def list(self, cloud: Cloud, scope: Scope) -> Iterable[Live]:
        """100 a page, by tag; disks, roles and user data as far as the desired specs speak of them."""
        found = rows.owned(cloud, rows.INSTANCES, stack=scope.stack, resource_type="instance", ids="InstanceIds")
        return rows.whole(cloud, scope, list(marks.ours("instance", scope.stack, map(rows.read, found))))

    def find(self, cloud: Cloud, scope: Scope, query: Mapping[str, Any]) -> Iterable[Live]:
        """By `id`, `name`, `tags`, `vswitch`. By id as whole as in `list`: it may be taken over, or be ours without tags."""
        if "id" in query:
            return rows.whole(cloud, scope, list(map(rows.read, rows.instances(cloud, [query["id"]]))))
        params = {"InstanceName": query.get("name"), "VSwitchId": query.get("vswitch")}
        tags = marks.pairs(query.get("tags", {}))
        found = list_all(cloud, rows.INSTANCES, {"RegionId": cloud.region, **params, "Tag": tags})
        return marks.matching(map(rows.read, found), {"name": query.get("name"), "vswitch": query.get("vswitch")})

    def prepare(self, cloud: Cloud, spec: Spec, spec_of: SpecOf) -> Prepared:
        """Which image, and which types are in stock."""
        return catalogue.prepare(cloud, spec, spec_of)

    def create(self, cloud: Cloud, want: Want, token: Token) -> Steps:
        """One RunInstances for all of `want.numbers`."""
        return launch.launch(cloud, want, token)

    def update(self, cloud: Cloud, lives: tuple[Live, ...], change: Update, token: Token) -> Steps:
        """One member after another where it has to stop."""
        return alter.alter(cloud, lives, change, token)

    def delete(self, cloud: Cloud, lives: tuple[Live, ...], token: Token) -> Steps:
        """100 ids a call, running or not. No ClientToken: a second delete does no harm, and a spent token would."""
        ids = tuple(item.id for item in lives)
        for batch in marks.batches(ids, size=DELETES_A_CALL):
            _delete(cloud, batch)
        yield Wait(ids, until="gone")

    def ready(self, cloud: Cloud, ids: Sequence[str]) -> Mapping[str, Readiness]:
        """100 ids a call."""
        return rows.standing(cloud, ids)


def _delete(cloud: Cloud, ids: Sequence[str]) -> None:
    """One id that is gone refuses the whole batch: then each by itself."""
    try:
        cloud.call("ecs", "DeleteInstances", {"RegionId": cloud.region, "InstanceId": list(ids), "Force": True})
    except CloudError as error:
        if not is_absent(error):
            raise
        for id in ids if len(ids) > 1 else ():
            _delete(cloud, [id])
