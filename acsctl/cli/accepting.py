"""`acsctl drift --accept`: what the cloud has is written into the stack file, tried before anything is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acsctl.errors import AcsctlError, Place, RefusedError, StackError

if TYPE_CHECKING:
    from acsctl.cli.session import Session
    from acsctl.model.drift import Drift, Drifted
    from acsctl.model.resource import Stack
    from acsctl.run.drift import Look
    from acsctl.stack.accept import Acceptance, Refusal

SHORTEST_SECRET = 3
"""Shorter texts are in every file; a secret of one letter hides nothing."""


def accept(session: Session, look: Look, found: Drift, *, yes: bool) -> None:
    """Write what can be taken over, shown and asked for before. Raises RefusedError where nothing can, ApprovalError."""
    from acsctl.stack.edit import replace_text, text_of

    _certain(found)
    path = Path(look.plan.stack.file)
    text = text_of(path)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    result = _tried(session, look, text.removeprefix(mark), found)
    for refusal in result.refused:
        session.view.warn(_sentence(refusal), remedy=refusal.remedy)
    if not result.accepted:
        if result.refused:
            raise RefusedError(["none of the drift can be written into the stack file"])
        return
    new = mark + result.text
    session.view.text(_hidden(_diff(path.name, text, new), look.plan.stack, text.removeprefix(mark)))
    if not yes:
        _ask(session, path)
    replace_text(path, text, new)
    session.view.note(f"{path.name}: accepted {len(result.accepted)} of what drifted. The next  acsctl apply  records it.")


def _ask(session: Session, path: Path) -> None:
    from acsctl.cloud import Stopped

    try:
        with session.stop.asking():
            answer = session.view.ask(f"Write this into {path.name}? Only 'yes' is taken: ").strip()
    except Stopped:
        session.view.note("Stopped. Nothing was changed.")
        raise
    if answer != "yes":
        raise AcsctlError("not approved; nothing was written")


def _certain(found: Drift) -> None:
    """Raises RefusedError where no record tells what is drift."""
    why = "so what differs may be your own edit"
    reasons = [f"{row.change.address}: the reason is {row.reason}, {why}" for row in found.unsure]
    if reasons:
        remedy = "Run  acsctl apply  first; or change the file yourself. Addresses of what is drift can be named."
        raise RefusedError(reasons, remedy=remedy)


def _tried(session: Session, look: Look, text: str, found: Drift) -> Acceptance:
    """What can be taken over at once; where that does not give what it should, one difference after the other."""
    from acsctl.model.drift import Drifted
    from acsctl.stack.accept import Acceptance

    result = _taken(look, text, found.rows)
    if not result.accepted or not _wrong(session, look, result):
        return result
    kept = Acceptance(text, refused=result.refused)
    for row, field in result.accepted:
        single = _taken(look, kept.text, (Drifted(replace(row.change, fields=(field,))),))
        whole = replace(single, accepted=(*kept.accepted, *single.accepted), refused=(*kept.refused, *single.refused))
        why = _wrong(session, look, whole)
        kept = replace(kept, refused=(*kept.refused, _unfit(row, field.path, why))) if why else whole
    return kept


def _taken(look: Look, text: str, rows: tuple[Drifted, ...]) -> Acceptance:
    from acsctl.model.address import Address
    from acsctl.run.apply import schemas
    from acsctl.stack.accept import Accepter, things
    from acsctl.stack.written import Words, shared

    names, common = dict(things(look.plan.stack, look.lives())), shared(text)

    def words(address: Address) -> Words:
        return Words(names, common, look.expansions(address))

    return Accepter(text, look.plan.stack, schemas(look.world), words).take(rows)


def _wrong(session: Session, look: Look, result: Acceptance) -> str:
    """Why a text does not do; empty where it does."""
    try:
        stack = _loaded(session, result.text)
    except StackError as error:
        first = error.problems[0]
        return f"line {first.place.line} would not be valid: {first.message}"
    spoiled = look.spoiled(stack, [(row.change.address, field.path) for row, field in result.accepted])
    return f"with that {spoiled[0][0]} {spoiled[0][2]} would differ" if spoiled else ""


def _loaded(session: Session, text: str) -> Stack:
    from acsctl.cli.session import inputs
    from acsctl.kinds import registry
    from acsctl.stack import load

    return load(session.options.file, replace(inputs(session.options), text=text), registry.schemas())


def _unfit(row: Drifted, path: str, why: str) -> Refusal:
    from acsctl.stack.accept import Refusal

    place = row.change.desired.place if row.change.desired else Place("")
    return Refusal(row.change.address, path, place, why, "Change it there yourself.")


def _sentence(refusal: Refusal) -> str:
    where = f"{refusal.address} {refusal.path}".rstrip()
    return f"{refusal.place}: {where} is not written: {refusal.why}"


def _diff(name: str, old: str, new: str) -> str:
    rows = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join(rows) + "\n"


def _hidden(shown: str, stack: Stack, text: str) -> str:
    """What is shown of the file, without the secrets that stand in it."""
    from acsctl.stack.written import secrets

    own = {line for desired in stack.resources.values() for value in _secrets(desired.spec) for line in str(value).split("\n")}
    for line in sorted(own | secrets(text), key=len, reverse=True):
        if len(line.strip()) >= SHORTEST_SECRET:
            shown = shown.replace(line.strip(), "(secret)")
    return shown


def _secrets(value: Any) -> Iterator[Any]:
    from acsctl.model.unknown import Secret

    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item)
