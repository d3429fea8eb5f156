"""A machine's first boot, as far as its user data run kubeadm: one step after another, each with its time and its outcome.

What needs no control plane is done here, in the turns of the world; tending.py does the rest and says so in the records.
"""

import math
from weakref import WeakKeyDictionary

from acsctl.emulator.background import periodic
from acsctl.emulator.errors import ApiError
from acsctl.emulator.faults import Occasion, Refusal
from acsctl.emulator.resource import Resource
from acsctl.emulator.services.ecs import boots
from acsctl.emulator.services.ecs.boots import BOOT
from acsctl.emulator.services.ecs.instance import INSTANCE, RUNNING
from acsctl.emulator.services.ecs.instance_type import find_type
from acsctl.emulator.services.ecs.userdata import Step
from acsctl.emulator.services.kubeadm import orders, planes
from acsctl.emulator.services.kubeadm.flags import Wrong
from acsctl.emulator.services.kubeadm.orders import InitOrder, Registration
from acsctl.emulator.services.kubeadm.records import (
    CLUSTER,
    MEMBER,
    fact,
    installed,
    instance_of,
    machine,
    played,
    say,
    scope_of,
    step_of,
    taints,
)
from acsctl.emulator.world import World

# Cloud seconds: from Running to the scripts of the user data, with and without packages; of the commands. Chosen.
BEGINNING, INSTALLING = 8.0, 45.0
INIT, JOIN, RETRY = 40.0, 12.0, 10.0
LEAST_CPUS, LEAST_MEMORY = 2, 1700  # of a control plane; MB. kubeadm's preflight checks


_LAST: WeakKeyDictionary[World, tuple[int, float]] = WeakKeyDictionary()
"""The revision of the world after the last look that changed nothing, and the cloud time of the next one though none does."""


@periodic
def move_boots(world: World) -> None:
    revision, wake = _LAST.get(world, (-1, 0.0))
    if world.store.revision == revision and world.store.now < wake:
        return
    before = world.store.revision
    _look(world)
    dues = [float(one["Due"]) for one in world.store.of(BOOT) if one["State"] == boots.BOOTING and one["Doing"] != "join"]
    _LAST[world] = before if world.store.revision == before else -1, min(dues, default=math.inf)


def _look(world: World) -> None:
    for one in world.store.of(INSTANCE):
        if boots.meets_user_data(world, one):
            _begin(world, boots.begin(world, one), instance=one)
    for boot in world.store.of(BOOT):
        instance = instance_of(world, boot)
        if instance is None:
            boot.remove()
        elif boot["State"] == boots.BOOTING and instance["Status"] == RUNNING and world.store.now >= boot["Due"]:
            _move(world, boot, instance=instance)
    for cluster in world.store.of(CLUSTER):
        _check_members(world, cluster)


def _begin(world: World, boot: Resource, *, instance: Resource) -> None:
    facts = [list(one) for one in machine(world, instance).facts]
    boot.set(Facts=facts)
    found = played(boot)
    say(boot, "Cloud-init v. 25.1 running 'init'", *found.log)
    if found.packages:
        say(boot, f"Installing packages: {' '.join(found.packages)}")
    boot.set(Due=world.store.now + (INSTALLING if found.packages else BEGINNING))


def _check_members(world: World, cluster: Resource) -> None:
    """A cluster lives as long as a disk with its control plane."""
    members: list[str] = []
    for id_ in cluster["Members"]:
        boot = world.store.find(BOOT, scope=scope_of(cluster), id=id_)
        if boot is not None and boot["ClusterId"] == cluster.id:
            members.append(id_)
    if not members:
        for one in world.store.of(MEMBER):
            if one["ClusterId"] == cluster.id:
                one.remove()
        cluster.remove()
    elif members != cluster["Members"]:
        cluster.set(Members=members)


def _move(world: World, boot: Resource, *, instance: Resource) -> None:
    """One thing of what is due."""
    step = step_of(boot)
    if step is None or step.script in boot["Dropped"]:
        if not boot["Doing"]:
            _next(boot)
    elif boot["Doing"] == "init":
        _await_init(world, boot, step=step)
    elif boot["Doing"] == "joining":
        _joined(world, boot, step=step)
    elif not boot["Doing"]:
        try:
            _fault(world, boot, step=step)
            if step.words[1] == "init":
                _init(world, boot, step=step, instance=instance)
            else:
                _join(world, boot, step=step)
        except Wrong as error:
            fail(world, boot, step=step, message=str(error))


def _next(boot: Resource) -> None:
    """On to the next command, or to the end of the boot."""
    index = boot["Step"] + 1
    boot.set(Step=index, Doing="")
    if index >= len(played(boot).steps):
        boot.set(State=boots.BOOTED)
        say(boot, "Cloud-init v. 25.1 finished")


def fail(world: World, boot: Resource, *, step: Step, message: str) -> None:
    """The command in hand has failed: it is tried again, or its script ends, or the next command follows."""
    say(boot, message, "To see the stack trace of this error execute with --v=5 or higher")
    if step.looped:
        boot.set(Doing="", Due=world.store.now + RETRY)
        return
    if step.fatal:
        boot.set(Dropped=[*boot["Dropped"], step.script])
        say(boot, "cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)")
    _next(boot)


