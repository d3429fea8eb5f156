"""The one line of a create: what the file says, as short as it can be said, without knowledge of any kind.

Telling are the written fields in the order of the schema. Text that explains itself (10.0.0.0/16, ecs.g7.xlarge) stands
alone, everything else behind its field's name. References tell only where nothing else does: the graph shows them. Where
the line is too short, lists are counted instead, the last first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acsctl.model.change import Action, Change
from acsctl.model.resource import Desired, Live
from acsctl.model.resource import Part as SchemaPart
from acsctl.model.unknown import UNKNOWN, Deferred, NotKnown, Ref, Secret
from acsctl.view import values, wording
from acsctl.view.page import Page

if TYPE_CHECKING:
    from acsctl.model.schema import Field

LONGEST_TEXT = 40
SILENT = frozenset({"description", "tags", "count"})


@dataclass(frozen=True)
class Part:
    """What one field contributes: its full text, a shorter one, and whether it goes to the end of the line."""

    text: str
    short: str
    last: bool = False
    reference: bool = False


def summary(change: Change, *, page: Page, width: int) -> str:
    """The line for a change that makes something, at most `width` columns if that can be; empty if nothing tells.

    References are left out where the change has a note, which tells more.
    """
    if made_of := parts_of(change, page=page)[0]:
        return made_of
    parts = [part for part in _parts(change, page=page) if part.text]
    telling = [part for part in parts if not part.reference] or ([] if change.note else parts)
    for shortened in range(len(telling) + 1):
        text = _joined(telling, short_from=len(telling) - shortened)
        if len(text) <= width:
            return text
    return _joined(telling, short_from=0)


def parts_of(change: Change, *, page: Page) -> tuple[str, list[SchemaPart]]:
    """How many things it is made of, in words, and each of them; empty for a kind whose things are one."""
    schema = page.schema(change.address.kind)
    if schema is None or not schema.part:
        return "", []
    parts = list(schema.parts(change.spec))
    return (wording.count(len(parts), schema.part) if parts else f"{schema.part}s {UNKNOWN}"), parts


def _joined(parts: list[Part], *, short_from: int) -> str:
    texts = [(part.last, part.short if index >= short_from else part.text) for index, part in enumerate(parts)]
    front = ", ".join(text for last, text in texts if not last)
    return " ".join((front, *(text for last, text in texts if last))).strip()


def of_live(live: Live, *, page: Page, width: int) -> str:
    """The same line for a live thing, without its name and without what the cloud would have put there anyway."""
    fields = page.fields(live.address.kind)
    telling = (name for name, value in live.spec.items() if not (name in fields and values.usual(value, fields[name])))
    desired = Desired(live.address, spec=live.spec, written=frozenset(telling) - {"name"})
    return summary(Change(live.address, Action.NONE, desired=desired, spec=live.spec), page=page, width=width)


def wanted(change: Change, *, page: Page) -> Iterator[tuple[str, Any, Field | None]]:
    """Every field that is wanted, in the order of the schema, with its value as far as it is known."""
    return _ordered({**_spec(change), **change.prepared}, fields=page.fields(change.address.kind))


def _spec(change: Change) -> dict[str, Any]:
    """What is resolved, short of references to things that do not exist yet: their names say more than "known after apply"."""
    written = change.desired.spec if change.desired else {}
    named = {name: value for name, value in written.items() if _names_others(value) and not _known(change.spec.get(name))}
    return {**written, **change.spec, **named}


def _known(value: Any) -> bool:
    return not any(isinstance(row, NotKnown) for row in (value if isinstance(value, list | tuple) else [value]))


def _ordered(spec: dict[str, Any], *, fields: Mapping[str, Field]) -> Iterator[tuple[str, Any, Field | None]]:
    for name in (*(name for name in fields if name in spec), *(name for name in spec if name not in fields)):
        field = fields.get(name)
        yield name, values.masked(spec[name], field), field


def _parts(change: Change, *, page: Page) -> Iterable[Part]:
    fields = page.fields(change.address.kind)
    # What the catalogue decided is shown only where the file leaves a choice: the line says what the file says.
    chosen = {name: value for name, value in change.prepared.items() if name in fields and fields[name].meta.choice}
    schema = page.schema(change.address.kind)
    wipes = schema.wipes if schema else ""
    for name, value, field in _ordered(_spec(change) | chosen, fields=fields):
        if name not in SILENT and (change.desired is None or name in change.desired.written):
            # What loses what it holds is named, whatever else tells.
            yield _wiped(name, value) if name == wipes else _part(name, value=value, field=field)


def _wiped(name: str, value: Any) -> Part:
    rows = value if isinstance(value, list | tuple) else [value]
    whole = dict.fromkeys(str(row.address.whole) if isinstance(row, Ref) else values.shown(row) for row in rows)
    text = f"{name} {wording.names(whole, most=3)}"
    return Part(text, text)


def _part(name: str, *, value: Any, field: Field | None) -> Part:
    if _is_reference(value, field=field):
        text = values.shown(value)
        return Part(f"{name} {text}", text, reference=True)
    match value:
        case Secret() | NotKnown() | Deferred() | None:
            return Part("", "")
        case Mapping():
            known = field.fields if field else {}
            text = f"{name} {values.item(value, fields=known)}"
            first = next((word for key in value if (word := values.item({key: value[key]}, fields=known)) != "{}"), "")
            return Part(text, f"{name} {first}".strip())
        case list() | tuple():
            return _list(name, value=value, field=field)
        case str() if len(value) > LONGEST_TEXT or "\n" in value:
            return Part("", "")
        case _:
            text = _scalar(name, value=value)
            return Part(text, text, last=name in values.KEYWORDS)


def _scalar(name: str, *, value: Any) -> str:
    text = values.shown(value)
    if name in values.KEYWORDS:
        return f"{values.KEYWORDS[name]} {text}"
    explains_itself = isinstance(value, str) and any(sign.isdigit() or sign in "./:" for sign in value)
    return text if explains_itself else f"{name} {text}"


def _list(name: str, *, value: list[Any] | tuple[Any, ...], field: Field | None) -> Part:
    texts = [values.item(row, fields=field.fields if field else {}) for row in value]
    if field and field.meta.choice:
        return Part(texts[0] + "".join(f" or {text}" for text in texts[1:]), texts[0]) if texts else Part("", "")
    if any("\n" in text for text in texts):
        return Part(f"{len(texts)} {name}", f"{len(texts)} {name}")
    text = f"{name} {', '.join(texts) or 'none'}"
    return Part(text, f"{len(texts)} {name}" if len(texts) > 1 else text)


def _is_reference(value: Any, *, field: Field | None) -> bool:
    if field and field.meta.reference:
        return True
    return _names_others(value)


def _names_others(value: Any) -> bool:
    rows = value if isinstance(value, list | tuple) else [value]
    return bool(rows) and all(isinstance(row, Ref) for row in rows)
