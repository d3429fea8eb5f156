"""Every screen for people, whole, at two widths; some with their colours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acsctl.errors import AcsctlError, LockedError, PartialError, RefusedError, StaleError
from acsctl.model.change import Action, Change
from acsctl.model.event import Event, RunEnded
from acsctl.model.plan import Plan
from acsctl.view.contract import Stats, Wish
from acsctl.view.human import Human
from tests.view import drifts, samples
from tests.view.compare import Draw, drawn, same


def run(*events: Event) -> Draw:
    def draw(view: Human) -> None:
        for event in events:
            view.event(event)

    return draw


def destroy(view: Human) -> None:
    gone = samples.live("vpc.network", "vpc-bp1fakefakefakefak6", name="shop-network")
    nodes = tuple(samples.live("instance.node", f"i-bp1fakefakefakefake{number}") for number in range(5))
    changes = (
        Change(samples.at("instance.node"), Action.DELETE, live=nodes, numbers=(1, 2, 3, 4, 5)),
        Change(gone.address, Action.DELETE, live=(gone,)),
    )
    view.plan(Plan(samples.STACK, changes=changes, destroy=True), Stats(calls=4, seconds=0.4, expected=25))


def unclean(view: Human) -> None:
    ended = samples.COMPLETE[-1]
    assert isinstance(ended, RunEnded)
    view.event(replace(ended, clean=False, outputs={}))


def part(view: Human) -> None:
    view.plan(samples.PART, samples.STATS)


def part_done(view: Human) -> None:
    view.plan(replace(samples.EMPTY, left_out=samples.PLAN.changes[:1]), samples.STATS)


def stale(view: Human) -> None:
    view.stale(samples.STALE)
    view.error(StaleError("the plan is stale: another one would be made now. Nothing was changed", remedy="Plan again."))


def refused(view: Human) -> None:
    view.plan(Plan(samples.STACK, changes=samples.REPLACES, findings=samples.FINDINGS), samples.STATS)
    view.error(RefusedError([samples.FINDINGS[0].message]))


def error(error: AcsctlError) -> Draw:
    return lambda view: view.error(error)


def listing(view: Human) -> None:
    view.show(samples.STACK, samples.OBSERVATION)


LOCK = {"who": "ci/4711", "host": "build-3", "pid": 12, "command": "apply", "since": "2026-08-20T10:00:00Z"}
DIED = {**LOCK, "beat": "2026-08-20T10:07:21Z", "alive": False}
RUNS = [
    {
        "command": "apply",
        "who": "ci/4711",
        "host": "build-3",
        "revision": "9c1d2e4",
        "plan": "5f0c8d1e77a90b",
        "began": "2026-08-20T10:00:00Z",
        "seconds": 192.4,
        "result": "done",
        "counts": {"create": 8, "delete": 1},
    },
    {
        "command": "apply",
        "who": "me",
        "host": "laptop",
        "began": "2026-08-19T10:00:00Z",
        "seconds": 7.04,
        "result": "ended part-way",
        "revision": "3f2c9ab",
        "drift": ["vpc.network", "vswitch.subnet"],
    },
    {"command": "destroy", "who": "me", "host": "laptop", "began": "2026-08-18T10:00:00Z", "result": "ended without a word"},
]
SCREENS: dict[str, Draw] = {
    "plan": lambda view: view.plan(samples.PLAN, samples.STATS),
    "plan-details": lambda view: view.plan(samples.DETAILS, samples.STATS),
    "no-changes": lambda view: view.plan(samples.EMPTY, samples.STATS),
    "plan-part": part,
    "plan-part-done": part_done,
    "stale": stale,
    "nothing-to-destroy": lambda view: view.plan(Plan(samples.STACK, changes=(), destroy=True), Stats(calls=3, seconds=0.2)),
    "destroy": destroy,
    "drift": lambda view: view.drift(drifts.DRIFT, samples.STATS),
    "drift-none": lambda view: view.drift(drifts.NONE, samples.STATS),
    "drift-unsure": lambda view: view.drift(drifts.UNTOLD, samples.STATS),
    "drift-missing": lambda view: view.drift(drifts.MISSING, samples.STATS),
    "apply": run(*samples.COMPLETE),
    "failed": run(*samples.FAILED),
    "stopped": run(*samples.STOPPED),
    "unclean": unclean,
    "problems": lambda view: view.problems(samples.PROBLEMS),
    "error-cloud": error(samples.NO_STOCK),
    "error-locked": error(LockedError("ci/4711 on build-3 holds the lock of shop", remedy="wait for it, or acsctl unlock")),
    "error-refused": error(RefusedError(["vpc.network is protected", "12 of 20 resources would go"], remedy="allow it")),
    "refused": refused,
    "show": listing,
    "explain": lambda view: view.explain(samples.SCHEMAS["instance"]),
    "explain-field": lambda view: view.explain(samples.SCHEMAS["security_group"], "ingress"),
    "status": lambda view: view.status(LOCK, RUNS),
    "status-free": lambda view: view.status(None, []),
    "status-died": lambda view: view.status(DIED, RUNS[2:]),
    "history": lambda view: view.history(RUNS),
    "history-none": lambda view: view.history([]),
}
VERBOSE = {"plan-verbose": SCREENS["plan"], "show-verbose": listing}
COLOURED = ("plan", "drift", "failed", "problems", "no-changes")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, width: int) -> None:
    same(drawn(SCREENS[name], width=width), f"{name}-{width}.txt")


@pytest.mark.parametrize("name", VERBOSE)
def test_verbose_screen(name: str) -> None:
    same(drawn(VERBOSE[name], wish=Wish(verbose=True, schemas=samples.SCHEMAS)), f"{name}-80.txt")


@pytest.mark.parametrize("name", COLOURED)
def test_coloured_screen(name: str) -> None:
    same(drawn(SCREENS[name], color="always"), f"{name}-80-colour.txt")


@pytest.mark.parametrize("name", [*SCREENS, *VERBOSE])
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    assert [line for line in drawn((SCREENS | VERBOSE)[name]).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", [*SCREENS, *VERBOSE])
def test_no_screen_has_a_secret(name: str) -> None:
    assert "hunter2" not in drawn((SCREENS | VERBOSE)[name])


@pytest.mark.parametrize("name", ["plan", "plan-details", "apply"])
def test_without_schemas_what_is_marked_secret_stays_so(name: str) -> None:
    text = drawn(SCREENS[name], wish=Wish(verbose=True))
    assert "(secret)" in text
    assert "hunter2" not in text


def test_a_partial_error_after_the_result_adds_nothing() -> None:
    draw = run(*samples.FAILED)

    def with_error(view: Human) -> None:
        draw(view)
        view.error(PartialError("ended part-way"))

    assert drawn(with_error) == drawn(draw)


def test_a_partial_error_alone_is_told() -> None:
    assert "ended part-way" in drawn(error(PartialError("ended part-way")))
