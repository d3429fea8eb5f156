"""Names, labels and other short texts: what is wrong with one, in the words of k8s.io/apimachinery's validation."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from acsctl.emulator.kubernetes.objects.refusals import Refusals
from acsctl.emulator.kubernetes.objects.validate import Problem

LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = f"{LABEL}(\\.{LABEL})*"
SERVICE = "[a-z]([-a-z0-9]*[a-z0-9])?"
QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
VALUE = f"({QUALIFIED})?"
CONFIG_KEY = "[-._a-zA-Z0-9]+"
PERCENT = "[0-9]+%"
PORTS = "must be between 1 and 65535, inclusive"
COUNTED = ("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services")
"""Kinds whose number a quota may bound."""
ANNOTATION_BYTES = 256 * 1024


def _worded(what: str, *examples: str, pattern: str) -> str:
    told = ",  or ".join(f"'{one}'" for one in examples)
    return f"{what} (e.g. {told}, regex used for validation is '{pattern}')"


LABEL_WORDS = _worded(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    "my-name",
    "123-abc",
    pattern=LABEL,
)
SUBDOMAIN_WORDS = _worded(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
    "example.com",
    pattern=SUBDOMAIN,
)
SERVICE_WORDS = _worded(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    "my-name",
    "abc-123",
    pattern=SERVICE,
)
QUALIFIED_WORDS = _worded(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    "MyName",
    "my.name",
    "123-abc",
    pattern=QUALIFIED,
)
VALUE_WORDS = _worded(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    "MyValue",
    "my_value",
    "12345",
    pattern=VALUE,
)
CONFIG_KEY_WORDS = _worded(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    "key.name",
    "KEY_NAME",
    "key-name",
    pattern=CONFIG_KEY,
)
PERCENT_WORDS = _worded(
    "a valid percent string must be a numeric string followed by an ending '%'", "1%", "93%", pattern=PERCENT
)


def _checked(text: str, *, pattern: str, words: str, most: int, unit: str = "characters") -> list[str]:
    long = [f"must be no more than {most} {unit}"] if len(text) > most else []
    return long if re.fullmatch(pattern, text) else [*long, words]


def label(text: str) -> list[str]:
    """RFC 1123 label: names of containers, volumes, namespaces."""
    return _checked(text, pattern=LABEL, words=LABEL_WORDS, most=63)


def subdomain(text: str) -> list[str]:
    """RFC 1123 subdomain: the names of most kinds."""
    return _checked(text, pattern=SUBDOMAIN, words=SUBDOMAIN_WORDS, most=253)


def service(text: str) -> list[str]:
    """RFC 1035 label: names of Services."""
    return _checked(text, pattern=SERVICE, words=SERVICE_WORDS, most=63)


def namespace(text: str) -> list[str]:
    return ["must not contain dots"] if "." in text else label(text)


def path_segment(text: str) -> list[str]:
    """Names of roles, which may be almost anything."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{one}'" for one in "/%" if one in text]


def label_value(text: str) -> list[str]:
    return _checked(text, pattern=VALUE, words=VALUE_WORDS, most=63, unit="bytes")


def config_key(text: str) -> list[str]:
    found = _checked(text, pattern=CONFIG_KEY, words=CONFIG_KEY_WORDS, most=253)
    if text in (".", ".."):
        return [*found, f"must not be '{text}'"]
    return [*found, "must not start with '..'"] if text.startswith("..") else found


def qualified(text: str) -> list[str]:
    """Keys of labels and annotations: `name` or `prefix/name`."""
    prefix, slash, name = text.rpartition("/")
    words = _checked(prefix, pattern=SUBDOMAIN, words=SUBDOMAIN_WORDS, most=253, unit="bytes") if prefix else []
    found = [f"prefix part {why}" for why in words]
    if slash and not prefix:
        found = ["prefix part must be non-empty"]
    if "/" in prefix:
        optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {QUALIFIED_WORDS} {optional}"]
    if not name:
        return [*found, "name part must be non-empty", f"name part {QUALIFIED_WORDS}"]
    long = ["name part must be no more than 63 bytes"] if len(name) > 63 else []
    return [*found, *long] if re.fullmatch(QUALIFIED, name) else [*found, *long, f"name part {QUALIFIED_WORDS}"]


