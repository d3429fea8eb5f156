"""`acsctl render`: the stack as YAML with everything evaluated that is known before a cloud is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acsctl.model.field import FileText, Folder
from acsctl.model.resource import Desired, Stack
from acsctl.model.schema import Schemas
from acsctl.model.unknown import UNKNOWN, Deferred, Ref, Secret
from acsctl.stack import dump, loading
from acsctl.stack.session import Inputs

SECRET = "(secret)"


def render(path: Path, variables: Inputs, schemas: Schemas) -> str:
    """The stack at `path` as text: resources by address, references as addresses, `(secret)` and `(known after apply)` else.

    Raises StackError as `load` does.
    """
    return dump.text(data(loading.load(path, variables, schemas)))


def data(stack: Stack) -> dict[str, Any]:
    """A loaded stack as plain data."""
    top = {"stack": stack.name, "region": stack.region, "account": stack.account, "record": stack.record}
    outputs = {name: SECRET if name in stack.secret_outputs else plain(value) for name, value in stack.outputs.items()}
    sections: dict[str, Any] = {
        "resources": {str(address): _resource(desired) for address, desired in stack.resources.items()},
        "moved": [{"from": str(before), "to": str(after)} for before, after in stack.moved],
        "outputs": outputs,
    }
    return {key: value for key, value in {**top, **sections}.items() if value}


def _resource(desired: Desired) -> dict[str, Any]:
    if desired.absent:
        return {"when": False}
    words: dict[str, Any] = {
        "existing": plain(desired.existing.query) if desired.existing else None,
        "count": desired.count,
        "adopt": list(desired.adopt),
        "protect": desired.protect,
        "retain": desired.retain,
        "ignore": list(desired.ignore),
        "timeout": desired.timeout,
        "tags": plain(desired.tags),
    }
    return {
        **plain(desired.spec),
        **{word: value for word, value in words.items() if value or (word == "count" and value == 0)},
    }


def plain(value: Any) -> Any:
    """A value with words in the place of what cannot be shown or is not known."""
    if isinstance(value, Secret) or (isinstance(value, Deferred) and value.secret):
        return SECRET
    if isinstance(value, Deferred):
        return str(UNKNOWN)
    if isinstance(value, (Ref, FileText, Folder)):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
