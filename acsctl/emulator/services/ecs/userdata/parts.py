"""A blob of user data to its parts: base64, gzip, MIME multi-part, archives (cloudinit/user_data.py)."""

import base64
import binascii
import email
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

CLOUD_CONFIG, SCRIPT, BOOT_HOOK = "text/cloud-config", "text/x-shellscript", "text/cloud-boothook"
ARCHIVE, INCLUDE, JINJA = "text/cloud-config-archive", "text/x-include-url", "text/jinja2"
# By how a part begins; the longest first.
_STARTS = (
    ("#cloud-config-archive", ARCHIVE),
    ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
    ("## template: jinja", JINJA),
    ("#cloud-boothook", BOOT_HOOK),
    ("#include-once", INCLUDE),
    ("#part-handler", "text/part-handler"),
    ("#cloud-config", CLOUD_CONFIG),
    ("#upstart-job", "text/upstart-job"),
    ("#include", INCLUDE),
    ("#!", SCRIPT),
)
_NEED_A_LOOK = ("", "text/plain", "text/x-not-multipart", SCRIPT)
_COMPRESSED = ("gzip", "gzip-compressed", "gzipped", "x-compress", "x-compressed", "x-gunzip", "x-gzip", "x-gzip-compressed")
_MAGIC = b"\x1f\x8b"
BAD_GZIP = (OSError, EOFError, zlib.error)


@dataclass(frozen=True)
class Part:
    """kind: its MIME type. merge: how a #cloud-config is merged with earlier ones (header Merge-Type), or empty."""

    kind: str
    text: str
    merge: str = ""


@dataclass(frozen=True)
class Problem:
    """What cloud-init warns of, instead of a part."""

    text: str


def unpack(encoded: str) -> Iterator[Part | Problem]:
    """encoded: base64, as ECS keeps it; what the cloud has taken is base64."""
    try:
        yield from _collect(base64.b64decode(encoded))
    except binascii.Error as error:
        yield Problem(f"user data is not base64: {error}")


def _collect(blob: bytes) -> Iterator[Part | Problem]:
    if blob.startswith(_MAGIC):
        try:
            blob = gzip.decompress(blob)
        except BAD_GZIP as error:
            yield Problem(f"Failed decompressing user data: {error}")
            return
    if b"mime-version:" not in blob[:4096].lower():
        yield from _part("text/x-not-multipart", blob)
        return
    for message in email.message_from_bytes(blob).walk():
        payload = message.get_payload(decode=True)
        if message.get_content_maintype() != "multipart" and isinstance(payload, bytes):
            merge = message.get("Merge-Type") or message.get("X-Merge-Type") or ""
            yield from _part(message.get_content_type(), payload, merge=str(merge))


def _part(kind: str, payload: bytes, *, merge: str = "") -> Iterator[Part | Problem]:
    main, _, sub = kind.partition("/")
    if main == "application" and sub in _COMPRESSED:
        try:
            payload = gzip.decompress(payload)
        except BAD_GZIP as error:
            yield Problem(f"Failed decompressing payload from {kind} of length {len(payload)} due to: {error}")
            return
        kind = ""
    text = payload.decode(errors="replace")
    if kind in _NEED_A_LOOK:
        kind = _by_start(text) or kind or "text/plain"
    if kind == ARCHIVE:
        yield from _archive(text)
    elif kind == INCLUDE:
        yield Problem("#include is not fetched: the local cloud has no way out of its networks")
    elif kind == JINJA:
        yield Problem("## template: jinja is not rendered by the local cloud")
    elif kind == "text/x-not-multipart":
        yield Problem(f"Unhandled non-multipart (text/x-not-multipart) userdata: '{payload[:24]!r}...'")
    else:
        yield Part(kind, text, merge)


def _by_start(text: str) -> str:
    head = text.lstrip().lower()
    return next((kind for start, kind in _STARTS if head.startswith(start)), "")


def _archive(text: str) -> Iterator[Part | Problem]:
    """A list of parts, each an object with content and type, or just content."""
    try:
        entries: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a timestamp that is none
        yield Problem(f"Failed loading yaml blob: {error}")
        return
    for entry in entries if isinstance(entries, list) else ():
        given: dict[str, Any] = entry if isinstance(entry, dict) else {"content": entry}
        content = given.get("content", "")
        data = content if isinstance(content, bytes) else str(content).encode()
        yield from _part(str(given.get("type") or _by_start(data.decode(errors="replace")) or CLOUD_CONFIG), data)
