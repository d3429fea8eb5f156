"""From a written spec to a resolved one: references become ids, expressions values, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acsctl.model.address import Address
from acsctl.model.history import Applied
from acsctl.model.resource import Spec
from acsctl.model.schema import MISSING
from acsctl.model.unknown import UNKNOWN, Deferred, Outputs, Ref, Secret, Unknown

Known = Mapping[Address, Outputs]


def resolve(value: Any, known: Known) -> Any:
    """`value` with every `Ref` and `Deferred` replaced; what is not known yet becomes `UNKNOWN`.

    A `Ref` becomes the id under its address, or the list of `ids` of a fleet, spliced into a list that it stands in.
    """
    if isinstance(value, Ref):
        return _id(value.address, known)
    if isinstance(value, Deferred):
        return _deferred(value, known)
    if isinstance(value, Mapping):
        return {key: resolve(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [entry for item in value for entry in _spliced(item, resolve(item, known))]
    return value


def unresolved(value: Any) -> bool:
    """Whether something inside is not known yet."""
    if isinstance(value, Mapping):
        return any(map(unresolved, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(unresolved, value))
    return value is UNKNOWN


def revealed(value: Any) -> Any:
    """`value` with the secrets laid open: only for what goes onto the wire."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [revealed(item) for item in value]
    return value


def without_secrets(value: Any) -> Any:
    """`value` for the record: secrets, and what is not known, are left out."""
    if isinstance(value, Mapping):
        return {key: without_secrets(item) for key, item in value.items() if not _hidden(item)}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value if not _hidden(item)]
    return value


def recorded(spec: Spec, tags: Mapping[str, str], ids: tuple[str, ...], *, past: Applied | None) -> Applied:
    """What the record keeps of a resource, guarded as in `past`. The cloud may have a secret still that the file had."""
    secrets = {*_secrets(spec, ()), *(path for path in (past.secrets if past else ()) if value_at(spec, path) is MISSING)}
    return Applied(without_secrets(spec), tags, ids, tuple(sorted(secrets)), past.guards if past else {})


def value_at(spec: Any, path: str) -> Any:
    """What a spec has at a dotted path, or MISSING. The keys of a mapping may have dots of their own."""
    if not isinstance(spec, Mapping):
        return MISSING
    name, _, rest = path.partition(".")
    if path in spec or not rest:
        return spec.get(path, MISSING)
    return value_at(spec.get(name), rest)


def _secrets(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The dotted paths of what is secret; which item of a list it is does not matter."""
    if isinstance(value, Secret):
        yield ".".join(path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from {".".join(path) for _ in _secrets(item, path)}


def _hidden(value: Any) -> bool:
    return isinstance(value, Secret) or value is UNKNOWN


def _id(address: Address, known: Known) -> Any:
    outputs = known.get(address)
    if outputs is None:
        return UNKNOWN
    if "id" in outputs or "ids" in outputs:
        return outputs.get("id", outputs.get("ids"))
    return _some(address, known)


def _some(address: Address, known: Known) -> Any:
    """The members of a fleet that stay, where others are still to be made."""
    members = {entry.number or 0: outputs for entry, outputs in known.items() if _is_member(entry, address)}
    ids = [members[number]["id"] for number in sorted(members) if "id" in members[number]]
    return [*ids, UNKNOWN] if ids else UNKNOWN


def _is_member(entry: Address, fleet: Address) -> bool:
    return entry.number is not None and entry.whole == fleet


def _spliced(item: Any, resolved: Any) -> list[Any]:
    return list(resolved) if isinstance(item, (Ref, Deferred)) and isinstance(resolved, list) else [resolved]


def _deferred(value: Deferred, known: Known) -> Any:
    try:
        result = value.value(known)
    except Unknown:
        return UNKNOWN
    return Secret(result) if value.secret and not isinstance(result, Secret) else result
