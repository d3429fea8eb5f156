"""Quantities of resources: `100m`, `1Gi`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

_BINARY = {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}
UNITS = {**_BINARY, **_DECIMAL, "m": Decimal("0.001"), "u": Decimal("0.000001"), "n": Decimal("0.000000001")}

Amounts = Mapping[str, Decimal]


def quantity(text: Any) -> Decimal:
    """Raises decimal.InvalidOperation when it is none."""
    text = str(text)
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    return Decimal(text.removesuffix(unit)) * UNITS.get(unit, Decimal(1))


def amounts(quantities: Mapping[str, Any] | None) -> dict[str, Decimal]:
    return {name: quantity(value) for name, value in (quantities or {}).items()}


def requests(pod: Mapping[str, Any]) -> Counter[str]:
    """What a pod asks of a node: its containers together, or its largest init container; sidecars and overhead on top."""
    spec = pod["spec"]
    inits = spec.get("initContainers") or ()
    sidecars = _sum(one for one in inits if one.get("restartPolicy") == "Always")
    total = _sum(spec["containers"])
    for one in inits:
        if one.get("restartPolicy") != "Always":
            total |= Counter(_asked(one))
    total.update(sidecars)
    total.update(amounts(spec.get("overhead")))
    total.update({"pods": 1})
    return total


def _sum(containers: Iterable[Mapping[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in containers:
        total.update(_asked(one))
    return total


def _asked(container: Mapping[str, Any]) -> dict[str, Any]:
    """Limits stand in for requests, as the server's defaults have it."""
    resources = container.get("resources") or {}
    return {**amounts(resources.get("limits")), **amounts(resources.get("requests"))}
