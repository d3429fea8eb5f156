"""How rules say what is wrong: the reasons and words of the server's field errors."""

from collections.abc import Iterable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects.validate import Problem, shown

Object = Mapping[str, Any]

NOT_NEGATIVE = "must be greater than or equal to 0"
IMMUTABLE = "field is immutable"


class Refusals(list[Problem]):
    """Problems as they are found, in order."""

    def required(self, field: str, why: str = "") -> None:
        self.append(Problem(field, "FieldValueRequired", f"Required value: {why}" if why else "Required value", ""))

    def invalid(self, field: str, *, value: Any, why: str) -> None:
        self.append(Problem(field, "FieldValueInvalid", f"Invalid value: {shown(value)}: {why}", value))

    def forbidden(self, field: str, *, why: str) -> None:
        self.append(Problem(field, "FieldValueForbidden", f"Forbidden: {why}"))

    def duplicate(self, field: str, *, value: Any) -> None:
        self.append(Problem(field, "FieldValueDuplicate", f"Duplicate value: {shown(value)}", value))

    def missing(self, field: str, *, value: Any) -> None:
        self.append(Problem(field, "FieldValueNotFound", f"Not found: {shown(value)}", value))

    def unsupported(self, field: str, *, value: Any, allowed: Iterable[str]) -> None:
        listed = ", ".join(shown(one) for one in allowed)
        text = f"Unsupported value: {shown(value)}: supported values: {listed}"
        self.append(Problem(field, "FieldValueNotSupported", text, value))

    def one_of(self, obj: Object, key: str, *, at: str, allowed: Iterable[str]) -> None:
        """Refuses a value that is there and not allowed."""
        allowed = tuple(allowed)
        if obj.get(key) and obj[key] not in allowed:
            self.unsupported(f"{at}.{key}", value=obj[key], allowed=allowed)

    def not_negative(self, obj: Object, *keys: str, at: str) -> None:
        for key in keys:
            if obj.get(key, 0) < 0:
                self.invalid(f"{at}.{key}", value=obj[key], why=NOT_NEGATIVE)

    def texts(self, field: str, *, value: Any, whys: Iterable[str]) -> None:
        """One refusal for each thing that is wrong with a text."""
        for why in whys:
            self.invalid(field, value=value, why=why)
