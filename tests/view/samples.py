"""A stack, its plan and its events, made by hand: what the tests of the views draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from acsctl.errors import CloudError, Place, Problem, StackError
from acsctl.model import address
from acsctl.model.address import Address
from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.event import (
    Cause,
    Event,
    RunEnded,
    RunStarted,
    Settling,
    StepDone,
    StepFailed,
    StepInfo,
    StepProgress,
    StepStarted,
    StepWaiting,
    Stopping,
    Throttled,
)
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Desired, Live, Stack
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.stale import Difference
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
PART = replace(
    PLAN,
    changes=PLAN.changes[:3],
    left_out=PLAN.changes[3:],
    findings=(Finding("note", "comes along with the target, because it is needed first: vpc.network"),),
)
STALE = (
    Difference("file", "stack.yaml"),
    Difference("value", "env NOTE", "gone"),
    Difference("variable", "nodes", detail="3 → 20"),
    Difference("variable", "password"),
    Difference("live", "security_group.firewall (sg-bp1fakefakefakefake1)", detail="ingress, egress"),
    Difference("record", "", detail="another run has ended since"),
    *(Difference("change", f"instance.node.{number}", "new", "create") for number in range(2, 20)),
    *(Difference("change", f"eip.way{number}", "gone", "create") for number in range(12)),
    Difference("change", "eip.old", "gone", "delete"),
)
OBSERVATION = Observation(
    live={
        at("vpc.network"): (live("vpc.network", "vpc-bp1fakefakefakefak6", name="shop-network", cidr="10.0.0.0/16"),),
        at("security_group.firewall"): (live("security_group.firewall", "sg-bp1fakefakefakefake1", ingress=list(RULES)),),
        at("instance.node"): tuple(
            Live(
                at("instance.node").member(number),
                f"i-bp1fakefakefakefak{number:02}",
                spec={"password": "hunter2"},
                outputs={"private_ip": f"10.0.1.{number}"},
                state="pending" if number == 2 else "ready",
                reason="Starting" if number == 2 else "Running",
            )
            for number in range(1, 8)
        ),
    }
)


def step(
    text: str, *, action: Action = Action.CREATE, after: tuple[str, ...] = (), expected: float = 0.0, count: int = 1
) -> StepInfo:
    """A step of a run; `after` are addresses whose creation comes before."""
    waits_for = tuple(f"create {name}" for name in after)
    return StepInfo(f"{action.word} {text}", at(text), action, waits_for=waits_for, expected=expected, count=count)


NETWORK = step("vpc.network", expected=5)
SUBNET = step("vswitch.subnet", after=("vpc.network",), expected=5)
NODES = step("instance.node", after=("vswitch.subnet",), expected=40, count=3)
GATEWAY = step("nat_gateway.exit", after=("vswitch.subnet",), expected=60)
CLUSTER = step("cluster.kube", after=("instance.node",), expected=600)
WEB = step("workload.web", after=("cluster.kube", "nat_gateway.exit"), expected=30)
OLD = step("eip.old", action=Action.DELETE, expected=3)
STEPS = (NETWORK, SUBNET, NODES, GATEWAY, CLUSTER, WEB, OLD)

BEGIN: tuple[Event, ...] = (
    RunStarted(0.0, steps=STEPS),
    StepStarted(0.0, step=NETWORK),
    StepStarted(0.1, step=OLD),
    StepDone(2.1, step=NETWORK, ids=("vpc-bp1fakefakefakefak6",), took=2.1),
    StepDone(2.5, step=OLD, ids=("eip-bp1fakefakefakefake4",), took=2.4),
    StepStarted(2.5, step=SUBNET),
    StepDone(3.8, step=SUBNET, ids=("vsw-bp1fakefakefakefak7",), took=1.3),
    StepStarted(4.0, step=NODES),
    StepStarted(4.0, step=GATEWAY),
    StepWaiting(10.0, NODES, Cause.THROTTLED, what="ecs.RunInstances", code="Throttling.User", seconds=2.0),
    StepWaiting(12.0, NODES, Cause.NONE),
    Throttled(12.0, action="ecs.RunInstances", seconds=2.0, in_all=2.0),
    StepWaiting(20.0, GATEWAY, Cause.BUSY, what="vpc.CreateNatGateway", code="TaskConflict", seconds=3.0),
    StepProgress(22.0, step=NODES, message="2 of 3 running", done=2),
)
COMPLETE: tuple[Event, ...] = (
    *BEGIN,
    StepProgress(40.0, step=GATEWAY, message="creating"),
    StepDone(41.0, step=NODES, ids=("i-bp1fakefakefakefake8", "i-bp1fakefakefakefake9", "i-bp1fakefakefakefak10"), took=37.0),
    StepDone(62.0, step=GATEWAY, ids=("ngw-bp1fakefakefakefa11",), took=58.0),
    StepStarted(62.0, step=CLUSTER),
    StepProgress(191.0, step=CLUSTER, message="initial"),
    StepDone(640.0, step=CLUSTER, ids=("c0123456789abcdef0123456789abcdef",), took=578.0),
    StepStarted(640.0, step=WEB),
    StepDone(660.0, step=WEB, ids=("shop/web",), took=20.0),
    Settling(661.0, message="waits until the cloud's lists show all of it", left=40.0),
    RunEnded(
        692.0,
        done=7,
        failed=0,
        not_started=0,
        clean=True,
        counts={Action.CREATE: 8, Action.DELETE: 1},
        outputs={"url": "http://10.0.0.1", "ids": ["i-1", "i-2"], "token": Secret("hunter2")},
        calls=57,
        waited={"throttling ecs.RunInstances": 2.0, "lists that lag": 31.0, "TaskConflict vpc.CreateNatGateway": 3.0},
        waited_in_all=35.0,
    ),
)
NO_STOCK = CloudError(
    "OperationDenied.NoStock",
    action="ecs.RunInstances",
    status=403,
    request_id="9F3A0000-0000-0000-0000-00000000FAKE",
    said="The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.",
)
NO_STOCK.remedy = "add a type to instance_types (in stock there: ecs.c7.xlarge), or a vSwitch in cn-hangzhou-i"
FAILED: tuple[Event, ...] = (
    *BEGIN,
    StepFailed(30.0, step=NODES, error=NO_STOCK, skipped=(CLUSTER, WEB), took=26.0),
    StepDone(62.0, step=GATEWAY, ids=("ngw-bp1fakefakefakefa11",), took=58.0),
    RunEnded(
        62.0, done=4, failed=1, not_started=2, clean=False, counts={Action.CREATE: 3, Action.DELETE: 1}, outputs={}, calls=41
    ),
)
STOPPED: tuple[Event, ...] = (
    *BEGIN,
    Stopping(24.0, in_flight=2),
    RunEnded(
        26.0,
        done=3,
        failed=0,
        not_started=2,
        clean=False,
        counts={Action.CREATE: 2, Action.DELETE: 1},
        outputs={},
        calls=40,
        interrupted=True,
        under_way=(NODES.address, GATEWAY.address),
    ),
)
PROBLEMS = StackError(
    [
        Problem(
            Place("stack.yaml", 14, 5),
            "vswitch.subnet has no field 'cidrs'",
            hint="did you mean 'cidr'?   (acsctl explain vswitch)",
            excerpt="    cidrs: 10.0.1.0/24",
            width=5,
        ),
        Problem(
            Place("stack.yaml", 31, 17),
            "pod_cidr 10.0.128.0/17 overlaps network's 10.0.0.0/16",
            hint="vpc.network, line 6, has 10.0.0.0/16; free and large enough: 172.20.0.0/16",
            excerpt="      pod_cidr: 10.0.128.0/17",
            width=13,
        ),
        Problem(Place("stack.yaml"), "there is no resource", hint="a stack has at least one"),
        Problem(
            Place("stack.yaml", 40, 14),
            "unknown name 'nett'",
            hint="did you mean 'net'?",
            excerpt="  网络: [主网, {{ nett.id }}]\x1b[31m",
            width=4,
        ),
    ]
)

SCRIPT = "#!/bin/sh\napt-get update\napt-get install -y nginx\n"
DETAILS = Plan(
    STACK,
    changes=(
        Change(
            at("security_group.open"),
            Action.CREATE,
            desired=wanted("security_group.open", type="enterprise", ingress=list(RULES)),
            spec={"type": "enterprise", "ingress": [*RULES, {"protocol": "all", "from": "172.20.0.0/16", "priority": 5}]},
        ),
        create(wanted("nat_gateway.exit", vpc=Ref(at("vpc.network")), vswitch=Ref(at("vswitch.net.private.h")))),
        create(
            wanted("instance.web", image="m-1", system_disk={"category": "cloud_auto", "size": 100}, user_data=SCRIPT, count=5),
            numbers=(4, 5),
        ),
        create(wanted("eip.exit", bandwidth=5, charge="traffic", name="shop-exit", isp="BGP")),
        create(wanted("vswitch.a_module_with_a_long_name.private_subnet.h", cidr="10.0.128.0/20", zone="cn-hangzhou-h")),
        Change(
            at("instance.node"),
            Action.UPDATE,
            desired=wanted("instance.node", count=3),
            live=(live("instance.node", "i-bp1fakefakefakefake8"),),
            numbers=(2,),
            reason=Reason.BOTH,
            impact=Impact.ROLLING,
            note="one after the other",
            fields=(
                FieldChange("password", before="hunter2", after=Secret("hunter2"), reason=Reason.EDIT),
                FieldChange("user_data", before=SCRIPT, after=SCRIPT.replace("nginx", "caddy"), impact=Impact.RESTART),
                FieldChange("vswitch", before="vsw-bp1fakefakefakefa1", after=Ref(at("vswitch.net.s2")), impact=Impact.ROLLING),
                FieldChange("system_disk.size", before=40, after=100, reason=Reason.UNKNOWN),
                FieldChange("tags.owner", before=None, after="", reason=Reason.UNFINISHED),
                FieldChange("description", before="x" * 60, after="y" * 60, note="no longer managed"),
            ),
        ),
        Change(
            at("eip.gone"),
            Action.DELETE,
            desired=Desired(at("eip.gone"), absent="`when` is false"),
            live=(live("eip.gone", "eip-1"),),
        ),
        Change(at("bucket.data"), Action.DELETE, live=(live("bucket.data", "data"),), impact=Impact.DATA_LOSS),
        Change(
            at("cluster.kube"),
            Action.CREATE_THEN_DELETE,
            desired=KUBE,
            live=(live("cluster.kube", "c01"),),
            reason=Reason.EDIT,
            fields=(FieldChange("cidr", before="10.0.0.0/16", after=UNKNOWN, forces=True),),
        ),
        Change(at("vpc.shared"), Action.READ, live=(live("vpc.shared", "vpc-shared"),)),
    ),
    unchanged=UNCHANGED,
    findings=(
        Finding("note", "the price of cluster.kube is not known"),
        Finding(
            "warning", "only 3 addresses are left in 10.0.1.0/24", address=at("vswitch.subnet"), remedy="write a larger range"
        ),
    ),
)
