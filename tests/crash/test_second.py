"""An apply is killed, and what is run next is another command: another size or type of the fleet, a block less, destroy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.crash.conftest import Stage
from tests.crash.nursery import Nursery
from tests.crash.points import points
from tests.crash.scene import Point, Scene, scene
from tests.crash.worlds import spread
from tests.support.sample import sampled

pytestmark = pytest.mark.long  # a sample of these points, dealt otherwise, runs in test_points.py
EVERY = 10
GATEWAY = """
  exit:
    kind: nat_gateway
    vpc: network
    vswitch: "private.{{ exit_zone }}"
    eips: [address]
    snat:
      - {cidr: "{{ cidr }}"}
"""


@dataclass(frozen=True)
class Second:
    """How the stack differs the second time: flags, and a block that is no longer in the file."""

    flags: tuple[str, ...] = ()
    without: str = ""

    def applied(self, on: Scene) -> None:
        """Edit and apply, and find nothing more to do."""
        if self.without:
            on.edit(self.without, "\n")
        on.done("apply", *self.flags)
        on.nothing_to_do(*self.flags)


MORE, FEWER = Second(("--var", "nodes=7")), Second(("--var", "nodes=3"))
OTHER_TYPE = Second(("--var", "instance_types=[ecs.g6.large]"))
WITHOUT_GATEWAY = Second(without=GATEWAY)


@dataclass(frozen=True)
class End:
    """A world that an undisturbed apply has made."""

    world: list[str]
    spread: list[int]


Undisturbed = Callable[[Second], End]


@pytest.fixture(scope="session")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What each second command makes of an empty cloud."""

    @cache
    def find(second: Second) -> End:
        with scene(tmp_path_factory.mktemp("second"), nursery) as made:
            second.applied(made)
            return _end(made)

    return find


def _end(on: Scene) -> End:
    return End(on.world(placed=False), spread(on.rows()))


def some() -> Iterator[Point]:
    """Points of an apply, some calls apart."""
    yield from (point for point in points() if point.at % EVERY == 0)


def killed(stage: Stage, point: Point) -> Scene:
    """A scene in which an apply was killed."""
    made = stage()
    made.killed("apply", point)
    if not point.record:
        made.forget()
    return made


@pytest.mark.parametrize("point", sampled(some(), every=27))
@pytest.mark.parametrize("second", [MORE, OTHER_TYPE], ids=["more", "other-type"])
def test_another_fleet(second: Second, point: Point, stage: Stage, undisturbed: Undisturbed) -> None:
    made = killed(stage, point)
    second.applied(made)
    assert _end(made) == undisturbed(second)


@pytest.mark.parametrize("point", sampled(some(), every=27, start=3))
def test_a_smaller_fleet(point: Point, stage: Stage, undisturbed: Undisturbed) -> None:
    made = killed(stage, point)
    FEWER.applied(made)
    # The highest numbers go: where the others stand depends on how many there were.
    assert made.world(placed=False) == undisturbed(FEWER).world


@pytest.mark.parametrize("point", sampled((point for point in some() if point.record), every=13))
def test_a_block_that_is_gone_is_destroyed_on_the_word_of_the_record(
    point: Point, stage: Stage, undisturbed: Undisturbed
) -> None:
    made = killed(stage, point)
    WITHOUT_GATEWAY.applied(made)
    assert _end(made) == undisturbed(WITHOUT_GATEWAY)


@pytest.mark.parametrize("point", sampled((point for point in some() if not point.record), every=13))
def test_a_block_that_is_gone_is_left_standing_without_a_record(point: Point, stage: Stage, undisturbed: Undisturbed) -> None:
    made = killed(stage, point)
    before = [row["id"] for row in made.rows() if row["type"] == "nat_gateway"]
    WITHOUT_GATEWAY.applied(made)
    assert [row["id"] for row in made.rows() if row["type"] == "nat_gateway"] == before
    if not before:
        assert _end(made) == undisturbed(WITHOUT_GATEWAY)


@pytest.mark.parametrize("point", sampled(some(), every=27))
def test_destroy(point: Point, stage: Stage) -> None:
    made = killed(stage, point)
    made.done("destroy")
    assert made.rows() == []
