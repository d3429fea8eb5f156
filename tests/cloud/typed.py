"""Do the SDK's own request classes know every parameter that we send? They are the nearest thing to a published schema.

Collect what a door sends with a `Recorder` as its observer; `lost` then tells the parameters that the typed request drops.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from acsctl.cloud.flatten import flatten
from acsctl.cloud.products import PRODUCTS
from acsctl.cloud.tally import CallEvent, CallStarted

UNTYPED = {("cs", "MigrateCluster"): ("type", "spec")}
"""What the SDK does not know and clients send all the same (sheet containers.md 1.3, the Terraform provider)."""


class Recorder:
    """An observer that keeps every call: (product, action, params)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Mapping[str, Any]]] = []

    def __call__(self, event: CallEvent) -> None:
        if isinstance(event, CallStarted):
            self.calls.append((event.product, event.action, event.params))


def lost(product: str, action: str, params: Mapping[str, Any]) -> dict[str, str]:
    """What of `params` does not come through `XRequest().from_map(params).to_map()`, by dotted name.

    Raises AttributeError for an action that the SDK does not know. Products without a package of their own lose nothing.
    """
    package = PRODUCTS[product].package
    if not package:
        return {}
    models = importlib.import_module(f"{package}.models")
    route = PRODUCTS[product].routes.get(action)
    # A ROA call is given as its objects, since the door writes the JSON itself; what stands in the path is no parameter.
    names = (f"{action}Request",) if route else (f"{action}ShrinkRequest", f"{action}Request")
    params = {name: value for name, value in params.items() if not route or name not in route.names}
    request = next((getattr(models, name) for name in names if hasattr(models, name)), None)
    if request is None:
        # An action without parameters has no request class; it has an answer all the same.
        getattr(models, f"{action}Response")
        return flatten(params)
    kept = flatten(request().from_map(dict(params)).to_map())
    kept |= flatten({name: params[name] for name in UNTYPED.get((product, action), ()) if name in params})
    return {name: value for name, value in flatten(params).items() if kept.get(name) != value}
