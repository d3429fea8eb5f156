"""Conditional headers and ranges of reads and copies, as OSS documents them for GetObject and CopyObject."""

import re
from email.utils import parsedate_to_datetime

from acsctl.emulator.services.oss.call import OssCall
from acsctl.emulator.services.oss.keys import Version, last_modified
from acsctl.emulator.services.oss.refusals import OssError

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def check_conditions(call: OssCall, *, version: Version, prefix: str = "") -> None:
    """Raises PreconditionFailed or NotModified. prefix: `x-oss-copy-source-` for those of a copy."""

    def header(name: str) -> str:
        return call.header(f"{prefix}{name}")

    if header("if-match") and not _names(header("if-match"), version=version):
        raise _failed("If-Match", prefix=prefix)
    unmodified, modified = _moment(header("if-unmodified-since")), _moment(header("if-modified-since"))
    if unmodified is not None and version["Time"] > unmodified:
        raise _failed("If-Unmodified-Since", prefix=prefix)
    unchanged = bool(header("if-none-match")) and _names(header("if-none-match"), version=version)
    if unchanged or (modified is not None and version["Time"] <= modified):
        headers = {"ETag": f'"{version["ETag"]}"', "Last-Modified": last_modified(version)}
        raise OssError("NotModified", message="The object has not changed.", headers=headers)


def span(call: OssCall, *, size: int) -> tuple[int, int] | None:
    """First and last byte of the Range header; None for the whole.

    A range that does not fit is ignored, unless x-oss-range-behavior is `standard`: then its end is cut to the size, and a
    beginning beyond that raises InvalidRange.
    """
    text = call.header("range")
    standard = call.header("x-oss-range-behavior") == "standard"
    if text.count(",") and text.startswith("bytes="):
        raise _unsatisfiable(text, size=size)
    found = _RANGE.fullmatch(text.replace(" ", ""))
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = _bounds(found.group(1), found.group(2), size=size)
    if first > last:
        return None
    if first >= size:
        if standard:
            raise _unsatisfiable(text, size=size)
        return None
    if last >= size:
        return (first, size - 1) if standard else None
    return first, last


def source_span(text: str, *, size: int) -> tuple[int, int]:
    """The bytes of x-oss-copy-source-range. Raises InvalidRange for one that does not fit."""
    found = _RANGE.fullmatch(text)
    first, last = _bounds(found.group(1), found.group(2), size=size) if found and found.group(1) else (size, size)
    if first > last or last >= size:
        raise _unsatisfiable(text, size=size)
    return first, last


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    if not first:
        return (size - int(last), size - 1) if 0 < int(last) <= size else (size, size)
    return int(first), int(last) if last else max(size - 1, int(first))


def _names(text: str, *, version: Version) -> bool:
    return text.strip() == "*" or version["ETag"] in [one.strip().strip('"').upper() for one in text.split(",")]


def _moment(text: str) -> float | None:
    """None for an absent or an unreadable date, which is ignored."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None


def _failed(name: str, *, prefix: str) -> OssError:
    details = {"Condition": f"{prefix}{name}"}
    return OssError("PreconditionFailed", message="One of the conditions does not hold.", details=details)


def _unsatisfiable(text: str, *, size: int) -> OssError:
    details = {"ActualObjectSize": str(size), "RangeRequested": text}
    return OssError("InvalidRange", message="The range cannot be satisfied.", details=details)
