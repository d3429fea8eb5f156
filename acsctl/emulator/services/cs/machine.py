"""What clusters, pools and tasks do by themselves: with each turn, and before each call of the product."""

from acsctl.emulator.background import periodic
from acsctl.emulator.services.cs.wiring import settle
from acsctl.emulator.world import World


@periodic
def move_clusters(world: World) -> None:
    settle(world)
