"""What is kept of clusters that machines make of themselves, and what a machine was told.

CLUSTER  id: of the instance that ran `kubeadm init`. State `starting|running|failed`, Error, Rung, Port (on this machine),
         Version (`v1.35.4`), Pods, Services, Mask, BindPort (of the API server on the instance), VpcId, Members (ids of the
         instances with a control plane), Names (SANs of the serving certificate), Server (as nodes name it), Populated.
MEMBER   a node. id: `<cluster id>/<node name>`. ClusterId, NodeName, InstanceId, ControlPlane, Version (of its kubelet),
         Socket, Taints, Arguments (of its kubelet), Registered.
BOOT     (ecs/boots.py) has, while kubeadm is at work: Step (of its user data), Doing (`init`, `join` while it looks for the
         cluster, `joining`), Due (when it goes on), Deadline, Dropped (scripts that have ended early), ClusterId, Node (id of
         the MEMBER), Console [[cloud time, line]].
"""

import posixpath
import re
from typing import Any

from acsctl.emulator.resource import Resource, Scope, declare
from acsctl.emulator.services.cs.rounds import Seen
from acsctl.emulator.services.ecs.instance import INSTANCE
from acsctl.emulator.services.ecs.userdata import Boot, Machine, Step, play
from acsctl.emulator.services.network import EIP
from acsctl.emulator.world import World

CLUSTER = declare("kubeadm_cluster", shown=False)
MEMBER = declare("kubeadm_node", shown=False)
NEWEST = "1.35.4"
"""The version of kubeadm and kubelet where nothing names another."""
PKI = "/etc/kubernetes/pki"

Record = Resource | Seen


def scope_of(record: Resource) -> Scope:
    return Scope(record.account, record.region)


def instance_of(world: World, boot: Resource) -> Resource | None:
    """The instance of a boot; None once it is being released."""
    found = world.store.find(INSTANCE, scope=scope_of(boot), id=boot.id)
    return None if found is None or found["Releasing"] else found


def machine(world: World, instance: Resource) -> Machine:
    """What its metadata service tells."""
    eips = [one for one in world.store.all(EIP, scope=scope_of(instance)) if one["InstanceId"] == instance.id]
    facts = {
        "instance-id": instance.id,
        "private-ipv4": instance["PrivateIpAddress"],
        "eipv4": eips[0]["IpAddress"] if eips else instance["PublicIpAddress"],
        "public-ipv4": eips[0]["IpAddress"] if eips else instance["PublicIpAddress"],
        "hostname": instance["HostName"],
        "region-id": instance.region,
        "zone-id": instance["ZoneId"],
        "vpc-id": instance["VpcId"],
        "vswitch-id": instance["VSwitchId"],
        "image-id": instance["ImageId"],
        "instance/instance-type": instance["InstanceType"],
    }
    return Machine(tuple(facts.items()))


def played(boot: Record) -> Boot:
    """What its user data do."""
    return play(boot["UserData"], Machine(tuple((str(key), str(value)) for key, value in boot.get("Facts", default=[]))))


def fact(boot: Record, name: str) -> str:
    """What the metadata service told at the boot; empty for what it does not know."""
    return next((str(value) for key, value in boot["Facts"] if key == name), "")


def step_of(boot: Record) -> Step | None:
    """The command in hand; None before the first and behind the last."""
    steps = played(boot).steps
    return steps[boot["Step"]] if 0 <= boot["Step"] < len(steps) else None


def installed(boot: Record, program: str) -> str:
    """The version of kubeadm or kubelet on a machine, `1.35.4`."""
    found = played(boot)
    for package in found.packages:
        if match := re.fullmatch(rf"{program}[=-]v?(\d+\.\d+\.\d+)\S*", posixpath.basename(package)):
            return match[1]
    release = found.release
    return NEWEST if not release or NEWEST.startswith(f"{release}.") else f"{release}.0"


def say(boot: Resource, *lines: str) -> None:
    """Writes to the console of the machine."""
    text = [line for one in lines for line in one.splitlines()]
    boot.set(Console=[*boot["Console"], *([boot["Due"], line] for line in text)])


def taints(given: Any) -> list[dict[str, Any]]:
    """As JSON keeps them."""
    return [dict(one) for one in given]
