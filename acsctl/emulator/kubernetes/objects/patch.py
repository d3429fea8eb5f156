"""The three patches that know no owner: RFC 6902, RFC 7386, and the strategic merge of Kubernetes."""

from collections.abc import Mapping, Sequence
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import Schema


class PatchError(Exception):
    """A patch that does not fit. code: 422 for a JSON patch whose test or path fails, else 400."""

    def __init__(self, message: str, *, code: int = 400) -> None:
        super().__init__(message)
        self.code = code


def json_patch(obj: Any, ops: Sequence[Mapping[str, Any]]) -> Any:
    """RFC 6902. Raises PatchError."""
    raise NotImplementedError


def merge_patch(obj: Any, patch: Any) -> Any:
    """RFC 7386."""
    raise NotImplementedError


def strategic_merge(obj: Mapping[str, Any], patch: Mapping[str, Any], *, schema: Schema) -> dict[str, Any]:
    """Lists merge by the merge keys of the schema; `$patch`, `$setElementOrder`, `$deleteFromPrimitiveList`, `$retainKeys`.

    Raises PatchError.
    """
    raise NotImplementedError
