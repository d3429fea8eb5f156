"""The functions of the language, in a name space of their own: no clock, no random, no network."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

from acsctl import sandbox
from acsctl.stack import dump, regex

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def cidrsubnet(prefix: str, newbits: int, netnum: int) -> str:
    """Subnet `netnum` of `prefix`, `newbits` longer: cidrsubnet("10.0.0.0/16", 8, 1) is "10.0.1.0/24"."""
    network = _network(prefix)
    newbits, netnum = _whole(newbits, "newbits"), _whole(netnum, "netnum")
    if newbits < 0 or network.prefixlen + newbits > network.max_prefixlen:
        raise ValueError(f"{network} cannot be extended by {newbits} bits")
    if not 0 <= netnum < 2**newbits:
        raise ValueError(f"{newbits} bits have subnets 0 to {2**newbits - 1}, not {netnum}")
    size = 2 ** (network.max_prefixlen - network.prefixlen - newbits)
    return str(type(network)((int(network.network_address) + netnum * size, network.prefixlen + newbits)))


def cidrhost(prefix: str, hostnum: int) -> str:
    """Address `hostnum` of `prefix`; a negative number counts from the end."""
    network = _network(prefix)
    number = _whole(hostnum, "hostnum")
    if not -network.num_addresses <= number < network.num_addresses:
        raise ValueError(f"{network} has {network.num_addresses} addresses; there is no number {number}")
    return str(network[number])


def _network(prefix: Any) -> Network:
    if not isinstance(prefix, str) or "/" not in prefix:
        raise ValueError(
            f"{prefix!r} is not a range such as 10.0.0.0/16"
            if isinstance(prefix, str)
            else "a range is a text such as 10.0.0.0/16"
        )
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError as error:
        raise ValueError(f"{prefix[:50]!r} is not a range such as 10.0.0.0/16") from error


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is an integer")
    return value


def to_json(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def from_json(text: str) -> Any:
    """The value of a JSON text."""
    try:
        value = json.loads(_text(text), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    sandbox.check_size(value)
    return value


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def b64encode(text: str) -> str:
    """Base64 of the text's UTF-8."""
    return base64.b64encode(_text(text).encode()).decode()


def b64decode(text: str) -> str:
    """The UTF-8 text that `text` is the Base64 of."""
    try:
        return base64.b64decode(_text(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise ValueError("not the Base64 of a UTF-8 text") from error


def sha256(text: str) -> str:
    """The SHA-256 of the text's UTF-8, in hexadecimal."""
    return hashlib.sha256(_text(text).encode()).hexdigest()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted here")
    return value


PURE: Mapping[str, Callable[..., Any]] = {
    "b64decode": b64decode,
    "b64encode": b64encode,
    "cidrhost": cidrhost,
    "cidrsubnet": cidrsubnet,
    "from_json": from_json,
    "from_yaml": lambda text: dump.load(_text(text)),
    "regex_replace": regex.replace,
    "sha256": sha256,
    "to_json": to_json,
    "to_yaml": dump.text,
}
AS_FILTERS = PURE
"""The same as filters, which is how Ansible's users write them."""

NAMES = frozenset(PURE) | {"env", "file", "secret"}
"""`env` and `file` are bound to the file that calls them, `secret` to the evaluation."""
