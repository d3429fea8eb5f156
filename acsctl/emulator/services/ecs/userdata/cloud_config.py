"""#cloud-config, as far as it decides what an instance becomes: files, packages, commands."""

import base64
import binascii
import gzip
import posixpath
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from acsctl.emulator.services.ecs.userdata.parts import BAD_GZIP, Part

_GZIP, _BASE64 = ("gz", "gzip"), ("b64", "base64")
_BOTH = ("gz+base64", "gzip+base64", "gz+b64", "gzip+b64")


@dataclass(frozen=True)
class File:
    """An entry of write_files. deferred: written after the packages."""

    path: str
    content: bytes
    append: bool = False
    deferred: bool = False


@dataclass(frozen=True)
class CloudConfig:
    """boot, run: lines of shell, bootcmd and runcmd. packages: as they are named, a version behind `=`. problems: warnings."""

    files: tuple[File, ...] = ()
    packages: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class _Reading:
    problems: list[str] = field(default_factory=list[str])

    def warn(self, text: str) -> None:
        self.problems.append(text)


def read(parts: Iterable[Part]) -> CloudConfig:
    """All #cloud-config parts together: later keys replace earlier ones, unless a part asks for lists to be appended."""
    reading = _Reading()
    merged: dict[str, Any] = {}
    for part in parts:
        document = _document(part, reading=reading)
        append = "append" in f"{part.merge}{document.get('merge_how') or document.get('merge_type') or ''}"
        for key, value in document.items():
            before: Any = merged.get(key)
            joined = append and isinstance(before, list) and isinstance(value, list)
            merged[key] = before + value if joined else value
    return CloudConfig(
        files=tuple(_files(merged.get("write_files"), reading=reading)),
        packages=tuple(_packages(merged.get("packages"), reading=reading)),
        boot=tuple(_commands(merged.get("bootcmd"), name="bootcmd", reading=reading)),
        run=tuple(_commands(merged.get("runcmd"), name="runcmd", reading=reading)),
        problems=tuple(reading.problems),
    )


def _document(part: Part, *, reading: _Reading) -> dict[str, Any]:
    try:
        document: Any = yaml.safe_load(part.text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a timestamp that is none
        reading.warn(f"Failed loading yaml blob. Invalid format: {' '.join(str(error).split())}")
        return {}
    if document is not None and not isinstance(document, dict):
        reading.warn(f"Failed loading yaml blob. Yaml load allows (<class 'dict'>,) root types, but got {type(document)}")
    return document if isinstance(document, dict) else {}


def _list(value: Any, *, name: str, reading: _Reading) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        reading.warn(f"Running module {name} failed: {name} is a list, not {type(value).__name__}")
        return []
    return value


def _files(value: Any, *, reading: _Reading) -> Iterable[File]:
    for number, entry in enumerate(_list(value, name="write_files", reading=reading), 1):
        if not isinstance(entry, dict) or not entry.get("path"):
            reading.warn(f"No path provided to write for entry {number} in module write_files")
            continue
        try:
            content = _content(entry, reading=reading)
        except (*BAD_GZIP, binascii.Error, TypeError) as error:
            reading.warn(f"Running module write_files failed: {entry['path']}: {error}")
            return
        path = posixpath.normpath(str(entry["path"]))
        yield File(path, content, append=entry.get("append") is True, deferred=entry.get("defer") is True)


def _content(entry: Mapping[str, Any], *, reading: _Reading) -> bytes:
    given: Any = entry.get("content") or ""
    data = given if isinstance(given, bytes) else str(given).encode()
    encoding = str(entry.get("encoding") or "").lower().strip()
    if encoding in _BASE64 or encoding in _BOTH:
        data = base64.b64decode(data)
    if encoding in _GZIP or encoding in _BOTH:
        data = gzip.decompress(data)
    if encoding not in ("", "text/plain", *_GZIP, *_BASE64, *_BOTH):
        reading.warn(f"Unknown encoding type {encoding}, assuming text/plain")
    return data


def _packages(value: Any, *, reading: _Reading) -> Iterable[str]:
    """A name, [name, version], or {manager: [either]}."""
    for entry in _list(value, name="packages", reading=reading):
        if isinstance(entry, dict):
            for below in entry.values():
                yield from _packages(below, reading=reading)
        elif isinstance(entry, list):
            yield "=".join(str(one) for one in entry)
        else:
            yield str(entry)


def _commands(value: Any, *, name: str, reading: _Reading) -> Iterable[str]:
    """A list of words is one command; a text is a line for the shell."""
    for entry in _list(value, name=name, reading=reading):
        if isinstance(entry, list):
            yield shlex.join(str(one) for one in entry)
        elif isinstance(entry, str):
            yield entry
        elif entry is not None:
            reading.warn(f"Failed to shellify {entry!r} into file: Unable to shellify type {type(entry).__name__}")
