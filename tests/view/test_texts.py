"""Graphs, Markdown and explanations as text."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from acsctl.errors import UsageError
from acsctl.view import graph, markdown
from acsctl.view.contract import Wish
from tests.view import samples
from tests.view.compare import drawn, same

NODES = ["vpc.network", "vswitch.subnet", 'odd."name"']
EDGES = [("vswitch.subnet", "vpc.network")]


def test_dot() -> None:
    assert graph.dot(NODES, EDGES).splitlines()[3:] == [
        '  "vpc.network"',
        '  "vswitch.subnet"',
        r'  "odd.\"name\""',
        '  "vswitch.subnet" -> "vpc.network"',
        "}",
    ]


def test_mermaid() -> None:
    assert graph.mermaid(NODES, EDGES).splitlines() == [
        "flowchart RL",
        '  n0["vpc.network"]',
        '  n1["vswitch.subnet"]',
        '  n2["odd.&quot;name&quot;"]',
        "  n1 --> n0",
    ]


def test_the_reference_of_kinds() -> None:
    same(markdown.kinds(samples.SCHEMAS), "kinds.md")


def test_a_plan_as_a_comment() -> None:
    same(markdown.plan(samples.PLAN, stats=samples.STATS, schemas=samples.SCHEMAS), "plan.md")
    same(markdown.plan(samples.DETAILS, stats=samples.STATS, schemas=samples.SCHEMAS), "plan-details.md")
    assert "No changes." in markdown.plan(samples.EMPTY, stats=samples.STATS, schemas={})


def test_a_comment_fits_and_keeps_its_secrets() -> None:
    from dataclasses import replace

    many = replace(samples.DETAILS, changes=samples.DETAILS.changes * 2000)
    text = markdown.plan(many, stats=samples.STATS, schemas={})
    assert len(text) < 65_536
    assert "hunter2" not in text


def test_explain_of_an_unknown_field() -> None:
    with pytest.raises(UsageError, match="did you mean 'cidr'"):
        drawn(lambda view: view.explain(samples.SCHEMAS["vpc"], "cdr"))


def test_rows_of_a_table() -> None:
    rows = [{"kind": "vpc", "is": "a private network"}, {"kind": "security_group", "is": None}]
    assert drawn(lambda view: view.table(rows)).splitlines() == [
        "KIND            IS",
        "vpc             a private network",
        "security_group",
    ]


def test_a_text_is_printed_as_it_is() -> None:
    assert drawn(lambda view: view.text("a: [red]\x1b\n")) == "a: [red]\x1b\n"


def test_secret_outputs_are_revealed_on_request() -> None:
    from acsctl.model.unknown import Secret

    outputs = {"token": Secret("t"), "script": "a\nb"}
    assert drawn(lambda view: view.outputs(outputs)) == "token   (secret)\nscript\n  a\n  b\n"
    assert drawn(lambda view: view.outputs(outputs), wish=Wish(reveal=True)).startswith("token   t\n")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("acsctl.view", {"rich", "pydantic", "acsctl.model"}),
        ("acsctl.view.contract", {"rich", "pydantic"}),
        ("acsctl.view.graph", {"rich", "pydantic"}),
        ("acsctl.view.jsonlines", {"rich", "pydantic"}),
        ("acsctl.view.human", {"pydantic", "asyncio"}),
    ],
)
def test_what_is_heavy_is_loaded_late(module: str, absent: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert absent.isdisjoint(loaded)


def test_explain_tells_what_a_kind_takes_over() -> None:
    schema = replace(samples.SCHEMAS["vpc"], takes_over={"cidr": ("image", "key_pair")}, wipes="cidr")
    texts = [drawn(lambda view, path=path: view.explain(schema, path)) for path in ("", "cidr", "name")]
    whole, one, other = (" ".join(text.split()) for text in texts)
    for text in (whole, one):
        assert "takes over image, key_pair of what it names" in text and "loses what it held" in text
    assert "takes over" not in other
