"""First boots: the moment when the system of an instance meets its user data, once per system disk (sheet compute.md 1.4).

User data that change later are shown and not run, unless the system disk is replaced. What comes of a boot is told in
services/kubeadm; here is only when one counts as the first.
"""

from acsctl.emulator.resource import Resource, Scope, declare
from acsctl.emulator.services.ecs.instance import RUNNING
from acsctl.emulator.world import World

BOOT = declare("instance_boot", shown=False)
"""id: of the instance. State `fresh` (its disk has not booted), `booting`, `booted`. UserData: of the first boot."""
FRESH, BOOTING, BOOTED = "fresh", "booting", "booted"


def boot_of(world: World, instance: Resource) -> Resource | None:
    """None for an instance that was never seen running, or has no user data."""
    return world.store.find(BOOT, scope=Scope(instance.account, instance.region), id=instance.id)


def meets_user_data(world: World, instance: Resource) -> bool:
    """Whether its system runs for the first time, and has user data."""
    if instance["Status"] != RUNNING or instance["Releasing"] or not instance["UserData"]:
        return False
    boot = boot_of(world, instance)
    return boot is None or boot["State"] == FRESH


def begin(world: World, instance: Resource, *, state: str = BOOTING) -> Resource:
    """The record of a boot with the user data of now."""
    boot = boot_of(world, instance)
    facts = {"UserData": instance["UserData"], "State": state, "Began": world.store.now, "Step": -1, "Due": world.store.now}
    clean = {"Doing": "", "Deadline": 0.0, "Dropped": [], "Console": [], "ClusterId": "", "Node": ""}
    if boot is None:
        scope = Scope(instance.account, instance.region)
        return world.store.create(BOOT, scope=scope, attributes={**facts, **clean}, id=instance.id)
    boot.set(**facts, **clean)
    return boot


def keep_first(world: World, instance: Resource) -> None:
    """To be called before the user data of an instance change: those of its first boot stay the ones that were run."""
    if instance["StartTime"] and boot_of(world, instance) is None:
        begin(world, instance, state=BOOTING if instance["UserData"] else BOOTED)


def new_disk(world: World, instance: Resource) -> None:
    """To be called when the system disk was replaced."""
    begin(world, instance, state=FRESH)
