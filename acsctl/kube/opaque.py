"""Values that a template may hand on but not look into: what is known after apply, and what is secret.

Both stand in the rendered text as marks of private characters, which no text of a manifest has; read back as YAML, a scalar
with such a mark is `UNKNOWN` or a `Secret`. A template that tests or loops over what is not known raises `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from acsctl.kube.documents import meaning
from acsctl.model.unknown import UNKNOWN, Deferred, NotKnown, Ref, Secret, Unknown
from acsctl.sandbox import text_of

_MARK = re.compile("\ue000([us])([0-9]+)\ue001")


class Opaque:
    """Something that is known after apply. Handing it on works; everything that would look into it raises Unknown."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __str__(self) -> str:
        return self._mark

    def _asked(self, *others: Any) -> NoReturn:
        raise Unknown("the template tests or loops over what is known after apply")

    def __bool__(self) -> bool:
        self._asked()

    def __eq__(self, other: object) -> bool:
        self._asked()

    def __hash__(self) -> int:
        self._asked()

    def __len__(self) -> int:
        self._asked()

    def __iter__(self) -> Iterator[Any]:
        self._asked()

    def __contains__(self, item: object) -> bool:
        self._asked()

    def __int__(self) -> int:
        self._asked()

    def __lt__(self, other: object) -> bool:
        self._asked()

    __gt__ = __le__ = __ge__ = __lt__


class Hidden:
    """A secret. It can be tested and looped over; whatever is made of it is secret again."""

    def __init__(self, value: Any, marks: Marks) -> None:
        self.value = value
        self._marks = marks

    def __str__(self) -> str:
        return self._marks.secret(self.value)

    def parts(self) -> Any:
        """A mapping or a list with each value a secret by itself; the keys are in the open."""
        if isinstance(self.value, Mapping):
            return {key: Hidden(item, self._marks) for key, item in self.value.items()}
        return list(self)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Hidden) else other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (Hidden(item, self._marks) for item in self.value)

    def __contains__(self, item: object) -> bool:
        return item in self.value


@dataclass
class Marks:
    """The marks of one rendering."""

    _secrets: list[Any] = field(default_factory=list[Any])
    _unknown: int = 0

    def secret(self, value: Any) -> str:
        """A mark for a secret."""
        self._secrets.append(value)
        return f"\ue000s{len(self._secrets) - 1}\ue001"

    def unknown(self) -> Opaque:
        """Something that is known after apply."""
        self._unknown += 1
        return Opaque(f"\ue000u{self._unknown}\ue001")

    def hidden(self, value: Any) -> Any:
        """`value` as something secret."""
        return value if isinstance(value, (Hidden, Opaque)) else Hidden(value, self)

    def wrap(self, value: Any) -> Any:
        """A value of the stack as a template sees it."""
        if isinstance(value, (NotKnown, Deferred, Ref)):
            return self.unknown()
        if isinstance(value, Secret):
            return self.hidden(value.reveal())
        if isinstance(value, Mapping):
            return {key: self.wrap(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.wrap(item) for item in value]
        return value

    def read(self, text: str, plain: bool) -> Any:
        """What a scalar of the rendered text means."""
        found = list(_MARK.finditer(text))
        if not found:
            return meaning(text) if plain else text
        if any(mark[1] == "u" for mark in found):
            return UNKNOWN
        if plain and found[0].span() == (0, len(text)):
            return Secret(self._secrets[int(found[0][2])])
        return Secret(_MARK.sub(lambda mark: text_of(self._secrets[int(mark[2])]), text))


def opened(value: Any) -> Any:
    """The value with what is secret in it in the open."""
    return value.value if isinstance(value, Hidden) else value


def is_opaque(*values: Any) -> bool:
    """Whether one of these is not known."""
    return any(isinstance(value, Opaque) for value in values)


def is_hidden(*values: Any) -> bool:
    """Whether one of these is secret."""
    return any(isinstance(value, Hidden) for value in values)
