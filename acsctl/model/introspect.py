"""Reads a kind's schema class into the tree of fields; the only code that looks into pydantic's insides."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from acsctl.model.field import MISSING, Field, Meta, Shape, SpecModel

_SHAPES: dict[Any, Shape] = {str: "text", int: "integer", float: "number", bool: "boolean", Any: "any"}


def fields(model: type[SpecModel]) -> dict[str, Field]:
    """The fields of `model` by the name that the stack file uses (an alias where the name is a Python word)."""
    return {info.alias or name: _field(info.alias or name, info) for name, info in model.model_fields.items()}


def _field(name: str, info: FieldInfo) -> Field:
    meta = next((entry for entry in info.metadata if isinstance(entry, Meta)), Meta())
    limits = [entry for entry in info.metadata if not isinstance(entry, Meta)]
    bare = _without_none(info.annotation)
    origin = get_origin(bare)
    item = _without_none(get_args(bare)[-1]) if origin in (list, dict) else None
    inner = item if item is not None else bare
    nested = _model(inner)
    leaf = Annotated[inner, *limits] if limits and item is None else inner
    return Field(
        name=name,
        shape="list" if origin is list else _shape(bare),
        doc=info.description or "",
        required=info.is_required(),
        default=MISSING if info.is_required() else info.default,
        meta=meta,
        annotation=leaf,
        item=_shape(inner) if item is not None else None,
        fields=fields(nested) if nested else {},
        limits=tuple(limits) if item is not None else (),
    )


def _model(annotation: Any) -> type[SpecModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, SpecModel) else None


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [arg for arg in get_args(annotation) if arg is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _shape(annotation: Any) -> Shape:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _shape(get_args(annotation)[0])
    if origin is Literal:
        return "text"
    if origin is dict:
        return "mapping"
    if origin in (Union, types.UnionType):
        return "any"
    if _model(annotation):
        return "object"
    return _SHAPES.get(annotation, "any")
