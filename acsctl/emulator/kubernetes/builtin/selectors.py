"""Label and field selectors (apimachinery, labels and fields packages)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acsctl.emulator.kubernetes.builtin.status import bad_request

Matcher = Callable[[Mapping[str, Any]], bool]
"""Whether an object is selected."""

_SET = re.compile(r"^\s*(?P<key>[^\s!=<>(),]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)\s*$")
_EQUAL = re.compile(r"^\s*(?P<key>[^\s!=<>(),]+)\s*(?P<operator>==|=|!=|>|<)\s*(?P<value>[^\s!=<>(),]*)\s*$")
_EXISTS = re.compile(r"^\s*(?P<absent>!?)\s*(?P<key>[^\s!=<>(),]+)\s*$")
_COMMA = re.compile(r",(?![^()]*\))")

_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    ("", "events"): (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    ("", "secrets"): ("type",),
    ("", "namespaces"): ("status.phase",),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("apps", "replicasets"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
}  # fmt: skip
"""The fields that a kind can be selected by, beside name and namespace (`GetAttrs` of its registry)."""


def labels(text: str) -> Matcher:
    """Of a labelSelector. Raises StatusError 400 when it cannot be read."""
    tests = [_requirement(one) for one in _COMMA.split(text)] if text.strip() else []
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def fields(text: str, *, kind: tuple[str, str], more: Iterable[str] = ()) -> Matcher:
    """Of a fieldSelector for a kind of this group and plural. more: what a custom resource can be selected by.

    Raises StatusError 400 for a field that the kind has not.
    """
    known = {"metadata.name", "metadata.namespace", *_FIELDS.get(kind, ()), *more}
    tests: list[Matcher] = []
    for term in filter(None, text.split(",")):
        match = re.match(r"^(?P<path>[^=!]+)(?P<operator>!=|==|=)(?P<value>.*)$", term)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        if match["path"] not in known:
            path = match["path"]
            only = f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            raise bad_request(f"field label not supported: {path}" if kind in _FIELDS else only)
        tests.append(_field(match["path"], value=match["value"], equal=match["operator"] != "!="))
    return lambda obj: all(test(obj) for test in tests)


def whole_number(text: str) -> int:
    """A number of a query. Raises StatusError 400."""
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def value_at(obj: Any, *, path: str) -> Any:
    """The value at a dotted path; None when there is none."""
    for name in path.split("."):
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return obj


def by_selector(selector: Mapping[str, Any] | None) -> Callable[[Mapping[str, str]], bool]:
    """A LabelSelector as objects carry it (matchLabels, matchExpressions), on labels; None selects nothing."""
    if selector is None:
        return lambda labels: False
    wanted = selector.get("matchLabels") or {}
    tests = [_expression(one) for one in selector.get("matchExpressions") or []]
    return lambda labels: all(labels.get(key) == value for key, value in wanted.items()) and all(t(labels) for t in tests)


def _expression(one: Mapping[str, Any]) -> Callable[[Mapping[str, str]], bool]:
    key, values = one["key"], one.get("values") or []
    return {
        "In": lambda labels: labels.get(key) in values,
        "NotIn": lambda labels: labels.get(key) not in values,
        "Exists": lambda labels: key in labels,
        "DoesNotExist": lambda labels: key not in labels,
    }[one["operator"]]


def _requirement(text: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _SET.match(text):
        values, key = {one.strip() for one in match["values"].split(",")}, match["key"]
        inside = match["operator"] == "in"
        return lambda labels: (labels.get(key) in values) if inside else (labels.get(key) not in values)
    if match := _EQUAL.match(text):
        return _comparison(match["key"], operator=match["operator"], value=match["value"])
    if match := _EXISTS.match(text):
        key, absent = match["key"], bool(match["absent"])
        return lambda labels: (key in labels) is not absent
    words = [*text.split(), "", ""]
    if words[1] in ("in", "notin"):
        raise bad_request("unable to parse requirement: found '' expected: '('")
    raise bad_request(f"unable to parse requirement: found '{words[1]}', expected: in, notin, =, ==, !=, gt, lt")


def _comparison(key: str, *, operator: str, value: str) -> Callable[[Mapping[str, str]], bool]:
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if not re.fullmatch(r"-?\d+", value):
        raise bad_request(f'for "Gt", "Lt" operators, the value must be an integer, not {value!r}')
    sign = 1 if operator == ">" else -1
    return lambda labels: bool(re.fullmatch(r"-?\d+", labels.get(key, ""))) and (int(labels[key]) - int(value)) * sign > 0


def _field(path: str, *, value: str, equal: bool) -> Matcher:
    return lambda obj: (_text(value_at(obj, path=path), path=path) == value) is equal


def _text(value: Any, *, path: str) -> str:
    if isinstance(value, bool) or (value is None and path in ("spec.unschedulable", "spec.hostNetwork")):
        return "true" if value else "false"
    if isinstance(value, Mapping):  # an Event's source selects by its component
        return str(value.get("component", ""))
    if value is None:
        return "0" if path.startswith("status.replicas") else ""
    return str(value)
