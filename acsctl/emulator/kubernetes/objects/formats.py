"""The formats of OpenAPI that the server checks in custom resources."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import date, datetime
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit


def is_valid(value: str, *, form: str) -> bool:
    """Whether a text is of a format; a format that is not known takes any."""
    check = FORMATS.get(form)
    if check is None:
        return True
    try:
        return check(value)
    except (ValueError, AddressValueError):
        return False


def _parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda value: read(value) is not None


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "byte": lambda value: b64decode(value, validate=True) is not None,
    "cidr": _parses(lambda value: ip_network(value, strict=False) if "/" in value else None),
    "date": _parses(date.fromisoformat),
    "date-time": lambda value: "T" in value.upper() and datetime.fromisoformat(value).tzinfo is not None,
    "duration": _matches(r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+"),
    "email": _matches(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "hostname": _matches(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"),
    "ipv4": _parses(IPv4Address),
    "ipv6": _parses(IPv6Address),
    "uri": lambda value: bool(urlsplit(value).scheme),
    "uuid": _matches(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"),
}
