"""Label selectors."""

from collections.abc import Mapping, Sequence
from typing import Any


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str] | None) -> bool:
    """A LabelSelector: an empty one matches everything, None nothing."""
    if selector is None:
        return False
    labels = labels or {}
    plain = (selector.get("matchLabels") or {}).items() <= labels.items()
    return plain and all(is_met(one, labels=labels) for one in selector.get("matchExpressions") or ())


def is_met(requirement: Mapping[str, Any], *, labels: Mapping[str, str]) -> bool:
    """One of matchExpressions, of LabelSelectors and of node selectors."""
    value = labels.get(requirement["key"])
    values: Sequence[str] = requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and value.isdigit() and int(value) > int(values[0])
        case "Lt":
            return value is not None and value.isdigit() and int(value) < int(values[0])
    return False
