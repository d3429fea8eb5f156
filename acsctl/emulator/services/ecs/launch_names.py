"""Names of the instances of one launch: patterns `prefix[begin,bits]suffix`, suffixes, host names (sheet compute.md 1.1)."""

import re
from dataclasses import dataclass

from acsctl.emulator.call import Call
from acsctl.emulator.errors import ApiError
from acsctl.emulator.services.ecs.checks import check_name
from acsctl.emulator.services.ecs.image import Image

_PATTERN = re.compile(r"(.*)\[(\d{0,6})(?:,([1-6]?))?\](.*)", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*")
_PLACEHOLDER = "${instance_id}"
DEFAULT_BITS = 6
LONGEST_NAME, LONGEST_LINUX_HOST, LONGEST_WINDOWS_HOST = 128, 64, 15


@dataclass(frozen=True)
class Names:
    """One per instance; an empty one is derived from the instance's id."""

    instances: list[str]
    hosts: list[str]

    def instance_name(self, number: int, *, id: str) -> str:
        return self.instances[number].replace(_PLACEHOLDER, id) or id

    def host_name(self, number: int, *, id: str) -> str:
        return self.hosts[number].replace(_PLACEHOLDER, id) or f"iZ{id.removeprefix('i-')}Z"


def read_names(call: Call, *, amount: int, image: Image) -> Names:
    """Raises InvalidInstanceName..., InvalidHostName... and InvalidParams.InstanceNameExceed."""
    unique = call.flag("UniqueSuffix")
    names = _series(call.text("InstanceName"), amount=amount, unique=unique)
    for name in names:
        if len(name) > LONGEST_NAME and unique:
            raise ApiError("InvalidParams.InstanceNameExceed", message="A name is too long with its suffix.")
        check_name(name, code="InvalidInstanceName.Malformed")
    return Names(names, _hosts(call, amount=amount, windows=image["os_type"] == "windows"))


def _hosts(call: Call, *, amount: int, windows: bool) -> list[str]:
    listed = [str(one) for one in call.items("HostNames")]
    if listed and call.text("HostName"):
        raise ApiError("InvalidHostname.SingleAndMultiConflict", message="HostName and HostNames exclude each other.")
    if listed and len(listed) != amount:
        raise ApiError("InvalidHostname.SizeInvalid", message="HostNames needs one name per instance.")
    hosts = listed or _series(call.text("HostName"), amount=amount, unique=call.flag("UniqueSuffix"))
    for host in hosts:
        check_host(host, windows=windows)
    return hosts


def check_host(host: str, *, windows: bool) -> None:
    """Raises InvalidHostName.Malformed; an empty one is none."""
    longest = LONGEST_WINDOWS_HOST if windows else LONGEST_LINUX_HOST
    plain = host.replace(_PLACEHOLDER, "i-0")
    if host and (not 2 <= len(plain) <= longest or not _HOST.fullmatch(plain) or (windows and "." in plain)):
        raise ApiError("InvalidHostName.Malformed", message=f"{host} is not a host name.")


def _series(text: str, *, amount: int, unique: bool) -> list[str]:
    """The names of all instances; a pattern wins over a suffix."""
    if "[" in text:
        return _numbered(text, amount=amount)
    if unique and text:
        return [f"{text}{number:03d}" for number in range(1, amount + 1)]
    return [text] * amount


def _numbered(text: str, *, amount: int) -> list[str]:
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ApiError("InvalidInstanceName.CustomMalformed", message=f"{text} is not of the form prefix[begin,bits]suffix.")
    begin, bits = int(found[2] or 0), int(found[3] or DEFAULT_BITS)
    return [f"{found[1]}{begin + number:0{bits}d}{found[4]}" for number in range(amount)]
