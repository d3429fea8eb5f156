"""The headers that are kept with an object, and what a write may say about it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from acsctl.emulator.services.oss.call import OssCall
from acsctl.emulator.services.oss.refusals import invalid

KEPT = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
)
PREFIX = "x-oss-meta-"
CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
ACLS = ("default", "private", "public-read", "public-read-write")
DEFAULT_TYPE = "application/octet-stream"
MOST_TAGS = 10  # of an object


def kept_headers(call: OssCall) -> dict[str, str]:
    """Of a write: what is answered with the object from then on."""
    given = {name: value for name, value in call.request.headers.items() if name in KEPT or name.startswith(PREFIX)}
    return {"content-type": DEFAULT_TYPE, **{name: value for name, value in given.items() if value}}


def storage_class(call: OssCall, *, default: str) -> str:
    """Raises InvalidArgument."""
    return _one_of(call, name="x-oss-storage-class", known=CLASSES, default=default)


def object_acl(call: OssCall, *, default: str = "default") -> str:
    """Raises InvalidArgument."""
    return _one_of(call, name="x-oss-object-acl", known=ACLS, default=default)


def header_tags(call: OssCall) -> dict[str, str]:
    """x-oss-tagging, `a=1&b=2`. Raises InvalidArgument."""
    text = call.header("x-oss-tagging")
    return check_tags(dict(parse_qsl(text, keep_blank_values=True)), text=text)


def check_tags(tags: Mapping[str, str], *, text: str = "", most: int = MOST_TAGS) -> dict[str, str]:
    """Raises InvalidArgument for too many tags, an empty or a too long one."""
    if len(tags) > most or any(not 1 <= len(key) <= 128 or len(value) > 256 for key, value in tags.items()):
        raise invalid("Tagging", text, message=f"At most {most} tags, with keys up to 128 and values up to 256 characters.")
    return dict(tags)


def _one_of(call: OssCall, *, name: str, known: tuple[str, ...], default: str) -> str:
    value = call.header(name) or default
    if value not in known:
        raise invalid(name, value)
    return value
