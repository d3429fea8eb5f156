"""Answers against the response trees of the metadata: checking them, and cutting them to an older tree."""

from collections.abc import Iterator
from typing import Any, cast

from acsctl.emulator.api import Action, Tree

_INTEGERS = frozenset({"int", "int32", "int64"})
_NUMBERS = frozenset({"float", "double", "number"})
_REQUEST_IDS = ("RequestId", "requestId", "request_id")


def signed(answer: Any, *, action: Action, request_id: str) -> Any:
    """An answer with its RequestId. In the ROA style it is spelled as the action publishes it, and many have none."""
    if not action.has_path:
        return {"RequestId": request_id, **answer}
    if not isinstance(answer, dict) or not isinstance(action.response, dict):
        return answer
    names = [name for name in _REQUEST_IDS if name in cast("dict[str, Tree]", action.response)]
    return {**dict.fromkeys(names, request_id), **cast("dict[str, Any]", answer)}


def faults(answer: Any, *, tree: Tree, path: str = "") -> Iterator[str]:
    """What of an answer the tree does not know: unknown fields, wrong shapes, wrong scalar types."""
    if isinstance(tree, str):
        if not _scalar_fits(answer, kind=tree):
            yield f"{path}: {type(answer).__name__} where {tree} is published"
    elif isinstance(tree, list):
        if not isinstance(answer, list):
            yield f"{path}: {type(answer).__name__} where a list is published"
            return
        for index, one in enumerate(answer):
            yield from faults(one, tree=tree[0], path=f"{path}[{index}]")
    else:
        yield from _object_faults(answer, tree=cast("dict[str, Tree]", tree or {}), path=path)


def _object_faults(answer: Any, *, tree: dict[str, Tree], path: str) -> Iterator[str]:
    if not isinstance(answer, dict):
        yield f"{path}: {type(answer).__name__} where an object is published"
        return
    for name, value in cast("dict[str, Any]", answer).items():
        below = tree.get(name, tree.get("*"))
        if below is None:
            yield f"{path}.{name}: not published"
        else:
            yield from faults(value, tree=below, path=f"{path}.{name}")


def _scalar_fits(value: Any, *, kind: str) -> bool:
    if kind in _INTEGERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in _NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    return not isinstance(value, str | int | float) if kind == "object" else True


def cut(answer: Any, *, tree: Tree) -> Any:
    """The part of an answer that a tree knows: what the legacy calls of another product answer."""
    if isinstance(tree, list) and isinstance(answer, list):
        return [cut(one, tree=tree[0]) for one in answer]
    if isinstance(tree, dict) and isinstance(answer, dict):
        known = cast("dict[str, Tree]", tree)
        fields = cast("dict[str, Any]", answer)
        return {name: cut(value, tree=known[name]) for name, value in fields.items() if name in known}
    return answer
