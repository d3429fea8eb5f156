"""Objects against schemas: wrong types, what is missing, what is unknown."""

from dataclasses import dataclass
from typing import Any

from acsctl.emulator.kubernetes.objects.schema import Schema


@dataclass(frozen=True)
class Problem:
    """One refusal. field: `spec.ports[0].port`. reason: as in a cause of a Status, `FieldValueInvalid`, `FieldValueRequired`,
    `FieldValueForbidden`, `FieldValueNotSupported`, `FieldValueDuplicate`, `FieldValueTypeInvalid`, `FieldValueNotFound`,
    `FieldValueTooLong`, `FieldValueTooMany`. message: the whole text of the cause, `Invalid value: 0: must be between 1 and
    65535, inclusive`. value: what was found. `str()` gives `field: message`, as the message of the Status joins them.
    """

    field: str
    reason: str
    message: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def check(obj: Any, schema: Schema) -> list[Problem]:
    """Wrong types, missing and unknown enum values: as a custom resource's schema is enforced (422)."""
    raise NotImplementedError


def decode_problem(obj: Any, schema: Schema) -> str:
    """Why a built-in object cannot be read (400), worded as the decoder does; empty when it can.

    `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
    """
    raise NotImplementedError


def unknown_fields(obj: Any, schema: Schema) -> list[str]:
    """Dotted paths as strict decoding names them: `spec.template.spec.containers[0].foo`."""
    raise NotImplementedError


def prune(obj: Any, schema: Schema) -> Any:
    """The object without unknown fields."""
    raise NotImplementedError
