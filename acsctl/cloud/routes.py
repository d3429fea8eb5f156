"""How a call is written: method, path, query and body. RPC calls are all alike; a ROA product has a route for each action.

In a ROA call the parameters that the path names go there; of the others a GET or DELETE carries them in its query (lists and
objects as JSON text), a POST or PUT as its JSON body. Source: API metadata (`methods`, `path`, `sdk_response_type`), sheet
wire.md 1.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

from acsctl.cloud.flatten import flatten

Shape = Literal["object", "array", "none"]


@dataclass(frozen=True)
class Route:
    """Where a ROA action is asked: `path` names its parameters in braces.

    `body` is the parameter that is the whole body, for bodies that are no object. `answer` "array" is a bare list, which the
    door gives as {"body": [...]}; "none" may be empty.
    """

    method: str
    path: str
    body: str = ""
    answer: Shape = "object"

    @property
    def names(self) -> list[str]:
        """The parameters that stand in the path."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True)
class Form:
    """One call, ready to be signed: `body` is what the JSON body says, None where there is none."""

    query: Mapping[str, str]
    method: str = "POST"
    path: str = "/"
    body: Any = field(default=None, repr=False)
    answer: Shape = "object"


def form(route: Route | None, params: Mapping[str, Any]) -> Form:
    """`params` on the way of `route`; without a route all in the query, as RPC has it.

    Raises KeyError when a parameter of the path is missing, TypeError for what has no form on the wire.
    """
    if route is None:
        return Form(flatten(params))
    path = route.path.format_map({name: quote(str(params[name]), safe="") for name in route.names})
    rest = _known({name: value for name, value in params.items() if name not in route.names})
    if route.method in ("GET", "DELETE"):
        texts = {name: json.dumps(value) if isinstance(value, (list, dict)) else value for name, value in rest.items()}
        return Form(flatten(texts), route.method, path, answer=route.answer)
    return Form({}, route.method, path, rest.get(route.body) if route.body else rest or None, route.answer)


def _known(value: Any) -> Any:
    """Without what is None, at any depth; empty lists and objects stay, since in a body they mean something."""
    if isinstance(value, Mapping):
        return {name: _known(inner) for name, inner in value.items() if inner is not None}
    return [_known(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def routes(text: str) -> Mapping[str, Route]:
    """Routes from lines: action, method, path, then `body=NAME` and `answer=SHAPE` where they are needed."""
    found: dict[str, Route] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        action, method, path, *rest = line.split()
        extra: dict[str, Any] = dict(word.split("=") for word in rest)
        found[action] = Route(method, path, **extra)
    return MappingProxyType(found)
