"""What PUT /_emulator/settings can change while the server runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, cast

from acsctl.emulator import api
from acsctl.emulator.accounts import LOCAL_KEY, AccessKey
from acsctl.emulator.kubernetes.plane import Rung


@dataclass(frozen=True)
class Settings:
    """Times are cloud seconds, except in throttle.

    quotas: name -> limit, over those of metadata/choices.json. stock: zone -> instance type -> how many are left to sell;
    what is not named is plenty. late_no_stock: how many of the next instances are accepted and then found to be without
    stock. throttle: `vpc.CreateVpc` (or `*`) -> {"calls": n, "seconds": wall seconds}.
    keys: access keys besides local. kubernetes: what plays the control plane of clusters that are made from now on, `builtin`
    or `real`. images: what images do that do not simply run, glob of the image's name -> `missing`, `denied` (cannot be
    pulled), `crash` (exits with 1 again and again), `unready` (runs and never becomes ready).
    failing_tasks: type of a container service's task, `cluster_create` -> how many of the next ones fail. failing_checks: item
    of a cluster's check, `NodeStatus` -> `warning` or `error`. ended_versions: clusters can also be made of Kubernetes versions
    that the cloud has ended, from which more than one upgrade leads on.
    """

    speed: float = 100.0
    list_lag: float = 0.0
    tag_lag: float = 0.0
    token_memory: float = 86400.0
    keep_failed_tokens: bool = True
    check_answers: bool = False
    quotas: dict[str, int] = field(default_factory=dict[str, int])
    stock: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    late_no_stock: int = 0
    throttle: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    keys: tuple[AccessKey, ...] = (LOCAL_KEY,)
    kubernetes: Rung = "builtin"
    images: dict[str, str] = field(default_factory=dict[str, str])
    failing_tasks: dict[str, int] = field(default_factory=dict[str, int])
    failing_checks: dict[str, str] = field(default_factory=dict[str, str])
    ended_versions: bool = False

    def quota(self, name: str) -> int:
        """The limit of this name. Raises KeyError for a name that neither settings nor choices.json know."""
        if name in self.quotas:
            return self.quotas[name]
        return int(api.choices()["quotas"][name]["value"])

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """With these changes. Raises ValueError for an unknown name or a value of the wrong type."""
        known = {one.name for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no such setting: {name}; there are {', '.join(sorted(known))}")
            _check_type(name, old=asdict(self)[name], new=value)
        if "keys" in changes:
            changes = {**changes, "keys": (LOCAL_KEY, *(AccessKey(**one) for one in changes["keys"]))}
        return replace(self, **changes)

    def document(self) -> dict[str, Any]:
        """As JSON, without the secrets of the keys."""
        keys = [{"id": one.id, "account": one.account, "user": one.user, "active": one.active} for one in self.keys]
        return {**asdict(self), "keys": keys}


def _check_type(name: str, *, old: Any, new: Any) -> None:
    check = _CHECKS.get(name)
    if check is not None:
        if not check(new):
            raise ValueError(f"{name} is {_FORMS[name]}")
        return
    if isinstance(old, float) and not _is_amount(new):
        raise ValueError(f"{name} is a number of seconds, 0 or more")
    kind = list if isinstance(old, tuple) else type(old)
    if not isinstance(old, float) and not isinstance(new, kind):
        raise ValueError(f"{name} is a {kind.__name__}")


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_count(one) for one in cast("dict[str, Any]", value).values())


def _is_stock(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_counts(one) for one in cast("dict[str, Any]", value).values())


def _is_throttle(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_limit(one) for one in cast("dict[str, Any]", value).values())


def _is_limit(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"calls", "seconds"} and all(_is_amount(one) for one in value.values())


def _is_images(value: Any) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value).values()) <= {"missing", "denied", "crash", "unready"}


def _is_levels(value: Any) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value).values()) <= {"warning", "error"}


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "speed": lambda value: _is_amount(value) and value > 0,
    "late_no_stock": _is_count,
    "quotas": _is_counts,
    "failing_tasks": _is_counts,
    "failing_checks": _is_levels,
    "stock": _is_stock,
    "throttle": _is_throttle,
    "kubernetes": lambda value: value in ("builtin", "real"),
    "images": _is_images,
}
_FORMS = {
    "kubernetes": "builtin or real",
    "images": "an object of glob -> missing, denied, crash or unready",
    "speed": "a number above 0",
    "late_no_stock": "a whole number, 0 or more",
    "quotas": "an object of quota name -> whole number",
    "failing_tasks": "an object of task type -> whole number",
    "failing_checks": "an object of check item -> warning or error",
    "stock": "an object of zone -> instance type -> whole number",
    "throttle": 'an object of action -> {"calls": number, "seconds": number}',
}
