"""The words for a lock that is held, or was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acsctl.errors import LockedError, LockLostError

_REMEDY = "Wait until it has ended, with  --lock-timeout 10m ."
_MINE = "If it is an earlier attempt of this job that was cancelled:  acsctl unlock --mine"


def locked(holder: Mapping[str, Any] | None, *, also: str = "", mine: bool = False) -> LockedError:
    """Another run holds the lock. `also` is one more sentence of what to do; `mine` names what may break the lock at once."""
    remedy = " ".join(filter(None, [_REMEDY, also, _MINE if mine else ""]))
    return LockedError(f"the stack is locked: {named(holder)}", remedy=remedy)


def named(holder: Mapping[str, Any] | None) -> str:
    """A holder in words."""
    row = holder or {}
    text = f"{row.get('command', 'a run')} by {row.get('who', 'somebody')} on {row.get('host', 'another host')}"
    since = f" since {row['since']}" if row.get("since") else ""
    beat = f", last heard of {row['beat']}" if row.get("beat") else ""
    return f"{text} (pid {row.get('pid', '?')}){since}{beat}"


def lost(why: str) -> LockLostError:
    """This run no longer holds the lock."""
    return LockLostError(
        f"this run has lost the lock of the stack: {why}",
        remedy="Nothing more was written. See  acsctl status  for who works on the stack now, then run the same command again.",
    )
