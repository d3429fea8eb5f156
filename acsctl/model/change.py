"""The words of a plan: actions, reasons, impact, and one change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from acsctl.model.address import Address
from acsctl.model.resource import Desired, Live, Spec


class Action(Enum):
    """What happens to a resource. The value is the symbol that a person sees; `word` is what machines read."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"
    REPLACE = "-/+"
    CREATE_THEN_DELETE = "+/-"
    READ = "<="
    ADOPT = ">"
    FORGET = "."
    NONE = "="

    @property
    def word(self) -> str:
        """The action's name in JSON."""
        return _WORDS[self]

    @property
    def replaces(self) -> bool:
        """Whether a new thing takes the place of an old one, in either order."""
        return self in (Action.REPLACE, Action.CREATE_THEN_DELETE)


_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "delete",
    Action.REPLACE: "replace",
    Action.CREATE_THEN_DELETE: "replace",
    Action.READ: "read",
    Action.ADOPT: "adopt",
    Action.FORGET: "forget",
    Action.NONE: "none",
}


class Reason(Enum):
    """Why a field differs: the file changed (edit), the cloud changed (drift), both, or it cannot be told.

    Asked is what nothing differs of, and what is renewed because somebody said so.
    """

    EDIT = "edit"
    DRIFT = "drift"
    BOTH = "both"
    UNKNOWN = "unknown"
    UNFINISHED = "unfinished"
    ASKED = "asked"


class Impact(IntEnum):
    """What a change does to what runs; the higher, the worse."""

    NONE = 0
    RESTART = 1
    ROLLING = 2
    OUTAGE = 3
    REPLACE = 4
    DATA_LOSS = 5

    @property
    def word(self) -> str:
        """The class as a person reads it: "data loss"."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after. `path` is dotted (`ingress`, `system_disk.size`, `tags.owner`).

    `added` and `removed` are set instead for a list that is compared as a set: one item a line. `after` may be
    `UNKNOWN` or a `Secret`. `field` is the schema's field where the path does not begin with its name (a field with a
    comparison of its own), `part` what of the thing the path begins with then. `holder` is who else holds the value;
    what `asks` needs consent: taking it from them where they will set it again, or an outage.
    """

    path: str
    before: Any = None
    after: Any = None
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    reason: Reason = Reason.EDIT
    forces: bool = False
    impact: Impact = Impact.NONE
    note: str = ""
    field: str = ""
    part: str = ""
    holder: str = ""
    asks: bool = False

    @property
    def top(self) -> str:
        """The schema's field that it is about."""
        return self.field or self.path.split(".")[0]


@dataclass(frozen=True)
class Change:
    """One node of a plan. For a fleet it covers the members that change alike.

    `desired` is None for what the file does not name; `live` are the things that are changed or go (empty for a create);
    `numbers` the members of a fleet that are made, changed or destroyed (empty where the resource is no fleet).
    `spec` is the wanted spec with references and expressions resolved as far as they are known, `UNKNOWN` elsewhere.
    `prepared` are values that the cloud's catalogue decided (an image id for a prefix); they win over `spec`.
    `note` is what else a person should know ("double", "1st choice, in stock", "`when` is false"). `takes` are sentences on
    what it takes from others, for which consent is needed.
    """

    address: Address
    action: Action
    desired: Desired | None = None
    live: tuple[Live, ...] = ()
    numbers: tuple[int, ...] = ()
    spec: Spec = field(default_factory=dict[str, Any])
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fields: tuple[FieldChange, ...] = ()
    reason: Reason | None = None
    impact: Impact = Impact.NONE
    prepared: Spec = field(default_factory=dict[str, Any])
    note: str = ""
    takes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many things it concerns: the members of a fleet each count."""
        return max(1, len(self.numbers), len(self.live) if not self.action.replaces else 0)
