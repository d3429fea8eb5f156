"""The routing table: a decorator binds a handler to an action of a product."""

from collections.abc import Callable
from typing import Any

from acsctl.emulator.api import Action
from acsctl.emulator.call import Call

Handler = Callable[[Call], Any]
"""Takes a call, changes the world, returns the answer without its RequestId: a dict, but in the ROA style also a bare list or
text. Raises ApiError."""

HANDLERS: dict[str, Handler] = {}


def action(key: str) -> Callable[[Handler], Handler]:
    """Binds a handler: `@action("vpc.CreateVpc")`. Raises ValueError when the action is bound already."""

    def bind(handler: Handler) -> Handler:
        if key in HANDLERS:
            raise ValueError(f"{key} is bound twice")
        HANDLERS[key] = handler
        return handler

    return bind


def served_as(published: Action) -> str | None:
    """The key under which an action is served: its own, or that of the VPC product for the VPC calls that ECS still
    publishes (sheet wire.md 1.2); None when there is no handler."""
    if published.key in HANDLERS:
        return published.key
    successor = f"vpc.{published.name}"
    return successor if published.product == "ecs" and successor in HANDLERS else None
