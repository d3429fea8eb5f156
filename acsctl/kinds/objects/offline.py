"""Objects whose cluster is not there yet, checked by the schemas of the Kubernetes version that it will have. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acsctl.kinds.objects.sources import Found
from acsctl.kube import schemas
from acsctl.kube.conform import Rules
from acsctl.kube.definitions import declared
from acsctl.kube.manifest import Key
from acsctl.kube.violations import Violation
from acsctl.model.resource import Spec
from acsctl.model.schema import Fault, Others
from acsctl.model.unknown import Ref


@dataclass(frozen=True)
class Checked:
    """What schemas say of objects: `faults` with their places, and `unverified` kinds that no schema is there for.

    `version` is the one whose schemas were used, empty where there are none.
    """

    version: str
    faults: tuple[Fault, ...] = ()
    unverified: tuple[Key, ...] = ()


def cluster_of(spec: Spec, others: Others) -> Spec | None:
    """The written spec of the stack's own cluster that a workload is for; None for a cluster of somebody else."""
    target = spec.get("cluster")
    other = others.get(target.address) if isinstance(target, Ref) else None
    return other.spec if other is not None and not other.existing else None


def version_of(spec: Spec, others: Others) -> str:
    """The version that is written for the cluster of a workload; empty where none is."""
    version = (cluster_of(spec, others) or {}).get("version")
    return version if isinstance(version, str) else ""


def check(found: Mapping[Key, Found], version: str, *, among: Iterable[Mapping[str, Any]] = ()) -> Checked:
    """What is wrong with objects for a cluster of `version`; `among` are further objects of the same cluster."""
    book = schemas.nearest(version)
    if book is None:
        return Checked("", unverified=tuple(found))
    rules = Rules(book, [*among, *(row.item for row in found.values())])
    faults: list[Fault] = []
    unverified: list[Key] = []
    for key, row in found.items():
        wrong = rules.of(row.written)
        if wrong is None:
            unverified.append(key)
        faults += [_fault(key, row, violation) for violation in wrong or ()]
    return Checked(book.version, tuple(faults), tuple(unverified))


def by_definitions(found: Mapping[Key, Found], among: Collection[Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with objects whose kinds come with the stack: that is known whatever version the cluster has."""
    kinds = declared([*among, *(row.item for row in found.values())])
    custom = {key: row for key, row in found.items() if (key.group, key.kind) in kinds}
    yield from check(custom, "", among=[*among, *(row.item for row in found.values())]).faults if custom else ()


def _fault(key: Key, row: Found, violation: Violation) -> Fault:
    line, _ = row.document.spot(_dotted(violation))
    hint = violation.hint
    if row.made:
        where = f"line {line} of what it renders"
        hint = f"{hint}; {where}" if hint else where
    return Fault(row.path, f"{key}: {violation.text}: {violation.message}", hint=hint, place=row.at(_dotted(violation)))


def _dotted(violation: Violation) -> str:
    return ".".join(map(str, violation.path))
