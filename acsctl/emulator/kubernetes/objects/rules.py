"""What the API server refuses of objects that are well formed."""

from collections.abc import Mapping
from typing import Any

from acsctl.emulator.kubernetes.objects.validate import Problem


def create_problems(obj: Mapping[str, Any]) -> list[Problem]:
    """Why a new object, with its defaults, is refused (422); empty when it is not, or when the kind is not a built-in one
    beyond the rules of metadata."""
    raise NotImplementedError


def update_problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Problem]:
    """Why a change of an object is refused (422): what makes a new one be refused, and immutable fields."""
    raise NotImplementedError
