"""Things that are made of several: a line each in a plan, what differs under its title, in every form."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from acsctl.model.change import Action, Change, FieldChange, Impact, Reason
from acsctl.model.event import RunStarted, StepInfo, StepProgress, StepStarted
from acsctl.model.plan import Finding, Observation, Plan
from acsctl.model.resource import Part
from acsctl.model.schema import Meta, Reference, Schema, SpecModel, attr
from acsctl.model.unknown import UNKNOWN, Ref, Secret
from acsctl.view import fields, markdown, remarks, style
from acsctl.view import show as screens
from acsctl.view.contract import Wish
from acsctl.view.human import Human
from acsctl.view.jsonlines import JsonLines
from acsctl.view.page import Page
from tests.view import samples
from tests.view.compare import drawn, same


class Crate(SpecModel):
    """A crate of things."""

    cluster: Any = attr(..., doc="its cluster", meta=Meta(immutable=True, reference=Reference(("cluster",), r"c\w+")))
    things: Any = attr(doc="what is in it")


CRATE = Schema(
    "crate",
    Crate,
    "a crate of things",
    {"load_balancer": "its address", "objects": "how many"},
    "",
    part="object",
    parts=lambda spec: [Part(*row) for row in spec["things"]] if isinstance(spec.get("things"), list) else [],
)
WISH = Wish(schemas={**samples.SCHEMAS, "crate": CRATE})
IMAGE = "registry…/web"
WEB = samples.wanted(
    "crate.web",
    cluster="c1",
    things=[
        ("Namespace shop", ""),
        ("ConfigMap shop/web", "2 keys"),
        ("Secret shop/web", "1 key (hidden)"),
        ("Deployment shop/web", f"{IMAGE}:1.4, 3 replicas"),
        ("Service shop/web", "LoadBalancer :80"),
    ],
)
LATER = samples.wanted("crate.later", cluster="c1", things=UNKNOWN)
DEPLOYMENT = "Deployment shop/web"


def field(path: str, before: Any, after: Any, *, part: str = DEPLOYMENT, **rest: Any) -> FieldChange:
    return FieldChange(f"{part} {path}".strip(), before, after, field="things", part=part, **rest)


CHANGES = (
    field("data.mode", "slow", "fast", part="ConfigMap shop/web"),
    field("data.password", Secret("hunter2"), Secret("hunter3"), part="Secret shop/web"),
    field("spec.replicas", 5, 3, reason=Reason.DRIFT, note="changed by kubectl-edit", holder="kubectl-edit"),
    field(
        "spec.template.spec.containers[web].image", f"{IMAGE}:1.4", f"{IMAGE}:1.5", reason=Reason.EDIT, impact=Impact.ROLLING
    ),
    field("", "there", "made anew", part="Job shop/once", impact=Impact.RESTART, note="spec.template cannot change in place"),
)
OBJECTS = FieldChange("objects", added=("ConfigMap shop/new 2 keys",), removed=("ConfigMap shop/old",), field="things")
UPDATE = Change(
    WEB.address,
    Action.UPDATE,
    WEB,
    live=(samples.live("crate.web", "c1/shop/crate.web"),),
    spec=WEB.spec,
    fields=(OBJECTS, *CHANGES),
    reason=Reason.BOTH,
    impact=Impact.ROLLING,
)
REFUSED = Finding("error", "crate.web: spec.replicas is held by kubectl-edit", WEB.address, "allow it with  --allow crate.web")
CREATES = Plan(samples.STACK, changes=(samples.create(WEB), samples.create(LATER, note="3 objects unverified")))
UPDATES = Plan(samples.STACK, changes=(UPDATE,), findings=(REFUSED,))
STEP = StepInfo("update crate.web", WEB.address, Action.UPDATE, expected=20)
SAID = "Deployment web 2 of 3 ready: web-6c9xk ImagePullBackOff (registry…/web:1.5: not found)"


RUNS = (
    Part("Secret shop/web", "1 key (hidden) · ready"),
    Part(DEPLOYMENT, f"{IMAGE}:1.5, {IMAGE}-sidecar:2.0, 3 replicas · 2 of 3 ready, 3 up to date"),
    Part("Service shop/web", "LoadBalancer :80 · 198.18.88.2"),
)


def show(view: Human) -> None:
    thing = replace(samples.live("crate.web", "c1/shop/crate.web", **WEB.spec), parts=RUNS)
    view.show(samples.STACK, Observation({thing.address: (thing,)}))


def progress(view: Human) -> None:
    for event in (RunStarted(0.0, (STEP,)), StepStarted(0.1, STEP), StepProgress(8.0, STEP, SAID)):
        view.event(event)


SCREENS = {
    "parts-create": lambda view: view.plan(CREATES, samples.STATS),
    "parts-update": lambda view: view.plan(UPDATES, samples.STATS),
    "parts-show": show,
    "parts-progress": progress,
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, width: int) -> None:
    text = drawn(SCREENS[name], width=width, wish=WISH)
    assert "hunter" not in text
    assert name == "parts-progress" or all(len(line) <= width for line in text.splitlines())
    same(text, f"{name}-{width}.txt")


def test_markdown() -> None:
    text = markdown.plan(CREATES, stats=samples.STATS, schemas=WISH.schemas)
    text += markdown.plan(UPDATES, stats=samples.STATS, schemas=WISH.schemas)
    assert "hunter" not in text
    same(text, "parts.md")


def test_json() -> None:
    out = io.StringIO()
    view = JsonLines(out, wish=WISH)
    view.plan(CREATES, samples.STATS)
    view.plan(UPDATES, samples.STATS)
    assert "hunter" not in out.getvalue()
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    made, later, changed = (row for row in rows if row["type"] == "planned_change")
    assert made["parts"][1] == {"title": "ConfigMap shop/web", "detail": "2 keys"} and "parts" not in later
    replicas = next(row for row in changed["fields"] if row["path"].endswith("replicas"))
    assert (replicas["part"], replicas["holder"]) == (DEPLOYMENT, "kubectl-edit")


def test_a_value_that_would_be_broken_inside_of_a_word_stands_below_its_field() -> None:
    path = "spec.template.spec.containers[web].image"
    old, new = (f"local-registry-vpc.cn-hangzhou.cr.aliyuncs.com/shop/web:1.{number}" for number in (4, 5))
    change = replace(UPDATE, fields=(field(path, old, new, reason=Reason.EDIT),))
    page = Page(width=80, shorten=True, verbose=False, schemas={"crate": CRATE})
    rows = [row.plain.rstrip() for row in fields.changed(change, page=page)]
    assert rows[1:] == [f"          {path}", f"            {old}", f"            → {new}"]
    wide = [row.plain.rstrip() for row in fields.changed(change, page=replace(page, width=200))]
    assert wide[1:] == [f"          {path}  {old} → {new}"]


def test_what_goes_with_a_thing_is_named() -> None:
    thing = replace(
        samples.live("crate.web", "c1/shop/crate.web"), parts=tuple(Part(f"Job shop/{number}", "x") for number in range(3))
    )
    gone = Change(WEB.address, Action.DELETE, live=(thing,), reason=Reason.EDIT, note="`when` is false")
    page = Page(width=80, shorten=True, verbose=False, schemas={"crate": CRATE})
    assert remarks.about(gone, page=page, room=60) == [("3 objects · `when` is false", "")]
    assert [row.plain for row in fields.taken_apart(gone, page=page)] == [f"      - Job shop/{number}" for number in range(3)]
    many = replace(gone, live=(replace(thing, parts=tuple(Part(f"Job shop/{number}") for number in range(40))),))
    assert [row.plain for row in fields.taken_apart(many, page=page)][-2:] == [
        "      - Job shop/10",
        "      and 29 more (-v shows them)",
    ]
    assert len(list(fields.taken_apart(many, page=replace(page, verbose=True)))) == 40


def test_a_note_tells_more_than_references() -> None:
    change = samples.create(samples.wanted("crate.web", cluster=Ref(WEB.address)), note="room for 100")
    page = Page(width=80, shorten=True, verbose=False, schemas={"crate": replace(CRATE, part="")})
    assert remarks.about(change, page=page, room=60) == [("room for 100", style.DIM)]
    assert remarks.about(replace(change, note=""), page=page, room=60)[0][0] == "cluster crate.web"


def test_what_is_deeply_nested_is_shown_by_its_paths() -> None:
    objects = {"ConfigMap shop/web": {"kind": "ConfigMap", "data": {"mode": "fast"}}}
    thing = samples.live("crate.web", "c1/shop/crate.web", things=objects, cluster="c1")
    page = Page(width=80, shorten=True, verbose=True, schemas={"crate": CRATE})
    rows = [
        row.plain.strip() for row in screens.lines(samples.STACK, observation=Observation({thing.address: (thing,)}), page=page)
    ]
    assert "things.ConfigMap shop/web.data.mode  fast" in rows
    assert "things.ConfigMap shop/web.kind  ConfigMap" in rows
    assert any(row.startswith("cluster ") and row.endswith(" c1") for row in rows)
