"""The patches that know no owner: RFC 6902 and RFC 7386 here, the strategic merge of Kubernetes in strategic.py."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import Schema
from acsctl.emulator.kubernetes.objects.strategic import StrategicError, patched
from acsctl.emulator.kubernetes.objects.typed import same

MISSING = "Unable to access nonexistent index"


class PatchError(Exception):
    """A patch that does not fit. code: 422 for a JSON patch (the server tells no more of it than that it failed), 500 without
    a reason for a strategic merge that cannot be done, 400 for directives of a wrong form."""

    def __init__(self, message: str, *, code: int = 400) -> None:
        super().__init__(message)
        self.code = code


def json_patch(obj: Any, ops: Sequence[Mapping[str, Any]]) -> Any:
    """RFC 6902. Raises PatchError."""
    made = deepcopy(obj)
    for op in ops:
        kind = op.get("op")
        if not isinstance(op.get("path"), str) or kind not in OPERATIONS:
            raise PatchError(f"Unexpected kind: {kind}" if kind not in OPERATIONS else f"{kind} has no path", code=422)
        made = OPERATIONS[kind](made, op)
    return made


def merge_patch(obj: Any, patch: Any) -> Any:
    """RFC 7386, and as the server does it also without the nulls of objects in lists."""
    if isinstance(patch, list):
        return [merge_patch(None, one) for one in patch]
    if not isinstance(patch, Mapping):
        return patch
    made = dict(obj) if isinstance(obj, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merge_patch(made.get(key), value)
    return made


def strategic_merge(obj: Mapping[str, Any], patch: Mapping[str, Any], *, schema: Schema) -> dict[str, Any]:
    """Lists merge by the merge keys of the schema; `$patch`, `$setElementOrder`, `$deleteFromPrimitiveList`, `$retainKeys`.

    Raises PatchError.
    """
    try:
        return patched(obj, patch, schema=schema)
    except StrategicError as error:
        raise PatchError(str(error), code=error.code) from error


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PatchError(f'operation does not apply: doc is missing path: "{pointer}": missing value', code=422)
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _missing(verb: str, *, pointer: str) -> PatchError:
    return PatchError(f'{verb} operation does not apply: doc is missing path: "{pointer}": missing value', code=422)


def _get(doc: Any, pointer: str, *, verb: str) -> Any:
    for step in _steps(pointer):
        if isinstance(doc, dict) and step in doc:
            doc = doc[step]
        elif isinstance(doc, list) and step.isdigit() and int(step) < len(doc):
            doc = doc[int(step)]
        else:
            raise _missing(verb, pointer=pointer)
    return doc


def _parent(doc: Any, pointer: str, *, verb: str) -> tuple[Any, str]:
    head, _, last = pointer.rpartition("/")
    parent = _get(doc, head, verb=verb)
    if not isinstance(parent, dict | list):
        raise _missing(verb, pointer=pointer)
    return parent, last.replace("~1", "/").replace("~0", "~")


def _insert(doc: Any, pointer: str, *, value: Any, verb: str) -> Any:
    if not pointer:
        return value
    parent, last = _parent(doc, pointer, verb=verb)
    if isinstance(parent, dict):
        parent[last] = value
    elif last == "-":
        parent.append(value)
    elif last.isdigit() and int(last) <= len(parent):
        parent.insert(int(last), value)
    else:
        raise PatchError(f'{verb} operation does not apply: doc is missing path: "{pointer}": {MISSING}: {last}', code=422)
    return doc


def _add(doc: Any, op: Mapping[str, Any]) -> Any:
    return _insert(doc, op["path"], value=deepcopy(op.get("value")), verb="add")


def _remove(doc: Any, op: Mapping[str, Any]) -> Any:
    parent, last = _parent(doc, op["path"], verb="remove")
    if isinstance(parent, dict) and last in parent:
        del parent[last]
    elif isinstance(parent, list) and last.isdigit() and int(last) < len(parent):
        del parent[int(last)]
    else:
        raise PatchError(
            f'remove operation does not apply: doc is missing path: "{op["path"]}": Unable to remove nonexistent key: '
            f"{last}: missing value",
            code=422,
        )
    return doc


def _replace(doc: Any, op: Mapping[str, Any]) -> Any:
    if not op["path"]:
        return deepcopy(op.get("value"))
    parent, last = _parent(doc, op["path"], verb="replace")
    if isinstance(parent, list):
        _get(doc, op["path"], verb="replace")
    # The server takes a field that is not there, other than the RFC.
    parent[last if isinstance(parent, dict) else int(last)] = deepcopy(op.get("value"))
    return doc


def _move(doc: Any, op: Mapping[str, Any]) -> Any:
    value = _get(doc, op.get("from", ""), verb="move")
    return _insert(_remove(doc, {"path": op.get("from", "")}), op["path"], value=value, verb="move")


def _copy(doc: Any, op: Mapping[str, Any]) -> Any:
    value = deepcopy(_get(doc, op.get("from", ""), verb="copy"))
    return _insert(doc, op["path"], value=value, verb="copy")


def _test(doc: Any, op: Mapping[str, Any]) -> Any:
    try:
        found = _get(doc, op["path"], verb="test")
    except PatchError:
        if op.get("value") is None:
            return doc
        raise
    if not same(found, op.get("value")):
        raise PatchError(f"testing value {op['path']} failed: test failed", code=422)
    return doc


OPERATIONS: Mapping[Any, Callable[[Any, Mapping[str, Any]], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
