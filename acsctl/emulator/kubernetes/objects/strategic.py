"""Strategic merge patches: lists of objects merge by a key, lists of values become unions, and directives say the rest."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import ANY, Schema
from acsctl.emulator.kubernetes.objects.typed import child

DIRECTIVE, RETAIN = "$patch", "$retainKeys"
DELETE_ITEMS, ORDER = "$deleteFromPrimitiveList/", "$setElementOrder/"


class StrategicError(ValueError):
    """A patch with wrong directives or without a merge key. code: what the server answers."""

    def __init__(self, message: str, *, code: int = 500) -> None:
        super().__init__(message)
        self.code = code


def patched(obj: Mapping[str, Any], patch: Mapping[str, Any], *, schema: Schema) -> dict[str, Any]:
    """The object with the patch in it. Raises StrategicError."""
    return _merge_map(deepcopy(dict(obj)), deepcopy(dict(patch)), schema=schema)


def _merge_map(original: dict[str, Any], patch: dict[str, Any], *, schema: Schema) -> dict[str, Any]:
    if DIRECTIVE in patch:
        return _directed(patch)
    _retain(original, patch)
    for name in [key for key in patch if key.startswith(ORDER)]:
        _merge_ordered(original, patch, name=name, schema=schema)
    for key, value in patch.items():
        if key.startswith(DELETE_ITEMS):
            field = key.removeprefix(DELETE_ITEMS)
            if isinstance(original.get(field), list):
                original[field] = [one for one in original[field] if one not in value]
        elif value is None:
            original.pop(key, None)
        else:
            _merge_field(original, key, value=value, place=child(schema, key=key))
    return original


def _merge_field(original: dict[str, Any], key: str, *, value: Any, place: Schema) -> None:
    live = original.get(key)
    if isinstance(live, dict) and isinstance(value, dict) and "replace" not in place.patch_strategy:
        original[key] = _merge_map(live, value, schema=place)
    elif isinstance(live, list) and isinstance(value, list):
        original[key] = _merge_list(live, value, place=place)
    elif isinstance(value, dict) and DIRECTIVE in value:
        original.pop(key, None)
    else:
        original[key] = _clean(value)


def _directed(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    raise StrategicError(f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> None:
    """Fields that the directive does not name go."""
    kept = patch.pop(RETAIN, None)
    if kept is None:
        return
    said = {key for key, value in patch.items() if value is not None and not key.startswith((DELETE_ITEMS, ORDER))}
    if not isinstance(kept, list) or not said <= set(kept):
        raise StrategicError("invalid patch format of retainKeys", code=400)
    for key in set(original) - set(kept):
        del original[key]


def _merge_ordered(original: dict[str, Any], patch: dict[str, Any], *, name: str, schema: Schema) -> None:
    """A list whose order the patch sets; what only the server has keeps its place among what it knows."""
    order = patch.pop(name)
    field = name.removeprefix(ORDER)
    place = child(schema, key=field)
    live, wanted = original.get(field), patch.pop(field, None)
    if not isinstance(order, list):
        raise StrategicError("invalid patch format of setElementOrder list", code=400)
    _check_order(wanted or [], order, key=place.patch_merge_key)
    if live is None and wanted is None:
        return
    if live is None or wanted is None:
        merged = _clean(wanted) if live is None else live
    else:
        merged = _merge_list(live, wanted, place=place)
    original[field] = _sorted(merged, order, live=live or [], key=place.patch_merge_key)


def _check_order(wanted: Sequence[Any], order: Sequence[Any], *, key: str) -> None:
    said = [_id(one, key) for one in wanted if not (isinstance(one, dict) and DIRECTIVE in one)]
    rest = iter([_id(one, key) for one in order])
    if order and wanted and not all(one in rest for one in said):
        raise StrategicError(
            f"The order in patch list:\n{_go_list(wanted)}\n doesn't match {ORDER.rstrip('/')} list:\n{_go_list(order)}\n"
        )


def _merge_list(live: list[Any], wanted: list[Any], *, place: Schema) -> list[Any]:
    if "merge" not in place.patch_strategy:
        return wanted
    if not live and not wanted:
        return live
    key = place.patch_merge_key
    if not any(isinstance(one, dict) for one in (*live, *wanted)):
        merged = list(dict.fromkeys([*live, *wanted]))
        return _sorted(merged, wanted, live=live, key="")
    if not key:
        raise StrategicError(f"cannot merge lists without merge key for {place.name}")
    left, said = _special(live, wanted, key=key)
    merged = list(left)
    for one in said:
        if key not in one:
            raise StrategicError(f"map: {_go_map(one)} does not contain declared merge key: {key}")
        at = next((index for index, item in enumerate(merged) if item.get(key) == one[key]), None)
        if at is None:
            merged.append(one)
        else:
            merged[at] = _merge_map(merged[at], one, schema=place.item or ANY)
    return _sorted(merged, said, live=left, key=key)


def _special(live: list[Any], wanted: list[Any], *, key: str) -> tuple[list[Any], list[Any]]:
    """The live items that stay and the wanted ones that are no directive."""
    plain, replaced = [], False
    for one in wanted:
        directive = one.get(DIRECTIVE)
        if directive is None:
            plain.append(one)
        elif directive == "delete" and key in one:
            live = [item for item in live if item.get(key) != one[key]]
        elif directive == "replace":
            replaced = True
        elif directive == "delete":
            raise StrategicError(f"map: {_go_map(one)} does not contain declared merge key: {key}")
        elif directive == "merge":
            raise StrategicError("merging lists cannot yet be specified in the patch")
        else:
            raise StrategicError(f"unknown patch type: {directive} in map: {_go_map(one)}")
    return (plain, []) if replaced else (live, plain)


def _sorted(merged: Sequence[Any], order: Sequence[Any], *, live: Sequence[Any], key: str) -> list[Any]:
    ranks = {_id(one, key): index for index, one in enumerate(order)}
    known = {_id(one, key): index for index, one in enumerate(live)}
    ordered = sorted((one for one in merged if _id(one, key) in ranks), key=lambda one: ranks[_id(one, key)])
    others = [one for one in merged if _id(one, key) not in ranks]
    made: list[Any] = []
    while ordered and others:
        left, right = known.get(_id(others[0], key)), known.get(_id(ordered[0], key))
        first = others if left is not None and right is not None and left < right else ordered
        made.append(first.pop(0))
    return [*made, *ordered, *others]


def _id(item: Any, key: str) -> Any:
    return item.get(key) if key and isinstance(item, Mapping) else item


def _clean(value: Any) -> Any:
    """What is new comes without directives and nulls."""
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items() if one is not None and not (_is_directive(one))}
    return [_clean(one) for one in value if not _is_directive(one)] if isinstance(value, list) else value


def _is_directive(value: Any) -> bool:
    return isinstance(value, Mapping) and DIRECTIVE in value


def _go_map(value: Mapping[str, Any]) -> str:
    return "map[" + " ".join(f"{key}:{value[key]}" for key in sorted(value)) + "]"


def _go_list(value: Sequence[Any]) -> str:
    return "[" + " ".join(_go_map(one) if isinstance(one, Mapping) else str(one) for one in value) + "]"
