"""The defaults of the built-in kinds."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import Schema


def with_defaults(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A built-in object as the server completes it before it is checked and stored; another kind as it is."""
    raise NotImplementedError


def with_schema_defaults(obj: Any, schema: Schema) -> Any:
    """A custom resource with the defaults that its schema names."""
    raise NotImplementedError
