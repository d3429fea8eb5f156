"""A stack, its plan and its events, made by hand: what the tests of the views draw."""

from __future__ import annotations

from typing import Any

from acsctl.model import address
from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.unknown import UNKNOWN, Ref, Secret
from acsctl.view.contract import LastApplied, Stats


class Network(SpecModel):
    """A private network."""

    cidr: str = attr(..., doc="its range, such as 10.0.0.0/16", meta=Meta(immutable=True))
    name: str = attr(doc="its name")
    description: str = attr(doc="up to 256 characters")


class Subnet(SpecModel):
    """A part of a network in one zone."""

    vpc: Any = attr(..., doc="its VPC", meta=Meta(immutable=True, reference=Reference(("vpc",), r"vpc-\w+")))
    zone: str = attr(..., doc="its zone", meta=Meta(immutable=True))
    cidr: str = attr(..., doc="its range", meta=Meta(immutable=True))


class Rule(SpecModel):
    """One rule."""

    protocol: str = attr(..., doc="tcp, udp, icmp or all")
    port: Any = attr(doc="a port, a range such as 80-90, or a list of them")
    peer: Any = attr(doc="a range or a group", alias="from")
    policy: str = attr("accept", doc="accept or drop")
    priority: int = attr(1, doc="1 is tried first")


class Firewall(SpecModel):
    """A firewall around machines."""

    vpc: Any = attr(..., doc="its VPC", meta=Meta(immutable=True, reference=Reference(("vpc",), r"vpc-\w+")))
    type: str = attr("normal", doc="normal or enterprise", meta=Meta(immutable=True))
    ingress: list[Rule] = attr(doc="what may come in", meta=Meta(as_set=True, reset=[]))


class Disk(SpecModel):
    """A disk."""

    category: str = attr("cloud_essd", doc="cloud_essd or cloud_auto")
    size: int = attr(40, doc="GiB", ge=20)


class Machine(SpecModel):
    """A machine, or a fleet of them."""

    vswitch: Any = attr(..., doc="where it stands", meta=Meta(reference=Reference(("vswitch",), r"vsw-\w+")))
    instance_types: list[str] = attr(..., doc="ordered by preference", meta=Meta(choice=True, impact=Impact.RESTART))
    image: str = attr(..., doc="an image id or its prefix", meta=Meta(impact=Impact.REPLACE))
    system_disk: Disk = attr(doc="the disk it starts from")
    password: str = attr(doc="of root", meta=Meta(secret=True, read="never"))
    user_data: str = attr(doc="what runs at the first start", meta=Meta(read="each"))


SCHEMAS = {
    schema.kind: schema
    for schema in (
        Schema(
            kind="vpc", model=Network, doc="a private network", outputs={"router_id": "the id of its router"}, ids=r"vpc-\w+"
        ),
        Schema(kind="vswitch", model=Subnet, doc="a part of a network", outputs={}, ids=r"vsw-\w+"),
        Schema(kind="security_group", model=Firewall, doc="a firewall around machines", outputs={}, ids=r"sg-\w+"),
        Schema(
            kind="instance",
            model=Machine,
            doc="a machine, or a fleet of them",
            outputs={"private_ip": "its address"},
            ids=r"i-\w+",
            fleet=True,
            stateful=True,
            durations={"create": 40, "delete": 20, "update": 30},
            aggregate={"private_ips": "private_ip"},
        ),
        Schema(
            kind="cluster", model=Network, doc="a cluster", outputs={}, ids=r"c\w+", durations={"create": 600, "delete": 120}
        ),
    )
}


def at(text: str) -> Address:
    """The address of a text."""
    return address.parse(text)


def wanted(text: str, *, edges: tuple[str, ...] = (), count: int | None = None, **spec: Any) -> Desired:
    """A resource of the file, all of whose fields are written."""
    needs = frozenset(map(at, edges))
    return Desired(at(text), spec=spec, written=frozenset(spec), edges=needs, count=count)


def live(text: str, id: str, *, name: str = "", **spec: Any) -> Live:
    """A thing in the cloud."""
    return Live(at(text), id, spec=spec, name=name)


def create(desired: Desired, *, note: str = "", numbers: tuple[int, ...] = ()) -> Change:
    """A create of what is wanted."""
    return Change(desired.address, Action.CREATE, desired=desired, spec=desired.spec, note=note, numbers=numbers)


