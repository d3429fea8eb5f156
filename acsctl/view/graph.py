"""What needs what, as text for Graphviz and for Mermaid. Pure, and without rich."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

Edges = Iterable[tuple[str, str]]


def dot(nodes: Sequence[str], edges: Edges) -> str:
    """A digraph; an arrow leads from what needs to what is needed."""
    rows = ["digraph stack {", "  rankdir = RL", "  node [shape = box]"]
    rows += [f"  {_quoted(node)}" for node in nodes]
    rows += [f"  {_quoted(one)} -> {_quoted(other)}" for one, other in edges]
    return "\n".join([*rows, "}"]) + "\n"


def mermaid(nodes: Sequence[str], edges: Edges) -> str:
    """A flowchart, as Markdown renderers draw it in a ```mermaid block."""
    pairs = list(edges)
    every = dict.fromkeys((*nodes, *(name for pair in pairs for name in pair)))
    ids = {node: f"n{number}" for number, node in enumerate(every)}
    rows = ["flowchart RL"]
    rows += [f'  {id}["{_escaped(node)}"]' for node, id in ids.items()]
    rows += [f"  {ids[one]} --> {ids[other]}" for one, other in pairs]
    return "\n".join(rows) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