def _fault(world: World, boot: Resource, *, step: Step) -> None:
    """Raises Wrong where a fault was asked for."""
    name = f"machine.Kubeadm{step.words[1].capitalize()}"
    effect = world.faults.met(Occasion(name, boot.id, {"InstanceId": boot.id}), when="before")
    if isinstance(effect, Refusal):
        error: ApiError = effect.error(Occasion(name))
        raise Wrong(f"error execution phase preflight: {error.message}")


# init


def _init(world: World, boot: Resource, *, step: Step, instance: Resource) -> None:
    order = orders.read_init(step.words, files=step.files)
    version = _version(order.version, kubeadm=installed(boot, "kubeadm"))
    say(boot, f"[init] Using Kubernetes version: {version}", "[preflight] Running pre-flight checks")
    _preflight(boot, order=order, instance=instance)
    cluster = planes.create(world, boot=boot, order=order, version=version)
    boot.set(Doing="init", ClusterId=cluster.id, Due=world.store.now + INIT)


def _preflight(boot: Resource, *, order: InitOrder, instance: Resource) -> None:
    """Raises Wrong with every check that has failed."""
    kind = find_type(instance["InstanceType"]) or {"cpu": LEAST_CPUS, "memory_gib": 4}
    cpus, memory = int(kind["cpu"]), int(kind["memory_gib"] * 1000)
    manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
    checks = {
        "NumCPU": (cpus < LEAST_CPUS, f"the number of available CPUs {cpus} is less than the required {LEAST_CPUS}"),
        "Mem": (memory < LEAST_MEMORY, f"the system RAM ({memory} MB) is less than the minimum {LEAST_MEMORY} MB"),
        f"FileAvailable--{manifest[1:].replace('/', '-')}": (bool(boot["ClusterId"]), f"{manifest} already exists"),
    }
    failed = [
        f"\t[ERROR {name}]: {text}"
        for name, (wrong, text) in checks.items()
        if wrong and name.lower() not in order.ignored and "all" not in order.ignored
    ]
    if failed:
        advice = (
            "[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`"
        )
        head = "error execution phase preflight: [preflight] Some fatal errors occurred:"
        raise Wrong("\n".join([head, *failed, advice]))


def _version(asked: str, *, kubeadm: str) -> str:
    """`v1.35.4`; a label, `stable-1`, is what this kubeadm would fall back to."""
    return f"v{asked.removeprefix('v')}" if asked.removeprefix("v")[:1].isdigit() else f"v{kubeadm}"


def _await_init(world: World, boot: Resource, *, step: Step) -> None:
    cluster = world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"])
    if cluster is None or cluster["State"] == "failed":
        error = cluster["Error"] if cluster is not None else "the cluster is gone"
        boot.set(ClusterId="", Doing="")
        fail(world, boot, step=step, message=f"error execution phase wait-control-plane: {error}")
    elif cluster["State"] == "running":
        boot.set(Due=world.store.now)
        order = orders.read_init(step.words, files=step.files)
        member = _member(world, boot, registration=order.registration, control_plane=True)
        say(boot, f"[mark-control-plane] Marking the node {member['NodeName']} as control-plane")
        say(boot, "Your Kubernetes control-plane has initialized successfully!")
        _next(boot)


# join


def _join(world: World, boot: Resource, *, step: Step) -> None:
    order = orders.read_join(step.words, files=step.files)
    say(boot, "[preflight] Running pre-flight checks")
    if boot["Node"]:
        raise Wrong(
            "error execution phase preflight: [preflight] Some fatal errors occurred:\n"
            "\t[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists"
        )
    boot.set(Doing="join", Deadline=world.store.now + order.patience)


def _joined(world: World, boot: Resource, *, step: Step) -> None:
    order = orders.read_join(step.words, files=step.files)
    if world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"]) is None:
        fail(world, boot, step=step, message="error execution phase kubelet-start: the control plane is gone")
        return
    member = _member(world, boot, registration=order.registration, control_plane=order.control_plane)
    if order.control_plane:
        cluster = world.store.find(CLUSTER, scope=scope_of(boot), id=boot["ClusterId"])
        if cluster is not None:
            names = [*cluster["Names"], member["NodeName"], fact(boot, "private-ipv4")]
            cluster.set(Members=[*cluster["Members"], boot.id], Names=list(dict.fromkeys(names)))
    say(boot, "This node has joined the cluster:", f"* Node {member['NodeName']} was registered.")
    _next(boot)


def _member(world: World, boot: Resource, *, registration: Registration, control_plane: bool) -> Resource:
    """The record of a node, for those who make Node objects. A name that was another machine's is taken over."""
    name = registration.name or fact(boot, "hostname").lower()
    default = [{"key": orders.CONTROL_PLANE, "effect": "NoSchedule"}] if control_plane else []
    facts = {
        "ClusterId": boot["ClusterId"],
        "NodeName": name,
        "InstanceId": boot.id,
        "ControlPlane": control_plane,
        "Version": f"v{installed(boot, 'kubelet')}",
        "Socket": registration.socket,
        "Taints": default if registration.taints is None else taints(registration.taints),
        "Arguments": dict(registration.arguments),
        "Registered": False,
    }
    id_ = f"{boot['ClusterId']}/{name}"
    boot.set(Node=id_)
    found = world.store.find(MEMBER, scope=scope_of(boot), id=id_)
    if found is not None:
        found.set(**facts)
        return found
    return world.store.create(MEMBER, scope=scope_of(boot), attributes=facts, id=id_)
