"""What PUT /_emulator/settings can change while the server runs."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from acsctl.emulator import api
from acsctl.emulator.accounts import LOCAL_KEY, AccessKey


@dataclass(frozen=True)
class Settings:
    """Times are cloud seconds, except in throttle.

    quotas: name -> limit, over those of metadata/choices.json. stock: zone -> instance type -> how many are left to sell;
    what is not named is plenty. late_no_stock: how many of the next instances are accepted and then found to be without
    stock. throttle: `vpc.CreateVpc` (or `*`) -> {"calls": n, "seconds": wall seconds}.
    keys: access keys besides local.
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
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        return
    kind = list if isinstance(old, tuple) else type(old)
    if not isinstance(new, kind) or (kind is float and new < 0):
        raise ValueError(f"{name} is a {kind.__name__}")
