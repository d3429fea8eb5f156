"""Plans in files: made of a plan, written, read, and compared with the one that would be made now."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acsctl import __version__
from acsctl.errors import AccessError, AcsctlError, StaleError, UsageError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.plan import Observation, Plan
    from acsctl.plan.saved import Document
    from acsctl.plan.work import Asked
    from acsctl.run.observe import World
    from acsctl.view.contract import Stats

KEY = "ACSCTL_PLAN_KEY"
MAJOR = "1"
AGAIN = "Plan again:  acsctl plan --out FILE"


def described(session: Session, world: World, plan: Plan, *, seen: Observation, asked: Asked) -> Document:
    """The plan as data, with its digest."""
    from acsctl.plan.saved import Around, document
    from acsctl.run.apply import schemas

    key = os.environ.get(KEY, "")
    around = Around(session.cloud.account, asked, schemas(world), deep=world.deep, key=key)
    return document(plan, seen=seen, history=world.history, around=around)


def keep(session: Session, path: Path, found: Document, *, plan: Plan, stats: Stats) -> None:
    """Write a plan into a file that only its owner can read, at once or not at all. Raises AcsctlError."""
    from acsctl.cli.session import revision
    from acsctl.plan.saved import checksum_of
    from acsctl.run.apply import schemas
    from acsctl.view.kept import text

    found = {
        **found,
        "acsctl_version": __version__,
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "revision": revision(session.stack.file),
        "text": text(plan, stats=stats, schemas=schemas(session.world)),
    }
    try:
        _write(path, json.dumps({**found, "checksum": checksum_of(found)}, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise AcsctlError(f"the plan cannot be written to {path}: {error.strerror}") from error
    session.view.kept_in(str(path), found["digest"])


def check_out(path: Path) -> None:
    """Raises UsageError where no plan can be put: what takes the place of a device or a pipe would break it."""
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise UsageError(f"--out: {path} is no file", remedy="Name a file; with  --json  the plan goes to the standard output.")


def _write(path: Path, text: str) -> None:
    """The new file has the mode 0600 from its beginning, and takes the place of an old one when it is on disk."""
    path = path.resolve()
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kept(path: Path) -> Document:
    """A plan out of its file. Raises UsageError where it is none, is damaged, or was made by another version."""
    from acsctl.plan.saved import checksum_of, digest_of

    found = _parsed(path)
    if str(found["format_version"]).partition(".")[0] != MAJOR:
        said = f"{path} has the format {found['format_version']}, and acsctl {__version__} reads {MAJOR}"
        raise UsageError(said, remedy=AGAIN)
    if found.get("acsctl_version") != __version__:
        by = found.get("acsctl_version", "another version")
        raise UsageError(f"{path} was made by acsctl {by}, and this is {__version__}", remedy=AGAIN)
    try:
        whole = found.get("checksum") == checksum_of(found) and found["digest"] == digest_of(found)
    except (KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise UsageError(f"{path} is damaged: it is not what was written", remedy=AGAIN)
    return found


def _parsed(path: Path) -> dict[str, Any]:
    if path.is_dir() or path.suffix in (".yaml", ".yml"):
        raise UsageError(f"{path} is no plan of acsctl", remedy=f"A stack is named with  -f {path}")
    try:
        found = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except OSError as error:
        raise UsageError(f"the plan {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no plan of acsctl: it is not JSON, or cut short", remedy=AGAIN) from error
    if not isinstance(found, dict) or "format_version" not in found or "resource_changes" not in found or "digest" not in found:
        raise UsageError(f"{path} is no plan of acsctl", remedy=AGAIN)
    return found


def belongs(found: Document, session: Session) -> None:
    """Raises AccessError for another account, StaleError for another stack or region, UsageError for another key."""
    account, stack = session.cloud.account, session.stack
    if found["account"] != account:
        raise AccessError(f"the plan is for account {found['account']}, and the credentials belong to {account}")
    for what, said, is_now in (("stack", found["stack"], stack.name), ("region", found["region"], stack.region)):
        if said != is_now:
            raise StaleError(f"the plan is for the {what} {said}, and the stack file says {is_now}", remedy=AGAIN)
    if found["keyed"] != bool(os.environ.get(KEY)):
        raise UsageError(
            f"the plan was made {'with' if found['keyed'] else 'without'} {KEY}: what is secret cannot be compared"
        )


def still(session: Session, found: Document, now: Document, *, begun: bool) -> None:
    """Raises StaleError, after the view was told the differences, where another plan would be made now.

    Where a run that did not end clean had `begun` to carry it out, what is left of it is no other plan.
    """
    from acsctl.plan.stale import differences, unexplained

    different = unexplained(found, now) if begun else differences(found, now)
    if different:
        session.view.stale(different)
        raise StaleError("the plan is stale: another one would be made now. Nothing was changed", remedy=AGAIN)
    if begun:
        session.view.note("An earlier run had begun to carry out this plan. Going on where it stopped.")