STACK = Stack("shop", "cn-hangzhou", file="stack.yaml")
STATS = Stats(
    cloud="local cloud",
    calls=9,
    seconds=0.62,
    expected=840,
    last=LastApplied(ago=2.2 * 86400, by="ci/4711", revision="3f2c9ab"),
)
FIREWALL = wanted("security_group.firewall", edges=("vpc.network",), vpc=Ref(at("vpc.network")), ingress=[])
KUBE = wanted("cluster.kube", cidr="172.16.0.0/16")
WORKERS = wanted("node_pool.workers", edges=("cluster.kube",), cluster=Ref(at("cluster.kube")))
NODE = wanted(
    "instance.node",
    edges=("vswitch.subnet",),
    count=3,
    vswitch=Ref(at("vswitch.subnet")),
    instance_types=["ecs.g7.xlarge", "ecs.g6.xlarge"],
    image="aliyun_3_x64_20G_alibase",
    password=Secret("hunter2"),
)
RULES = tuple({"protocol": "tcp", "port": port, "from": "0.0.0.0/0", "policy": "accept", "priority": 1} for port in (443, 8080))

CREATES = (
    create(wanted("vpc.network", cidr="10.0.0.0/16")),
    create(wanted("vswitch.subnet", vpc=Ref(at("vpc.network")), zone="cn-hangzhou-h", cidr="10.0.1.0/24")),
    create(NODE, note="1st choice, in stock", numbers=(1, 2, 3)),
)
UPDATES = (
    Change(
        FIREWALL.address,
        Action.UPDATE,
        desired=FIREWALL,
        live=(live("security_group.firewall", "sg-bp1fakefakefakefake1"),),
        spec=FIREWALL.spec,
        reason=Reason.EDIT,
        fields=(FieldChange("ingress", added=RULES[:1], removed=RULES[1:]),),
    ),
    Change(
        at("instance.db"),
        Action.UPDATE,
        desired=wanted("instance.db", instance_types=["ecs.g7.xlarge"]),
        live=(live("instance.db", "i-bp1fakefakefakefake2"),),
        spec={"instance_types": ["ecs.g7.xlarge"]},
        reason=Reason.DRIFT,
        impact=Impact.RESTART,
        fields=(
            FieldChange(
                "instance_types", before="ecs.g7.large", after="ecs.g7.xlarge", reason=Reason.DRIFT, impact=Impact.RESTART
            ),
        ),
    ),
)
REPLACES = (
    Change(
        KUBE.address,
        Action.REPLACE,
        desired=KUBE,
        live=(live("cluster.kube", "c0123456789abcdef0123456789abcdef"),),
        spec=KUBE.spec,
        reason=Reason.EDIT,
        impact=Impact.OUTAGE,
        fields=(FieldChange("network.pod_cidr", before="172.20.0.0/16", after="172.16.0.0/16", forces=True),),
    ),
    Change(
        WORKERS.address,
        Action.REPLACE,
        desired=WORKERS,
        live=(live("node_pool.workers", "np0123456789", cluster="c0123456789abcdef0123456789abcdef"),),
        spec={"cluster": UNKNOWN},
        reason=Reason.EDIT,
        impact=Impact.REPLACE,
        fields=(FieldChange("cluster", before="c0123456789abcdef0123456789abcdef", after=UNKNOWN, forces=True),),
    ),
)
OTHERS = (
    Change(
        at("instance.spare"),
        Action.DELETE,
        live=(live("instance.spare", "i-bp1fakefakefakefake3", name="shop-spare"),),
        note="double",
    ),
    Change(at("bucket.logs"), Action.ADOPT, desired=wanted("bucket.logs"), live=(live("bucket.logs", "shop-logs"),)),
    Change(at("eip.old"), Action.FORGET, live=(live("eip.old", "eip-bp1fakefakefakefake4"),)),
)
FINDINGS = (
    Finding(
        "error",
        "cluster.kube is replaced and what runs in it is lost",
        address=at("cluster.kube"),
        remedy="--allow cluster.kube",
    ),
)
UNCHANGED = tuple(live(f"vswitch.net.s{number}", f"vsw-bp1fakefakefakefa{number}") for number in range(6))
PLAN = Plan(
    STACK,
    changes=(*CREATES, *UPDATES, *REPLACES, *OTHERS),
    unchanged=UNCHANGED,
    left_standing=(live("vpc.stranger", "vpc-bp1fakefakefakefak5", name="shop-stranger"),),
    findings=FINDINGS,
)
EMPTY = Plan(STACK, changes=(), unchanged=UNCHANGED)
OBSERVATION = Observation(
    live={at("vpc.network"): (live("vpc.network", "vpc-bp1fakefakefakefak6", name="shop-network", cidr="10.0.0.0/16"),)}
)