def port_name(text: str) -> list[str]:
    """IANA service names: of ports."""
    if len(text) > 15:
        return ["must be no more than 15 characters"]
    if not re.fullmatch("[-a-z0-9]*", text):
        return ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]
    found = []
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text and (text[0] == "-" or text[-1] == "-"):
        found.append("must not begin or end with a hyphen")
    return found


def port(number: int) -> list[str]:
    return [] if 1 <= number <= 65535 else [PORTS]


def number_or_name(value: Any) -> list[str]:
    """Of a port by number or name."""
    return port(value) if isinstance(value, int) else port_name(value)


def cidr(text: str) -> list[str]:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    return [] if "/" in text else ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]


def labels(values: Mapping[str, str], *, at: str, into: Refusals) -> None:
    """A map of labels."""
    for name, value in values.items():
        into.texts(at, value=name, whys=qualified(name))
        into.texts(at, value=value, whys=label_value(value))


def selector(value: Mapping[str, Any], *, at: str, into: Refusals) -> None:
    """A LabelSelector."""
    labels(value.get("matchLabels", {}), at=f"{at}.matchLabels", into=into)
    for index, one in enumerate(value.get("matchExpressions", [])):
        here, operator = f"{at}.matchExpressions[{index}]", one.get("operator", "")
        if operator in ("In", "NotIn") and not one.get("values"):
            into.required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and one.get("values"):
            into.forbidden(f"{here}.values", why="may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            into.invalid(f"{here}.operator", value=operator, why="not a valid selector operator")
        into.texts(f"{here}.key", value=one.get("key", ""), whys=qualified(one.get("key", "")))


def matches(value: Mapping[str, Any], *, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects labels."""
    if any(labels.get(name) != wanted for name, wanted in value.get("matchLabels", {}).items()):
        return False
    return all(_expression(one, labels=labels) for one in value.get("matchExpressions", []))


def _expression(one: Mapping[str, Any], *, labels: Mapping[str, str]) -> bool:
    key: str = one.get("key", "")
    operator: str = one.get("operator", "")
    values: list[str] = one.get("values", [])
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    inside = key in labels and labels[key] in values
    return inside if operator == "In" else not inside


def ip(text: str) -> list[str]:
    """An address of a Service."""
    try:
        ip_address(text)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return []


def metadata(obj: Mapping[str, Any], *, into: Refusals) -> None:
    """Of any object, but for the form of its name, which hangs on its kind."""
    _described(obj, into=into)
    finalizers(obj.get("metadata", {}).get("finalizers") or [], into=into)


def changed_metadata(obj: Mapping[str, Any], *, times: int, into: Refusals) -> None:
    """Of a changed object. times: how many validators look at it; each tells what it finds."""
    found = Refusals()
    _described(obj, into=found)
    into.extend(list(found) * times)
    finalizers(obj.get("metadata", {}).get("finalizers") or [], into=into)


def _described(obj: Mapping[str, Any], *, into: Refusals) -> None:
    """Labels, annotations and owners."""
    found = obj.get("metadata", {})
    labels(found.get("labels") or {}, at="metadata.labels", into=into)
    annotations = found.get("annotations") or {}
    for name in annotations:
        into.texts("metadata.annotations", value=name, whys=qualified(name.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > ANNOTATION_BYTES:
        into.append(too_long("metadata.annotations", most=ANNOTATION_BYTES))
    for one in found.get("ownerReferences") or []:
        for name in ("apiVersion", "kind", "name", "uid"):
            if not one.get(name):
                why = "version must not be empty" if name == "apiVersion" else "must not be empty"
                into.invalid(f"metadata.ownerReferences.{name}", value="", why=why)


def finalizers(names: list[str], *, into: Refusals) -> None:
    standard = ("kubernetes", "orphan", "foregroundDeletion")
    for name in names:
        into.texts("metadata.finalizers", value=name, whys=qualified(name))
    for index, name in enumerate(names):
        if "/" not in name and name not in standard:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            into.invalid(f"metadata.finalizers[{index}]", value=name, why=why)


def too_long(field: str, *, most: int) -> Problem:
    """A refusal of what has too many bytes."""
    return Problem(field, "FieldValueTooLong", f"Too long: may not be more than {most} bytes")
