"""A door to no cloud: answers that a test wrote, and a record of what was asked, each call checked against the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from acsctl.errors import CloudError, UnreachableError
from acsctl.kinds.contract import Made, Steps, Wait
from tests.cloud.typed import lost


@dataclass
class Door:
    """`answers` are by action: one for each call, the last for all that follow; an exception is raised.

    `inside` is what stands in for the API of a cluster; without it none can be reached.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    region: str = "cn-hangzhou"
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    inside: Any = None
    speed: float = 1.0
    clock: Any = None
    things: dict[str, Any] = field(default_factory=dict)

    def call(self, product: str, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        assert lost(product, action, params) == {}, f"{action} has no such parameters"
        self.calls.append((action, {key: value for key, value in params.items() if value is not None}))
        answer = self.answers.get(action, {"RequestId": "r"})
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kept(self, key: str, make: Callable[[], Any]) -> Any:
        if key.startswith("kubernetes "):
            if self.inside is None:
                raise UnreachableError("acsctl.Unreachable", action="kubernetes")
            return self.inside
        if key not in self.things:
            self.things[key] = make()
        return self.things[key]

    def pause(self, seconds: float) -> None:
        pass

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.calls]

    def sent(self, action: str) -> list[dict[str, Any]]:
        """The parameters of each call of `action`, without region and token."""
        return [
            {key: value for key, value in params.items() if key not in ("RegionId", "ClientToken")}
            for name, params in self.calls
            if name == action
        ]


def run(steps: Steps, outputs: Mapping[str, Mapping[str, Any]] | None = None) -> list[Made | Wait]:
    """Drive a write to its end; each Wait is answered with `outputs` of its ids."""
    seen: list[Made | Wait] = []
    try:
        step = next(steps)
        while True:
            seen.append(step)
            ids = step.ids if isinstance(step, Wait) else ()
            step = steps.send({id: dict((outputs or {}).get(id, {})) for id in ids})
    except StopIteration:
        return seen


def token(*parts: str) -> str:
    return "-".join(("token", *parts))


def page(path: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One page of a list API: `page("Vpcs.Vpc", rows)`."""
    outer, inner = path.split(".")
    return {"RequestId": "r", "TotalCount": len(rows), outer: {inner: list(rows)}}


def refusal(code: str) -> CloudError:
    return CloudError(code, action="test", status=400)


def tags(address: str, *, stack: str = "shop", prefix: str = "", **user: str) -> dict[str, Any]:
    """Tags as a row has them; with prefix "Tag" as ECS and NAT spell them."""
    every = {"acsctl:stack": stack, "acsctl:address": address, **user}
    return {"Tag": [{f"{prefix}Key": key, f"{prefix}Value": value} for key, value in every.items()]}
