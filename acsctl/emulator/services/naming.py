"""Names, descriptions and address ranges: the checks that services share (sheets behaviour.md 9, network.md 1)."""

from ipaddress import IPv4Network

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError

_URLS = ("http://", "https://")
# Ranges that no VPC may overlap (sheet network.md 1).
RESERVED = tuple(IPv4Network(one) for one in ("100.64.0.0/10", "224.0.0.0/4", "127.0.0.0/8", "169.254.0.0/16"))


def check_text(call: Call, *, name: str, code: str, longest: int = 128, shortest: int = 1) -> None:
    """A name or description of the VPC family: its length, and no URL at its beginning."""
    text = call.text(name)
    if text and (not shortest <= len(text) <= longest or text.startswith(_URLS)):
        raise ApiError(code, message=f"{name} has {shortest} to {longest} characters and does not begin with a URL.")


def network(text: str, *, code: str) -> IPv4Network:
    """An IPv4 range, host bits cleared. Raises ApiError(code) when it is none."""
    try:
        return IPv4Network(text, strict=False)
    except ValueError as error:
        raise ApiError(code, message=f"{text} is not an IPv4 range.") from error


def whole(text: str) -> int | None:
    """A whole number in ASCII digits, at most 9 of them; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def check_private(cidr: IPv4Network, *, code: str, shortest: int, longest: int) -> None:
    """A range for a VPC: the length of its mask, and outside the reserved ranges."""
    if not shortest <= cidr.prefixlen <= longest or any(cidr.overlaps(one) for one in RESERVED):
        raise ApiError(code, message=f"{cidr} cannot be a range of a VPC.")
