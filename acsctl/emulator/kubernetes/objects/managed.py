"""Field ownership: server-side apply and the managers of every other change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from acsctl.emulator.kubernetes.objects.schema import Schema


@dataclass(frozen=True)
class Cause:
    """A field that another manager owns. manager: `"kubectl-edit" using apps/v1`, in the server's words. field: `.spec.x`."""

    manager: str
    field: str

    @property
    def message(self) -> str:
        """Of the Status' cause, whose reason is FieldManagerConflict."""
        return f"conflict with {self.manager}"


class Conflicts(Exception):
    """An apply meets fields of others (409, reason Conflict). `str()` is the message of the Status."""

    def __init__(self, causes: Sequence[Cause]) -> None:
        super().__init__()
        self.causes = tuple(causes)


@dataclass(frozen=True)
class Applying:
    """How a configuration is applied. now: unix seconds. schema: None when the kind has none; types are then deduced."""

    manager: str
    force: bool
    now: float
    schema: Schema | None
    subresource: str = ""


@dataclass(frozen=True)
class Recording:
    """How a create, update or patch is recorded. now: unix seconds."""

    manager: str
    now: float
    schema: Schema | None
    operation: Literal["Update"] = "Update"
    subresource: str = ""


def apply(live: Mapping[str, Any] | None, config: Mapping[str, Any], *, how: Applying) -> dict[str, Any]:
    """The live object (None: there is none) with the configuration merged in and `metadata.managedFields` brought up to date.

    Fields that the manager applied before and left out now are removed unless others own them. Defaults are not added.
    Raises Conflicts.
    """
    raise NotImplementedError


def record(live: Mapping[str, Any] | None, new: Mapping[str, Any], *, how: Recording) -> dict[str, Any]:
    """The new object, complete with defaults, with `metadata.managedFields` brought up to date from the live object's.

    Other managers lose what was changed. A `managedFields` of the new object is taken as the client's wish, as the server
    does: `[{}]` or `[]` clears all, null or absent keeps the live ones.
    """
    raise NotImplementedError
