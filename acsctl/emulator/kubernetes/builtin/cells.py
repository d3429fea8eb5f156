"""Pieces of table cells that many kinds share (pkg/printers/internalversion)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acsctl.emulator.kubernetes.builtin.storage import Object

NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
Cell = Callable[[Object, float], Any]
"""The value of a cell: of an object, at a moment of cloud time."""


@dataclass(frozen=True)
class Column:
    """A column of a Table. wide: only `kubectl get -o wide` shows it. description: of custom resources; else left out."""

    name: str
    cell: Cell
    type: str = "string"
    wide: bool = False
    format: str = ""
    description: str = ""

    @property
    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": int(self.wide),
        }


def at(path: str, *, otherwise: Any = "") -> Cell:
    """The value at a dotted path."""

    def cell(obj: Object, now: float) -> Any:
        found: Any = obj
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return otherwise if found is None else found

    return cell


def since(text: Any, *, now: float) -> str:
    """The age of a moment, as `translateTimestampSince`."""
    if not text:
        return UNKNOWN
    return human(now - datetime.fromisoformat(str(text)).timestamp())


def human(seconds: float) -> str:
    """apimachinery, duration.HumanDuration: two units at most, one when the larger is large."""
    if seconds < -1:
        return "<invalid>"
    whole = max(0, int(seconds))
    minutes, hours = whole // 60, whole // 3600
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, unit="m", rest=whole % 60, small="s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, unit="h", rest=minutes % 60, small="m")
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _two(hours // 24, unit="d", rest=hours % 24, small="h")
    if hours < 24 * 365 * 2:
        return f"{hours // 24}d"
    if hours < 24 * 365 * 8:
        return _two(hours // 24 // 365, unit="y", rest=hours // 24 % 365, small="d")
    return f"{hours // 24 // 365}y"


def _two(count: int, *, unit: str, rest: int, small: str) -> str:
    return f"{count}{unit}{rest}{small}" if rest else f"{count}{unit}"


NAME = Column("Name", at("metadata.name"), format="name")
AGE = Column("Age", lambda obj, now: since(obj["metadata"].get("creationTimestamp"), now=now))


def labels_text(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector, as metav1.FormatLabelSelector."""
    if selector is None:
        return NONE
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or []:
        key, values = one["key"], ",".join(sorted(one.get("values") or []))
        shapes = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        terms.append(shapes.get(one["operator"], f"!{key}"))
    return ",".join(sorted(terms)) or NONE


def template_columns(path: str, *, selector: str) -> tuple[Column, ...]:
    """Containers, images and selector, for what has a pod template (at this path) and a selector (at that one)."""
    containers = at(f"{path}.spec.containers", otherwise=[])
    return (
        Column("Containers", lambda obj, now: ",".join(one["name"] for one in containers(obj, now)), wide=True),
        Column("Images", lambda obj, now: ",".join(one.get("image", "") for one in containers(obj, now)), wide=True),
        Column("Selector", lambda obj, now: _any_selector(at(selector, otherwise=None)(obj, now)), wide=True),
    )


def _any_selector(selector: Any) -> str:
    if isinstance(selector, Mapping) and not {"matchLabels", "matchExpressions"} & set(selector):
        return labels_text(selector)
    return selector_text(selector)


def more(items: Sequence[str], *, most: int, separator: str = ",") -> str:
    """The first few, and how many there are beyond them."""
    if not items:
        return NONE
    rest = f" + {len(items) - most} more..." if len(items) > most else ""
    return separator.join(items[:most]) + rest


def access_modes(modes: Iterable[str] | None) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    have = set(modes or ())
    return ",".join(text for mode, text in short.items() if mode in have)


def condition(obj: Object, kind: str) -> Mapping[str, Any]:
    """The condition of a type; empty when there is none."""
    return next((one for one in obj.get("status", {}).get("conditions") or [] if one["type"] == kind), {})
