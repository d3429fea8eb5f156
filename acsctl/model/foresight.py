"""What the cloud says of a wanted spec before it is applied, and what a field's own comparison is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from acsctl.model.plan import Finding
from acsctl.model.resource import Live, Spec
from acsctl.model.unknown import UNKNOWN


@dataclass(frozen=True)
class Foresight:
    """The outcome of a dry run. It holds for `spec` alone: what is wanted may turn out to be something else.

    `details` are for the comparison of the kind's own fields, `findings` what a person should know, `takes` are sentences on
    what it would take from others, which needs consent, and `note` goes beside a create.
    """

    spec: Spec
    details: Any = None
    findings: tuple[Finding, ...] = ()
    takes: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Compared:
    """What the `compare` of a field gets: the wanted value, the live thing, and what a dry run said of just this value, if any.

    `last` is the value last applied (None: nothing known), `recorded` whether there is a record of the resource, `unfinished`
    whether the last run broke off in it.
    """

    want: Any
    live: Live
    foreseen: Any = None
    last: Any = None
    recorded: bool = False
    unfinished: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nothing can be said of what is wanted before the apply."""
        return self.want is UNKNOWN
