"""Has an object the form that its kind wants? Told without a cluster, by schemas of Kubernetes and of CRDs of the stack."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from acsctl.kube.definitions import Definition, Group, declared
from acsctl.kube.manifest import Manifest, group_of, is_own
from acsctl.kube.schemas import Book, Sort
from acsctl.kube.violations import Violation, told


class Rules:
    """What objects are checked against: Kubernetes' own kinds of a version, and those that definitions among `items` bring."""

    def __init__(self, book: Book, items: Iterable[Manifest] = ()) -> None:
        self.book = book
        self._declared: Mapping[Group, Definition] = declared(items)
        self._validators: dict[Sort, Any] = {}

    def of(self, item: Manifest) -> list[Violation] | None:
        """What is wrong with an object, in the order of its paths; None where nothing here knows the kind."""
        sort = (str(item["apiVersion"]), str(item["kind"]))
        schema = self.book.schema(sort)
        custom = self._declared.get((group_of(sort[0]), sort[1]))
        if schema is None and custom is not None:
            version = sort[0].rpartition("/")[2]
            if version not in custom.versions:
                return [_wrong_version(sort, sorted(custom.versions), by=custom.name)]
            schema = custom.schema(version) if sort not in self._validators else {}
        if schema is None:
            return [self._no_kind(sort)] if is_own(sort[0]) else None
        if sort not in self._validators:
            self._validators[sort] = _validator(self.book, schema)
        wanted = {key: value for key, value in item.items() if key != "status"}
        source = f"the definition {custom.name}" if custom else f"Kubernetes {self.book.version}"
        found = [*told(self._validators[sort].iter_errors(wanted), item=wanted, source=source), *_not_base64(wanted)]
        return sorted(found, key=lambda row: tuple(map(str, row.path)))

    def _no_kind(self, sort: Sort) -> Violation:
        """One of Kubernetes' own groups has no such kind, and no definition can bring it."""
        versions = self.book.versions(sort)
        if versions:
            return _wrong_version(sort, versions, by=f"Kubernetes {self.book.version}")
        kinds = self.book.kinds(sort[0]) or sorted({kind for _, kind in self.book.sorts})
        near = get_close_matches(sort[1], kinds, n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        if near and not self.book.kinds(sort[0]):
            versions = sorted(version for version, kind in self.book.sorts if kind == near[0])
            hint = f"{near[0]} is in {', '.join(versions)}"
        return Violation(("kind",), f"Kubernetes {self.book.version} has no {sort[1]} in {sort[0]}", hint=hint)


def _wrong_version(sort: Sort, versions: list[str], *, by: str) -> Violation:
    group = group_of(sort[0])
    known = [version if "/" in version or not group else f"{group}/{version}" for version in versions]
    hint = f"write apiVersion: {known[-1]}" if len(known) == 1 else f"one of {', '.join(known)}"
    return Violation(("apiVersion",), f"{by} has no {sort[1]} in {sort[0]}", hint=hint)


def _validator(book: Book, schema: Mapping[str, Any]) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema, registry=book.registry)


def _not_base64(item: Manifest) -> Iterator[Violation]:
    """Values of a Secret's `data`; the schema says `format: byte`, which nothing checks."""
    data = item.get("data")
    if item.get("kind") != "Secret" or item.get("apiVersion") != "v1" or not isinstance(data, Mapping):
        return
    for key, value in data.items():
        if isinstance(value, str) and not _is_base64(value):
            yield Violation(("data", str(key)), "what stands in `data` is base64", hint="write it into stringData as it is")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
